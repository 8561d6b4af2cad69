"""An alert: raised once, taken by a person, escalated when nobody takes it, over in the end."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control.refusals import Refused
from pilothouse.records import audit
from pilothouse.watch import alerts, ports
from pilothouse.watch.models import Alert, StandingRow
from pilothouse.watch.moves import MOVES, State, Verb, target
from pilothouse.watch.rules import rules
from tests.watch.conftest import NOON, SOURCES, Looks

PLACE = ("price_move", "market:PF_XBTUSD")
BAD = {PLACE: 30_001}
GOOD = {PLACE: 0}


@pytest.fixture
def alone(founded):
    """The one rule about the price; the others are not judged."""
    from pilothouse.watch import judging

    kept = tuple(one for one in rules() if one.key == "price_runs")
    original, judging.rules = judging.rules, lambda: kept
    yield kept[0]
    judging.rules = original


@pytest.fixture
def people(db):
    made = {}
    for role in ("operator", "viewer"):
        made[role] = Person.objects.create_user(role)
        grant(made[role], Role(role), now=NOON - timedelta(days=1))
    return made


@pytest.fixture
def alert(alone):
    Looks().look(BAD, times=8)
    return Alert.objects.get()


def deeds(alert):
    return [(row.deed, row.actor) for row in audit.rows_about(alert.subject)]


def test_it_is_raised_once_with_its_audit_row(alert):
    assert (alert.state, alert.severity, alert.owner) == ("raised", "high", "operator")
    assert deeds(alert) == [("alert.raise", "machine")]
    assert alert.escalate_at == alert.raised_at + timedelta(seconds=300)


def test_the_database_itself_keeps_it_from_being_raised_twice(alert):
    alert.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        alert.save(force_insert=True)


def test_a_person_takes_it_and_it_escalates_no_more(alert, people, alone):
    taken = alerts.acknowledge(alert, by=people["operator"], now=NOON)
    assert (taken.state, taken.acknowledged_by) == ("acknowledged", people["operator"])
    assert alerts.due_to_escalate(NOON + timedelta(days=1)) == []
    with pytest.raises(Refused):
        alerts.acknowledge(alert, by=people["operator"], now=NOON)


def test_who_may_only_look_takes_nothing_and_the_attempt_is_recorded(alert, people):
    for deed in (
        lambda: alerts.acknowledge(alert, by=people["viewer"], now=NOON),
        lambda: alerts.resolve(alert, "x", by=people["viewer"], now=NOON),
    ):
        with pytest.raises(Refused):
            deed()
    alert.refresh_from_db()
    assert alert.state == "raised"
    assert [row.outcome for row in audit.rows_about(alert.subject)] == ["done", *["refused"] * 2]


def test_a_person_resolves_it_only_with_a_reason_and_it_does_not_come_back_at_once(
    alert, people, alone
):
    with pytest.raises(Refused):
        alerts.resolve(alert, "  ", by=people["operator"], now=NOON)
    looks = Looks()
    alerts.resolve(alert, "a known rebalancing", by=people["operator"], now=NOON)
    looks.look(BAD, times=30)
    looks.restart()
    looks.look(BAD, times=30)
    assert Alert.objects.count() == 1, "it lasts, and a person said that it is over"
    looks.look(GOOD, times=61)
    looks.look(BAD, times=8)
    assert Alert.objects.count() == 2, "it cleared and came again"


def resolved_by_hand(people, now):
    (lasting,) = alerts.open_alerts()
    alerts.resolve(lasting, "a known rebalancing", by=people["operator"], now=now)


def test_a_rule_that_fires_all_the_time_comes_back_however_often_a_person_ends_it(alone, people):
    looks = Looks()
    looks.look(BAD, times=8)
    for count in range(1, 4):
        resolved_by_hand(people, looks.now)
        looks.look(BAD, times=alerts.RAISED_AGAIN_S - 1)
        assert Alert.objects.count() == count and not alerts.open_alerts(), "it rests"
        looks.restart()
        looks.look(BAD, times=2)
        (again,) = alerts.open_alerts()
        assert (again.about, again.value, again.escalations) == ("value", 30_001, 0)
        looks.look(BAD, times=120)
        assert Alert.objects.count() == count + 1, "once for each time that a person ended it"
    assert deeds(again) == [("alert.raise", "machine")]
    looks.look(GOOD, times=61)
    looks.look(GOOD, times=alerts.RAISED_AGAIN_S + 2)
    assert not alerts.open_alerts(), "what cleared stays over"


def test_data_that_stay_missing_come_back_too(alone, people):
    looks = Looks()
    looks.look({}, times=alone.terms.absent_us // 1_000_000 + 2)
    resolved_by_hand(people, looks.now)
    looks.look({}, times=alerts.RAISED_AGAIN_S - 1)
    assert not alerts.open_alerts()
    looks.look({}, times=2)
    (again,) = alerts.open_alerts()
    assert (again.about, again.value) == ("no_data", None)


@pytest.mark.parametrize("jump", [timedelta(hours=5), timedelta(hours=-5)])
def test_a_jump_of_the_clock_keeps_nothing_silent(alone, people, jump):
    looks = Looks()
    looks.look(BAD, times=8)
    resolved_by_hand(people, looks.now)
    looks.look(BAD, step=jump)
    looks.look(BAD, times=alerts.RAISED_AGAIN_S + 1)
    assert len(alerts.open_alerts()) == 1 and Alert.objects.count() == 2


def test_it_escalates_when_nobody_takes_it_until_the_worst(alone):
    looks = Looks()
    looks.look(BAD, times=6)
    looks.look(BAD, times=299)
    alert = Alert.objects.get()
    assert alert.escalations == 0
    looks.look(BAD, times=2)
    alert.refresh_from_db()
    assert (alert.severity, alert.owner, alert.escalations) == ("critical", "duty_manager", 1)
    looks.look(BAD, times=1_000)
    alert.refresh_from_db()
    assert (alert.escalations, alert.escalate_at) == (1, None)
    assert [deed for deed, _ in deeds(alert)] == ["alert.raise", "alert.escalate"]


def test_flapping_is_one_alert(alone):
    looks = Looks()
    looks.look(BAD, times=6)
    for _ in range(50):
        looks.look(GOOD, times=20)
        looks.look(BAD, times=2)
    alert = Alert.objects.get()
    assert alert.is_open


CUTS = [1, 3, 5, 6, 7, 20]


@pytest.mark.parametrize("cut", CUTS)
def test_a_restart_in_the_middle_loses_nothing_and_doubles_nothing(alone, cut):
    looks = Looks()
    looks.look(BAD, times=cut)
    looks.restart()
    looks.look(BAD, times=12)
    assert Alert.objects.get().is_open
    looks.look(GOOD, times=30)
    looks.restart()
    looks.look(GOOD, times=40)
    assert Alert.objects.get().state == State.RESOLVED


def test_a_crash_between_the_alert_and_its_standing_raises_it_once(alone):
    looks = Looks()
    looks.look(BAD, times=6)
    StandingRow.objects.all().delete()
    looks.restart()
    looks.look(BAD, times=30)
    assert Alert.objects.count() == 1
    looks.look(GOOD, times=61)
    assert Alert.objects.get().state == State.RESOLVED


@pytest.mark.parametrize("jump", [timedelta(hours=5), timedelta(hours=-5)])
def test_a_jump_of_the_clock_neither_raises_nor_resolves(alone, jump):
    looks = Looks()
    looks.look(BAD, times=2)
    looks.look(GOOD | BAD, step=jump)
    looks.look(GOOD, times=2)
    assert not Alert.objects.exists()
    looks.look(BAD, times=7)
    looks.look(GOOD, step=jump)
    looks.look(GOOD, times=30)
    assert Alert.objects.get().is_open, "a minute of good values was not seen"


def test_a_listener_that_fails_holds_nothing_up_and_the_alert_comes_when_it_is_well(alone):
    heard, ill = [], [True]

    def listener(alert, verb, by, now):
        if ill[0]:
            raise OSError("the notifier is dead")
        heard.append((alert.pk, verb))

    ports.connect(listener)
    looks = Looks()
    looks.look(BAD, times=10)
    assert not Alert.objects.exists() and audit.verify().rows == audit_rows_of_founding()
    ill[0] = False
    looks.look(BAD, times=3)
    alert = Alert.objects.get()
    assert heard == [(alert.pk, Verb.RAISE)]


def audit_rows_of_founding():
    from pilothouse.records.models import AuditRow

    return AuditRow.objects.filter(actor="genesis").count()


def test_a_listener_hears_every_deed_within_its_transaction(alone, people):
    heard = []
    ports.connect(lambda alert, verb, by, now: heard.append((verb, by)))
    looks = Looks()
    looks.look(BAD, times=310)
    alerts.acknowledge(Alert.objects.get(), by=people["operator"], now=looks.now)
    looks.look(GOOD, times=61)
    assert heard == [
        (Verb.RAISE, None),
        (Verb.ESCALATE, None),
        (Verb.ACKNOWLEDGE, people["operator"]),
        (Verb.RESOLVE, None),
    ]


def test_what_is_watched_no_more_is_resolved_and_says_so(alone):
    looks = Looks()
    looks.look(BAD, times=8)
    looks.reading.markets = ()
    looks.look(BAD)
    alert = Alert.objects.get()
    assert alert.state == State.RESOLVED and "no longer monitored" in alert.resolved_why


def test_an_alert_about_a_source_ends_with_the_source_and_one_of_a_former_scope_at_once(founded):
    late = {("index_age", f"market:PF_XBTUSD/{k}"): 0 for k in (1, 2)}
    looks = Looks()
    (rule,) = [one for one in rules() if one.measure.name == "index_age"]
    former = alerts.raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 9, looks.now)
    assert (former.market, former.source, former.where) == ("PF_XBTUSD", "", "PF_XBTUSD")
    looks.look(late | {("index_age", "market:PF_XBTUSD/3"): 10**6}, times=120)
    former.refresh_from_db()
    assert former.state == State.RESOLVED and "no longer monitored" in former.resolved_why
    alert = Alert.objects.get(rule=rule.key, about=Alert.About.VALUE, state=State.RAISED)
    assert (alert.market, alert.where) == ("PF_XBTUSD", "PF_XBTUSD, source 3")
    looks.reading.markets[0].sources = SOURCES[:2]
    looks.look(late)
    alert.refresh_from_db()
    assert alert.state == State.RESOLVED and "no longer monitored" in alert.resolved_why


def test_when_nothing_can_be_read_the_exchange_says_so_and_no_market_is_resolved(founded):
    looks = Looks()
    looks.look({PLACE: 30_001, ("block_age", "exchange"): 0}, times=8)
    looks.reading = None
    looks.look({}, times=40)
    market = Alert.objects.get(scope="market:PF_XBTUSD", rule="price_runs")
    assert market.is_open
    told = Alert.objects.get(rule="blocks_late")
    assert (told.about, told.is_open) == ("no_data", True)


def test_the_worst_stands_first(founded):
    looks = Looks()
    looks.look({PLACE: 30_001, ("insurance_pool", "market:PF_XBTUSD"): 0}, times=20)
    assert [one.rule for one in alerts.open_alerts()] == ["insurance_empty", "price_runs"]


def test_the_table_has_an_end_and_no_verb_leaves_it():
    assert {target(verb, State.RESOLVED) for verb in Verb} == {None}
    assert {one.source for one in MOVES} | {one.target for one in MOVES} == set(State)


def test_a_time_that_was_put_off_is_put_off(alert):
    assert alerts.put_off(timedelta(hours=5)) == 1
    assert alerts.due_to_escalate(alert.raised_at + timedelta(hours=1)) == []
