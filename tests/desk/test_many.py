"""One person writes notes without end: the audit has a bound, and incidents go on."""

import pytest

from pilothouse.control.refusals import Refused
from pilothouse.control.severity import Severity
from pilothouse.desk import many, progress, record
from pilothouse.desk.opening import open_incident
from pilothouse.records.models import AuditRow
from tests.desk.conftest import NOON


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(many, "A_DAY_MOST", 5)


def notes(incident, by, count=99, at=NOON):
    for done in range(count):
        try:
            record.note(incident, "noted", by=by, now=at)
        except Refused as why:
            return done, str(why)
    return count, ""


def test_notes_of_a_day_are_bounded_for_each_person(team, incident, few):
    done, why = notes(incident, team.operator)
    assert done == 4, "with the one deed that opened it"
    assert "5 within a day" in why and "ask a colleague" in why
    assert notes(incident, team.risk, 3) == (3, "")
    assert notes(incident, team.operator, 2, NOON + many.DAY) == (2, "")
    assert AuditRow.objects.filter(outcome="refused").count() == 1


def test_behind_any_number_of_notes_incidents_are_opened_and_resolved(team, incident, few):
    notes(incident, team.operator)
    progress.acknowledge(incident, by=team.operator, now=NOON)
    progress.resolve(incident, "it is over", by=team.operator, now=NOON)
    for _ in range(3):
        open_incident("Another one", Severity.MEDIUM, by=team.operator, now=NOON)
    with pytest.raises(Refused, match="10 within a day"):
        open_incident("One too many", Severity.MEDIUM, by=team.operator, now=NOON)
