"""The life of an incident: clocks read once, deeds with their audit row, refusals recorded."""

from datetime import UTC, datetime, timedelta

import pytest

from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import clocks, progress, record
from pilothouse.desk.clocks import Clock
from pilothouse.desk.models import ClockReading, Incident
from pilothouse.desk.moves import State
from pilothouse.desk.opening import open_incident
from pilothouse.records import audit
from pilothouse.records.fixed import RowIsFixed
from pilothouse.records.models import AuditRow
from tests.desk.conftest import CONTRACT, MINUTE, NOON


def at(minutes):
    return NOON + minutes * MINUTE


def refused(name, deed, *arguments, **options):
    with pytest.raises(Refused) as said:
        deed(*arguments, **options)
    assert said.value.reason.name == name
    return said.value


def test_from_the_first_sign_to_the_end(team, incident):
    progress.acknowledge(incident, by=team.risk, now=at(1))
    progress.mitigate(incident, "band narrowed", by=team.risk, now=at(5))
    progress.resolve(incident, "three sources are fresh", by=team.risk, now=at(30))
    incident.refresh_from_db()
    assert incident.state == State.RESOLVED
    assert incident.commander == team.risk
    assert clocks.moments(incident) == {
        Clock.OCCURRED: at(-3),
        Clock.DETECTED: at(-1),
        Clock.AWARE: NOON,
        Clock.ACKNOWLEDGED: at(1),
        Clock.MITIGATED: at(5),
        Clock.RESOLVED: at(30),
    }
    assert clocks.spans(incident) == [
        ("time to detect", 120),
        ("time to acknowledge", 120),
        ("time to mitigate", 360),
        ("duration", 33 * 60),
    ]
    assert clocks.first_report_due(incident) == NOON + timedelta(hours=24)
    deeds = [row.deed for row in audit.rows_about(incident.subject)]
    assert deeds == ["open", "acknowledge", "mitigate", "resolve"]
    assert audit.verify().whole


def test_what_ends_at_once_was_mitigated_at_that_moment(team, incident):
    progress.acknowledge(incident, by=team.operator, now=at(1))
    progress.resolve(incident, "it was a hiccup", by=team.operator, now=at(2))
    read = clocks.moments(incident)
    assert read[Clock.MITIGATED] == read[Clock.RESOLVED] == at(2)


def test_what_comes_back_has_no_end_and_its_old_end_can_be_read(team, incident):
    progress.acknowledge(incident, by=team.operator, now=at(1))
    progress.resolve(incident, "fresh again", by=team.operator, now=at(2))
    progress.reopen(incident, "stale again", by=team.operator, now=at(3))
    incident.refresh_from_db()
    assert incident.state == State.ACKNOWLEDGED
    assert {Clock.MITIGATED, Clock.RESOLVED}.isdisjoint(clocks.moments(incident))
    (resolved,) = [one for one in clocks.readings(incident) if one.clock is Clock.RESOLVED]
    assert [(one.at, one.why) for one in resolved.corrections] == [
        (at(2), ""),
        (None, "stale again"),
    ]
    progress.resolve(incident, "now truly", by=team.operator, now=at(9))
    assert clocks.moments(incident)[Clock.RESOLVED] == at(9)


def test_a_clock_is_corrected_with_a_reason_and_keeps_what_it_said(team, incident):
    record.correct(
        incident, Clock.OCCURRED, at(-10), "the log has it", by=team.operator, now=at(4)
    )
    (occurred, *_) = clocks.readings(incident)
    assert occurred.at == at(-10)
    assert [(one.at, one.why) for one in occurred.corrections] == [
        (at(-3), ""),
        (at(-10), "the log has it"),
    ]
    row = audit.rows_about(incident.subject)[-1]
    assert row.facts["before"] == at(-3).isoformat()


def test_a_reading_is_never_overwritten(incident):
    reading = ClockReading.objects.first()
    reading.at = NOON
    with pytest.raises(RowIsFixed):
        reading.save()
    with pytest.raises(RowIsFixed):
        ClockReading.objects.update(at=NOON)


@pytest.mark.parametrize(
    ("clock", "minutes", "why", "name"),
    [
        (Clock.OCCURRED, -10, "  ", "a_sentence_is_missing"),
        (Clock.OCCURRED, -3, "sure", "this_is_so_already"),
        (Clock.DETECTED, 5, "sure", "a_clock_cannot_stand_in_the_future"),
        (Clock.DETECTED, -4, "sure", "the_clocks_would_be_out_of_order"),
        (Clock.OCCURRED, 0, "sure", "the_clocks_would_be_out_of_order"),
        (Clock.OCCURRED, -10, "x" * 4_001, "it_is_too_long"),
        (Clock.OCCURRED, -(5 * 365 + 2) * 24 * 60 - 1, "sure", "a_clock_cannot_stand_so_far_back"),
        (Clock.DETECTED, 1_000 * 365 * 24 * 60, "sure", "a_clock_cannot_stand_in_the_future"),
    ],
)
def test_a_correction_that_cannot_be(team, incident, clock, minutes, why, name):
    before = clocks.moments(incident)
    refused(name, record.correct, incident, clock, at(minutes), why, by=team.operator, now=at(4))
    assert clocks.moments(incident) == before
    row = AuditRow.objects.order_by("-number").first()
    assert (row.outcome, row.deed, row.subject) == ("refused", "correct", incident.subject)


def test_a_clock_reaches_five_years_back_from_the_opening_whenever_it_is_corrected(team, incident):
    earliest, much_later = at(-(5 * 365 + 2) * 24 * 60), at(3 * 365 * 24 * 60)
    record.correct(
        incident, Clock.OCCURRED, earliest, "the ledger has it", by=team.operator, now=much_later
    )
    assert clocks.moments(incident)[Clock.OCCURRED] == earliest


