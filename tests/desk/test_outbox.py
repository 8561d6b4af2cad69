"""The outbox: nothing is lost, and nothing that was acknowledged is told twice."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import transaction

from pilothouse.control import register
from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import ledger, notices, outbox, progress, routes, targets
from pilothouse.desk.models import Delivery, Notice, Target
from pilothouse.desk.opening import open_incident
from pilothouse.desk.sending import Fate, Outcome
from pilothouse.records import audit
from pilothouse.records.audit import NoTransaction
from pilothouse.records.models import AuditRow
from tests.desk.conftest import NOON

At = Delivery.At
SECOND = timedelta(seconds=1)


@dataclass
class World:
    """Receivers by address. Each takes what comes unless told otherwise, and may lose its answer.

    `took` is what a receiver has acknowledged or acted upon, by the key that travelled.
    """

    fates: dict = field(default_factory=dict)
    took: list = field(default_factory=list)

    def send(self, address, letter):
        fate = self.fates.get(address, Fate.ARRIVED)
        if fate in (Fate.ARRIVED, Fate.LOST):
            self.took.append((address, letter.key))
        return Outcome(fate)


@pytest.fixture
def world():
    return World()


def set_target(key, *, drops_repeats=False, severity="medium", owner="any"):
    """A target, and a route that names it."""
    address = f"json://127.0.0.1/{key}"
    targets.set_target(key, address, drops_repeats=drops_repeats, actor="test", now=NOON)
    body = {"title": key, "severity": severity, "owner": owner, "target": key}
    register.found([("notice_route", f"to_{key}", body)], NOON)
    return address


def tell(number=1, severity=Severity.HIGH):
    with transaction.atomic():
        return notices.write(
            "incident.open",
            f"incident:{number}",
            severity=severity,
            owner="operator",
            title=f"incident {number}",
            body="look",
            now=NOON,
        )


def states():
    return [one.state for one in Delivery.objects.order_by("id")]


def test_a_notice_is_written_with_its_deed_or_not_at_all(db):
    set_target("mail")
    with pytest.raises(RuntimeError), transaction.atomic():
        notices.write("x", "x", severity="high", owner="risk", title="t", body="b", now=NOON)
        raise RuntimeError
    assert (Notice.objects.count(), Delivery.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_told():
    with pytest.raises(NoTransaction):
        notices.write("x", "x", severity="high", owner="risk", title="t", body="b", now=NOON)


def test_every_target_is_told_once(db, world):
    mail, chat = set_target("mail"), set_target("chat")
    notice = tell()
    assert outbox.tick(NOON, world.send) == 2
    assert outbox.tick(NOON + SECOND, world.send) == 0
    assert sorted(world.took) == [(chat, f"{notice.key}-chat"), (mail, f"{notice.key}-mail")]
    assert states() == [At.ARRIVED, At.ARRIVED]


def test_what_did_not_arrive_is_tried_again_later_and_in_order(db, world):
    mail = set_target("mail")
    world.fates[mail] = Fate.NOT_SENT
    first, second = tell(1), tell(2)
    assert outbox.tick(NOON, world.send) == 1
    assert outbox.tick(NOON + 4 * SECOND, world.send) == 0
    assert outbox.tick(NOON + 5 * SECOND, world.send) == 1
    assert outbox.tick(NOON + 14 * SECOND, world.send) == 0
    world.fates.clear()
    assert outbox.tick(NOON + 15 * SECOND, world.send) == 2
    assert world.took == [(mail, f"{first.key}-mail"), (mail, f"{second.key}-mail")]
    assert Delivery.objects.first().tries == 3
    assert Target.objects.get().failures == 0


def test_the_worst_is_sent_first_and_then_the_oldest(db, world):
    set_target("mail")
    told = [tell(n, one) for n, one in enumerate(("medium", "high", "critical", "high"))]
    assert outbox.tick(NOON, world.send) == 4
    order = [told[place].key for place in (2, 1, 3, 0)]
    assert [key for _, key in world.took] == [f"{one}-mail" for one in order]


def test_what_is_told_of_one_thing_stays_in_its_order(db, world):
    set_target("mail")
    other = tell(1, Severity.HIGH)
    raised, worse = tell(2, Severity.MEDIUM), tell(2, Severity.CRITICAL)
    outbox.tick(NOON, world.send)
    assert [key for _, key in world.took] == [f"{one.key}-mail" for one in (raised, worse, other)]


def test_a_flood_of_small_ones_delays_nothing_severe(db, world):
    """Also not what comes while they are sent, nor at another target, nor after a back-off."""
    mail, chat = set_target("mail"), set_target("chat", severity="high")
    for number in range(10 * outbox.TRIES_MOST):
        tell(number, Severity.MEDIUM)
    severe = []

    def send(address, letter):
        if len(world.took) == 3 and not severe:
            severe.append(tell(999, Severity.CRITICAL))
            world.fates[chat] = Fate.NOT_SENT
        return world.send(address, letter)

    assert outbox.tick(NOON, send) == outbox.TRIES_MOST
    assert world.took[4] == (mail, f"{severe[0].key}-mail")
    del world.fates[chat]
    # The clock is read again long before the flood is over.
    outbox.tick(NOON + outbox.BACK_OFF_S * SECOND, send)
    assert world.took[outbox.TRIES_MOST - 1] == (chat, f"{severe[0].key}-chat")
    for second in range(10, 30):
        outbox.tick(NOON + second * SECOND, send)
    assert set(states()) == {At.ARRIVED}


def test_one_dead_target_keeps_no_other_waiting(db, world):
    world.fates[set_target("chat")] = Fate.REFUSED
    set_target("mail")
    tell()
    outbox.tick(NOON, world.send)
    assert Delivery.objects.get(target="mail").state == At.ARRIVED
    assert Delivery.objects.get(target="chat").state == At.WAITING


def test_a_lost_answer_is_unknown_and_is_not_repeated(db, world):
    world.fates[set_target("mail")] = Fate.LOST
    tell()
    outbox.tick(NOON, world.send)
    for minute in range(1, 90):
        outbox.tick(NOON + minute * 60 * SECOND, world.send)
    assert len(world.took) == 1
    assert states() == [At.UNKNOWN]
    assert [one.target for one in ledger.loose_ends()] == ["mail"]
    assert AuditRow.objects.filter(deed="notice.ended").count() == 1


def test_a_lost_answer_is_repeated_where_the_receiver_drops_repeats(db, world):
    hook = set_target("hook", drops_repeats=True)
    world.fates[hook] = Fate.LOST
    tell()
    outbox.tick(NOON, world.send)
    world.fates.clear()
    outbox.tick(NOON + 60 * SECOND, world.send)
    assert states() == [At.ARRIVED]
    assert len(world.took) == 2
    assert len({key for _, key in world.took}) == 1, "the same key travels with every try"


@pytest.mark.parametrize("drops_repeats", [True, False])
def test_a_restart_in_the_middle_of_a_send(db, world, drops_repeats):
    """The process dies after the receiver took the notice and before the ledger says so."""
    set_target("hook", drops_repeats=drops_repeats)
    tell()

    class Dies(BaseException):
        pass

    def send_and_die(address, letter):
        world.send(address, letter)
        raise Dies

    with pytest.raises(Dies):
        outbox.tick(NOON, send_and_die)
    assert states() == [At.SENDING]
    assert outbox.recover(NOON + SECOND) == 1
    outbox.tick(NOON + 60 * SECOND, world.send)
    assert states() == [At.ARRIVED if drops_repeats else At.UNKNOWN]
    assert len({key for _, key in world.took}) == 1
    assert len(world.took) == (2 if drops_repeats else 1)


def test_a_restart_before_a_send_loses_nothing(db, world):
    set_target("mail")
    tell()
    assert outbox.recover(NOON) == 0
    outbox.tick(NOON, world.send)
    assert states() == [At.ARRIVED]


def test_after_an_hour_a_notice_is_dead_and_the_other_targets_are_told(db, world):
    world.fates[set_target("chat")] = Fate.REFUSED
    mail = set_target("mail")
    tell()
    for minute in range(0, 66):
        outbox.tick(NOON + minute * 60 * SECOND, world.send)
    dead = Delivery.objects.get(target="chat")
    assert dead.state == At.DEAD
    told = Notice.objects.filter(event="target.dead")
    assert told.count() == 1, "that it is dead is told once"
    assert [one.target for one in told.get().deliveries.all()] == ["mail"]
    assert len([address for address, _ in world.took if address == mail]) == 2
    assert [one.key for one in ledger.dead_targets()] == ["chat"]
    assert audit.verify().whole


def test_what_waits_for_a_target_that_was_removed_shows(db, world):
    set_target("mail")
    tell()
    assert targets.remove_target("mail", actor="test")
    outbox.tick(NOON, world.send)
    (loose,) = ledger.loose_ends()
    assert (loose.state, loose.reason) == (At.DEAD, "there is no such target")


def test_a_person_decides_about_what_is_unknown(team, world):
    mail = set_target("mail")
    world.fates[mail] = Fate.LOST
    for number in range(3):
        tell(number)
        outbox.tick(NOON + number * 3600 * SECOND, world.send)
    one, two, three = ledger.loose_ends()
    ledger.it_arrived(one, by=team.operator, now=NOON)
    ledger.give_up(two, by=team.operator, now=NOON)
    world.fates.clear()
    ledger.send_again(three, by=team.operator, now=NOON + timedelta(days=1))
    outbox.tick(NOON + timedelta(days=1), world.send)
    assert sorted(states()) == [At.ARRIVED, At.ARRIVED, At.GIVEN_UP]
    assert ledger.loose_ends() == []
    with pytest.raises(Refused, match="nothing is to be decided"):
        ledger.send_again(one, by=team.operator, now=NOON)
    with pytest.raises(Refused, match="role does not allow"):
        ledger.give_up(three, by=team.viewer, now=NOON)
    two.refresh_from_db()
    assert two.reason.startswith("operator says it is given up; ")
    deeds = AuditRow.objects.filter(subject__startswith="delivery:")
    assert deeds.filter(outcome="refused").count() == 2


def test_an_incident_tells_its_turns_and_not_its_notes(team, exchange, world):
    set_target("mail")
    incident = open_incident("Index is stale", Severity.HIGH, by=team.operator, now=NOON)
    progress.acknowledge(incident, by=team.operator, now=NOON)
    progress.mitigate(incident, "band narrowed", by=team.operator, now=NOON)
    told = [one.title for one in Notice.objects.all()]
    assert told == [
        f"[HIGH] INC-{incident.pk} opened: Index is stale",
        f"[HIGH] INC-{incident.pk} mitigated: Index is stale",
    ]
    assert outbox.tick(NOON, world.send) == 2


def test_a_refused_deed_tells_nothing(team, exchange):
    set_target("mail")
    with pytest.raises(Refused):
        open_incident("Index is stale", Severity.HIGH, by=team.viewer, now=NOON)
    assert Notice.objects.count() == 0


@pytest.mark.parametrize(
    ("severity", "owner", "told"),
    [
        (Severity.CRITICAL, "risk", ["all", "bad", "of_risk"]),
        (Severity.HIGH, "operator", ["all", "bad"]),
        (Severity.MEDIUM, "risk", ["all", "of_risk"]),
        (Severity.MEDIUM, "operator", ["all"]),
    ],
)
def test_a_notice_goes_where_its_routes_say(db, severity, owner, told):
    set_target("all")
    set_target("bad", severity="high")
    set_target("of_risk", owner="risk")
    assert routes.targets_for(severity, owner) == told


def test_two_routes_to_one_target_tell_it_once(db, world):
    set_target("mail")
    body = {"title": "again", "severity": "medium", "owner": "any", "target": "mail"}
    register.found([("notice_route", "again", body)], NOON)
    tell()
    assert outbox.tick(NOON, world.send) == 1


def test_a_route_to_nowhere_dies_and_shows(db, world):
    body = {"title": "nowhere", "severity": "medium", "owner": "any", "target": "nowhere"}
    register.found([("notice_route", "nowhere", body)], NOON)
    tell()
    outbox.tick(NOON, world.send)
    assert [one.reason for one in ledger.loose_ends()] == ["there is no such target"]
