"""The inbox lists what waits for one person: what can be done by them, and nothing else."""

from datetime import timedelta

import pytest
from django.db import transaction

from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control import apply, approve, preview, propose, register
from pilothouse.control.severity import Severity
from pilothouse.desk import inbox, notices, outbox, progress, record
from pilothouse.desk.inbox import Wants
from pilothouse.desk.opening import open_incident
from pilothouse.desk.sending import Fate, Outcome
from pilothouse.watch.alerts import raise_alert
from pilothouse.watch.models import Alert
from pilothouse.watch.rules import rules
from pilothouse.wiring.founding import found_register
from tests.control.conftest import wish
from tests.desk.conftest import MINUTE, NOON


def waits(person, now=NOON):
    found = inbox.lines(person, now)
    return [(one.wants, one.label) for one in found if "no notice route" not in one.sentence]


@pytest.fixture
def change(team, exchange):
    made = propose.propose(
        "margin_schedule", wish(4, 2), by=team.operator, why="volatility", now=NOON
    )
    return preview.first(made, by=team.operator, now=NOON)


def test_a_change_waits_for_who_may_sign_it_and_then_for_who_may_apply_it(team, change):
    label = f"CH-{change.pk}"
    assert waits(team.risk) == waits(team.manager) == [(Wants.SIGN, label)]
    assert waits(team.operator) == waits(team.viewer) == waits(team.auditor) == []
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert waits(team.risk) == []
    assert waits(team.operator) == waits(team.manager) == [(Wants.APPLY, label)]
    apply.apply(change, by=team.operator, now=NOON)
    assert waits(team.operator) == waits(team.manager) == []


def test_an_old_preview_waits_for_nobodys_signature(team, change):
    assert waits(team.risk, NOON + 2 * timedelta(hours=1)) == []


def test_a_stopped_change_waits_for_its_proposer(team, exchange, change):
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    exchange.market(change.fields["market"]).schedule_version += 1
    change = apply.apply(change, by=team.manager, now=NOON)
    assert change.state == "stale"
    assert waits(team.operator) == [(Wants.FIX, f"CH-{change.pk}")]
    assert waits(team.manager) == []


def test_an_incident_waits_for_its_role_and_then_for_its_commander(team, incident):
    assert waits(team.operator) == [(Wants.COMMAND, incident.label)]
    assert waits(team.manager) == waits(team.viewer) == []
    progress.acknowledge(incident, by=team.risk, now=NOON + MINUTE)
    assert (waits(team.operator), waits(team.risk)) == ([], [(Wants.COMMAND, incident.label)])
    record.hand_over(incident, team.manager, by=team.risk, now=NOON + MINUTE)
    assert (waits(team.risk), waits(team.manager)) == ([], [(Wants.COMMAND, incident.label)])
    progress.resolve(incident, "over", by=team.manager, now=NOON + MINUTE)
    assert waits(team.manager) == []


def test_the_worst_stands_first(team, exchange, incident):
    worst = open_incident("Halted", Severity.CRITICAL, by=team.operator, now=NOON + MINUTE)
    labels = [label for _, label in waits(team.operator, NOON + MINUTE)]
    assert labels[:2] == [worst.label, incident.label]


def test_a_notice_that_may_not_have_arrived_waits_for_whoever_responds(team, exchange):
    body = {"title": "all", "severity": "medium", "owner": "any", "target": "gone"}
    register.found([("notice_route", "all", body)], NOON)
    with transaction.atomic():
        notices.write("x", "x", severity="high", owner="risk", title="t", body="b", now=NOON)
    outbox.tick(NOON, lambda *_: Outcome(Fate.ARRIVED))
    assert [wants for wants, _ in waits(team.operator)] == [Wants.DECIDE]
    assert waits(team.viewer) == []


def test_a_notice_that_no_route_names_shows_for_a_day(team, incident):
    (line,) = inbox.lines(team.risk, NOON + timedelta(days=1))
    assert (line.wants, line.sentence) == (
        Wants.DECIDE,
        "nobody was notified: no notice route matches it",
    )
    assert inbox.lines(team.risk, NOON + timedelta(days=2)) == []


def test_who_has_no_role_any_more_has_an_empty_inbox(team, change, incident):
    team.risk.is_active = False
    team.risk.save()
    assert waits(team.risk) == []
    grant(team.viewer, Role.RISK, now=NOON)
    assert (Wants.SIGN, f"CH-{change.pk}") in waits(team.viewer)


def answers(person):
    return [one for one in inbox.lines(person, NOON) if one.wants is Wants.ANSWER]


def test_an_alert_whose_turn_is_nobodys_stays_in_everybodys_inbox(team, exchange):
    found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])
    (rule,) = [one for one in rules() if one.key == "price_runs"]
    alert = raise_alert(rule, "market:PF_XBTUSD", Alert.About.VALUE, 10**6, NOON)
    Alert.objects.filter(pk=alert.pk).update(owner="duty_manager")
    for person in (team.operator, team.risk, team.manager):
        (line,) = answers(person)
        assert line.sentence.endswith("turn of duty manager, which nobody holds")
    assert answers(team.viewer) == answers(team.auditor) == []
    grant(team.manager, Role.DUTY_MANAGER, now=NOON)
    assert [len(answers(one)) for one in (team.operator, team.manager)] == [0, 1]
    team.manager.is_active = False
    team.manager.save()
    assert len(answers(team.operator)) == 1


def test_an_incident_that_nobody_commands_and_nobody_owns_is_everybodys(team):
    made = open_incident("Index is stale", Severity.HIGH, by=team.operator, now=NOON)
    type(made).objects.update(commander=None, owner="duty_manager")
    assert (Wants.COMMAND, made.label) in waits(team.risk)