def test_no_clock_is_opened_where_it_could_not_be_corrected_to(team, exchange):
    options = {"by": team.operator, "now": NOON}
    name = "a_clock_cannot_stand_so_far_back"
    year_one = datetime(1, 1, 1, tzinfo=UTC)
    said = refused(name, open_incident, "Stale", Severity.HIGH, occurred=year_one, **options)
    assert said.detail == "occurred" and "five years before" in str(said)
    name = "a_clock_cannot_stand_in_the_future"
    refused(name, open_incident, "Stale", Severity.HIGH, detected=at(1), **options)
    assert Incident.objects.count() == 0


@pytest.mark.parametrize(
    ("title", "what", "name"),
    [
        ("  ", "", "an_incident_needs_a_title"),
        ("x" * 201, "", "it_is_too_long"),
        ("Stale", "x" * 4_001, "it_is_too_long"),
    ],
)
def test_no_words_of_an_incident_are_cut(team, exchange, title, what, name):
    refused(name, open_incident, title, Severity.HIGH, what=what, by=team.operator, now=NOON)
    assert Incident.objects.count() == 0
    assert AuditRow.objects.get().outcome == "refused"
    whole = open_incident("x" * 200, Severity.HIGH, by=team.operator, now=NOON)
    assert whole.title == "x" * 200


def test_an_end_before_its_mitigation_is_refused(team, incident):
    progress.acknowledge(incident, by=team.operator, now=at(1))
    progress.mitigate(incident, "halted", by=team.operator, now=at(5))
    progress.resolve(incident, "reopened", by=team.operator, now=at(9))
    name = "the_clocks_would_be_out_of_order"
    deed = (record.correct, incident, Clock.RESOLVED, at(4), "sure")
    refused(name, *deed, by=team.operator, now=at(10))


def test_a_clock_is_read_once(team, incident):
    with pytest.raises(Refused, match="read already"):
        clocks.read(incident, Clock.AWARE, NOON, by=team.operator, now=at(1))


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_who_may_not_work_on_incidents_changes_nothing(team, incident, role):
    person = getattr(team, role)
    name = "your_role_does_not_allow_this"
    refused(name, progress.acknowledge, incident, by=person, now=at(1))
    refused(name, record.note, incident, "hello", by=person, now=at(1))
    refused(name, open_incident, "another", Severity.HIGH, by=person, now=at(1))
    incident.refresh_from_db()
    assert (incident.state, Incident.objects.count()) == (State.OPENED, 1)
    assert AuditRow.objects.filter(outcome="refused").count() == 3


def test_a_verb_from_the_wrong_state_is_refused(team, incident):
    name = "the_incident_is_not_in_a_state_for_this"
    refused(name, progress.resolve, incident, "over", by=team.operator, now=at(1))
    progress.dismiss(incident, "a drill", by=team.operator, now=at(1))
    refused(name, progress.acknowledge, incident, by=team.operator, now=at(2))
    refused(name, record.regrade, incident, Severity.MEDIUM, "x", by=team.operator, now=at(2))


def test_half_a_deed_is_no_deed(team, incident, monkeypatch):
    def fails(*_words, **_more):
        raise RuntimeError("the audit cannot be written")

    monkeypatch.setattr(audit, "write", fails)
    with pytest.raises(RuntimeError):
        progress.acknowledge(incident, by=team.operator, now=at(1))
    incident.refresh_from_db()
    assert incident.state == State.OPENED
    assert Clock.ACKNOWLEDGED not in clocks.moments(incident)


def test_the_command_is_handed_over_to_who_may_work_on_it(team, incident):
    progress.acknowledge(incident, by=team.operator, now=at(1))
    record.hand_over(incident, team.manager, by=team.operator, now=at(2))
    incident.refresh_from_db()
    assert incident.commander == team.manager
    deed = (record.hand_over, incident, team.viewer)
    refused("this_person_may_not_work_on_incidents", *deed, by=team.manager, now=at(3))
    deed = (record.hand_over, incident, team.manager)
    refused("this_is_so_already", *deed, by=team.manager, now=at(3))


def test_what_it_was_called_stays_in_the_audit(team, incident):
    record.regrade(incident, Severity.CRITICAL, "liquidations began", by=team.risk, now=at(2))
    incident.refresh_from_db()
    assert incident.severity == Severity.CRITICAL
    row = audit.rows_about(incident.subject)[-1]
    assert (row.facts["before"], row.facts["severity"]) == ("high", "critical")


def test_what_is_affected_is_known_to_the_exchange(team, incident):
    deed = (record.affect, incident, "market:NOWHERE")
    refused("there_is_no_such_market_or_product", *deed, by=team.risk, now=at(1))
    refused("this_is_so_already", record.affect, incident, CONTRACT, by=team.risk, now=at(1))
    record.spare(incident, CONTRACT, "only the spot market", by=team.risk, now=at(2))
    assert incident.affected.count() == 0
    record.affect(incident, CONTRACT, by=team.risk, now=at(3))
    assert [one.subject for one in incident.affected.all()] == [CONTRACT]


def test_an_incident_needs_a_title(team, exchange):
    name = "an_incident_needs_a_title"
    refused(name, open_incident, "  ", Severity.HIGH, by=team.operator, now=NOON)
    assert Incident.objects.count() == 0


def test_what_is_said_is_short_enough_to_be_read(team, incident):
    with pytest.raises(Refused, match="it is too long"):
        record.note(incident, "x" * 4_001, by=team.operator, now=NOON)
    record.note(incident, "x" * 4_000, by=team.operator, now=NOON)
