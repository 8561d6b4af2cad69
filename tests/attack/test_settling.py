"""A difference ends by two people who say why: in the count, on the page and for verify."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client

from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control import reconciler, refusals, rounds, settling
from pilothouse.control.models import Reconciled, ReconcilerCursor
from pilothouse.control.refusals import Refused
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.venue.verify import Report
from pilothouse.wiring import comparing
from tests.attack.reconciling import (
    WHY,
    Journal,
    applied,
    approved,
    band,
    exchange,
    forged,
    journal,
    previewed,
    raise_margin,
    refused,
    settle,
    team,
    watched,
)
from tests.control.conftest import NOON

__all__ = ["applied", "approved", "exchange", "forged", "journal", "previewed"]
__all__ += ["raise_margin", "team"]
HOUR = timedelta(hours=1)


def verified(*watched):
    report = Report("home")
    collected = SimpleNamespace(watched=list(watched), end=0, seals={}, in_use=lambda block: set())
    comparing.compare_records(collected, report)
    return report


def test_two_people_end_the_count_and_verify_lists_it_as_settled(journal, forged, team):
    position = Reconciled.objects.get(pk=forged).position
    one = settling.propose([forged], WHY, by=team.operator, now=NOON)
    assert reconciler.count() == 1, "a proposal settles nothing"
    settling.sign(one.key, by=team.risk, now=NOON + HOUR)
    journal.tick()
    assert (reconciler.count(), rounds.differences(), reconciler.differences()) == (0, 0, [])
    rows = audit.rows_about(f"settlement:{one.key}")
    assert [row.deed for row in rows] == ["settle.propose", "settle.sign"]
    assert rows[1].facts["why"] == WHY and audit.verify().whole

    found = verified(watched(band(), position, 9))
    # The journal of this test has the forged command alone, so the signed one is missing there.
    assert not any("change 777" in fault for fault in found.faults)
    (told,) = found.settled
    assert "change 777" in told and "Settled by operator and risk" in told and WHY in told
    assert "2026-11-23 13:00:00 UTC" in told


def test_another_difference_is_not_settled_with_it(journal, forged, team):
    settle(team)
    journal.say(band(778))
    assert len(journal.tick()) == 1 and reconciler.count() == 1


def test_a_row_that_is_changed_once_more_is_another_difference(journal, applied, team):
    eve = Person.objects.create_user("eve")
    given = Grant.objects.create(person=eve, role=Role.VIEWER)
    reconciler.look_at_authority(NOON)
    settle(team)
    assert reconciler.count() == 0
    Grant.objects.filter(pk=given.pk).update(until=NOON + HOUR)
    reconciler.look_at_authority(NOON)
    assert reconciler.count() == 1


def test_who_cannot_settle(forged, team, db):
    one, now = settling.propose([forged], WHY, by=team.risk, now=NOON), NOON
    refused(refusals.PROPOSER_CANNOT_SETTLE, settling.sign, one.key, by=team.risk, now=now)
    for person in (team.operator, team.viewer, team.auditor):
        refused(refusals.NO_RIGHT, settling.sign, one.key, by=person, now=now)
    for person in (team.viewer, team.auditor):
        refused(refusals.NO_RIGHT, settling.propose, [forged], "x", by=person, now=now)
        refused(refusals.NO_RIGHT, settling.decline, one.key, "x", by=person, now=now)
    assert reconciler.count() == 1
    assert AuditRow.objects.filter(deed="settle.sign", outcome="refused").exists()


def test_a_role_given_with_sql_settles_nothing(forged, team):
    eve = Person.objects.create_user("eve")
    grant(eve, Role.MANAGER, now=NOON)
    one = settling.propose([forged], WHY, by=team.operator, now=NOON)
    refused(refusals.RIGHTS_DIFFER, settling.sign, one.key, by=eve, now=NOON)


def test_what_is_refused_of_a_proposal(forged, team):
    by = {"by": team.operator, "now": NOON}
    refused(refusals.NOTHING_TO_SETTLE, settling.propose, [], WHY, **by)
    refused(refusals.NOT_OPEN, settling.propose, [forged, 9_999], WHY, **by)
    refused(refusals.TOO_MANY_TO_SETTLE, settling.propose, range(101), WHY, **by)
    refused(refusals.REASON_IS_MISSING, settling.propose, [forged], " ", **by)
    refused(refusals.TEXT_HIDES, settling.propose, [forged], "signed\u202e", **by)
    long = "x" * (settling.WHY_MOST + 1)
    with pytest.raises(Refused, match="at most 1000"):
        settling.propose([forged], long, **by)
    refused(refusals.NO_SUCH_SETTLEMENT, settling.sign, "none", by=team.risk, now=NOON)


def test_each_verb_twice_is_once(forged, team):
    one = settling.propose([forged], WHY, by=team.operator, now=NOON)
    again = settling.propose([forged], WHY, by=team.operator, now=NOON + HOUR)
    assert again.key == one.key and len(settling.waiting()) == 1
    refused(refusals.SETTLEMENT_WAITS, settling.propose, [forged], "x1", by=team.risk, now=NOON)
    for _ in range(2):
        settling.sign(one.key, by=team.risk, now=NOON)
    assert AuditRow.objects.filter(deed__startswith="settle.").count() == 2 + 1
    refused(refusals.NO_SUCH_SETTLEMENT, settling.sign, one.key, by=team.manager, now=NOON)


def test_a_declined_settlement_leaves_its_differences_open(forged, team):
    one = settling.propose([forged], WHY, by=team.operator, now=NOON)
    settling.decline(one.key, "we do not know yet who sent it", by=team.risk, now=NOON)
    assert settling.waiting() == [] and reconciler.count() == 1
    settle(team)
    assert reconciler.count() == 0


def test_no_other_row_of_the_database_settles(forged, team):
    Reconciled.objects.update(verdict="agreed")
    refused(refusals.NOT_OPEN, settling.propose, [forged], WHY, by=team.operator, now=NOON)
    assert verified(watched(band(), 9_999, 9)).faults


def test_an_audit_that_is_broken_settles_nothing(forged, team):
    position = Reconciled.objects.get(pk=forged).position
    settle(team)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_auditrow SET sentence = 'x' WHERE number = 1")
    report = verified(watched(band(), position, 9))
    assert report.settled == [] and any("777" in one for one in report.faults)


def test_beyond_the_bound_the_next_ones_are_listed_after_a_restart(
    journal, exchange, applied, team, monkeypatch
):
    monkeypatch.setattr(reconciler, "LISTED_MOST", 3)
    said = [band(number) for number in range(1_000, 1_005)]
    for one in said:
        journal.say(one)
    journal.tick()
    assert reconciler.count() == 5 and len(reconciler.differences()) == 3
    settle(team)
    assert reconciler.count() == 2, "those without a row stay counted"
    again = Journal()
    assert ReconcilerCursor.objects.get().block == 0 == again.reconciler.since
    again.say(exchange.sent[-1], at=applied.steps.get().position)
    for one in said:
        again.say(one)
    again.tick()
    assert reconciler.count() == 2 == len(reconciler.differences())


@pytest.fixture
def at():
    def signed_in(person, **options):
        client = Client(**options)
        client.force_login(person)
        return client

    return signed_in


def test_the_page_of_the_audit_leads_through(forged, team, at):
    operator, risk = at(team.operator), at(team.risk)
    page = operator.get("/audit").content.decode()
    assert "Propose settlement" in page and "csrfmiddlewaretoken" in page
    form = {"difference": [str(forged)], "why": WHY}
    assert operator.post("/audit/settlements", form).status_code == 302
    (one,) = settling.waiting()
    page = operator.get("/audit").content.decode()
    assert "your role does not allow this" in page and WHY in page
    assert risk.post(f"/audit/settlements/{one.key}/sign").status_code == 302
    page = risk.get("/audit").content.decode()
    assert "no open difference" in page and "operator and risk" in page
    assert reconciler.count() == 0


@pytest.mark.parametrize("numbers", [[], ["x"], ["9" * 40], ["-1"], ["1", "1"]])
def test_a_form_of_other_numbers_changes_nothing(forged, team, at, numbers):
    at(team.operator).post("/audit/settlements", {"difference": numbers, "why": WHY})
    assert not settling.waiting() or numbers == [str(forged)] * 2


def test_a_request_that_is_not_from_our_page_is_refused(forged, team, at):
    client = at(team.operator, enforce_csrf_checks=True)
    answer = client.post("/audit/settlements", {"difference": [str(forged)], "why": WHY})
    assert answer.status_code == 403 and not settling.waiting()


def test_only_who_reads_the_audit_reaches_it(forged, team, at):
    assert at(team.viewer).post("/audit/settlements").status_code == 403
    assert at(team.operator).get("/audit/settlements").status_code == 405
    assert at(team.operator).post("/audit/settlements/none/burn").status_code == 404
