"""One person has people told without end: it has a bound, and a crisis is told behind it."""

import pytest

from pilothouse.control.refusals import Refused
from pilothouse.control.severity import ORDER, Severity
from pilothouse.desk import ledger, progress, record, told
from pilothouse.desk.models import Delivery, Notice
from pilothouse.desk.moves import Verb
from pilothouse.desk.opening import open_incident
from pilothouse.desk.refusals import TOO_MANY_TOLD
from pilothouse.records.models import AuditRow
from tests.desk.conftest import NOON
from tests.desk.test_outbox import set_target, tell

FEW = 4


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(told, "A_DAY_MOST", FEW)


def until_refused(do):
    """Do it again and again; return how often it was done, and why not once more."""
    for done in range(99):
        try:
            do(done)
        except Refused as why:
            return done, why
    return 99, None


def regrading(incident, by, now=NOON):
    return lambda turn: record.regrade(
        incident, (Severity.MEDIUM, Severity.HIGH)[turn % 2], "so", by=by, now=now
    )


def test_regrading_and_handing_over_tell_people_a_bounded_number_of_times(team, incident, few):
    hand = [team.risk, team.operator]
    done, why = until_refused(
        lambda turn: (
            record.hand_over(incident, hand[turn // 2 % 2], by=team.operator, now=NOON)
            if turn % 2
            else regrading(incident, team.operator)(turn // 2)
        )
    )
    assert why.reason is TOO_MANY_TOLD and f"{FEW} within a day" in str(why)
    assert "ask a colleague" in str(why)
    assert done == FEW - 1 and Notice.objects.count() == FEW, "with the one that told it opened"
    assert AuditRow.objects.filter(outcome="refused").count() == 1
    record.note(incident, "what nobody is told of goes on", by=team.operator, now=NOON)
    assert until_refused(regrading(incident, team.risk))[0] == FEW, "a colleague has room"
    assert until_refused(regrading(incident, team.operator, NOON + told.DAY))[0] == FEW


def test_incidents_go_on_behind_it_and_the_worst_longest(team, incident, few):
    until_refused(regrading(incident, team.operator))
    progress.acknowledge(incident, by=team.operator, now=NOON)

    def come_and_go(turn):
        move = progress.reopen if turn % 2 else progress.mitigate
        move(incident, "so", by=team.operator, now=NOON)

    done, why = until_refused(come_and_go)
    assert done == FEW and f"{2 * FEW} within a day" in str(why)
    crisis = open_incident("All is gone", Severity.CRITICAL, by=team.operator, now=NOON)
    for verb in (progress.acknowledge, progress.mitigate, progress.resolve):
        verb(crisis, *([] if verb is progress.acknowledge else ["so"]), by=team.operator, now=NOON)
    assert Notice.objects.filter(subject=crisis.subject).count() == 3


def test_what_becomes_critical_is_told_where_lesser_is_not(team, incident, few):
    until_refused(regrading(incident, team.operator))
    record.regrade(incident, Severity.CRITICAL, "worse", by=team.operator, now=NOON)
    with pytest.raises(Refused):
        record.regrade(incident, Severity.HIGH, "better", by=team.operator, now=NOON)
    assert Notice.objects.filter(severity=Severity.CRITICAL).count() == 1


def test_sending_again_counts_as_well(team, few, db):
    set_target("mail")
    tell(1, Severity.MEDIUM), tell(2, Severity.CRITICAL)
    small, worst = Delivery.objects.order_by("id")

    def again(delivery):
        def send(turn):
            Delivery.objects.update(state=Delivery.At.UNKNOWN)
            ledger.send_again(delivery, by=team.operator, now=NOON)

        return send

    done, why = until_refused(again(small))
    assert done == FEW and why.reason is TOO_MANY_TOLD
    assert until_refused(again(worst))[0] == FEW
    with pytest.raises(Refused):
        again(small)(0)
    assert until_refused(again(small))[0] == 0


def test_whatever_is_told_of_is_counted_and_every_deed_that_writes_a_notice_is_bounded(
    team, incident, monkeypatch
):
    """Of the kind: with no room at all, no verb of an incident leaves a notice."""
    monkeypatch.setattr(told, "A_DAY_MOST", 0)
    before, by = Notice.objects.count(), {"by": team.operator, "now": NOON}
    progress.acknowledge(incident, **by)
    deeds = {
        Verb.OPEN: lambda: open_incident("x", ORDER[0], **by),
        Verb.REGRADE: lambda: record.regrade(incident, Severity.CRITICAL, "so", **by),
        Verb.HAND_OVER: lambda: record.hand_over(incident, team.risk, **by),
        Verb.MITIGATE: lambda: progress.mitigate(incident, "so", **by),
        Verb.RESOLVE: lambda: progress.resolve(incident, "so", **by),
        Verb.DISMISS: lambda: progress.dismiss(incident, "so", **by),
        Verb.REOPEN: lambda: progress.reopen(incident, "so", **by),
    }
    assert set(deeds) == set(told.TOLD)
    for verb, do in deeds.items():
        if verb is Verb.REOPEN:
            type(incident).objects.update(state="resolved")
        with pytest.raises(Refused) as refused:
            do()
        assert refused.value.reason is TOO_MANY_TOLD, verb
    assert Notice.objects.count() == before
