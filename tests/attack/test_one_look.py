"""The page of a change asks the database a bounded number of times, and weakens no check by it."""

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from pilothouse.access.models import Grant, Person
from pilothouse.access.one_look import in_one_look
from pilothouse.access.rights import may, revoke, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import approve, preview, propose, reject, standing
from pilothouse.control.refusals import NO_RIGHT
from pilothouse.desk import record
from pilothouse.desk.opening import open_incident
from pilothouse.wiring import founding_row
from tests.attack.reconciling import refused, team
from tests.control.conftest import wish

__all__ = ["team"]
QUERIES_MOST = 64
STATES = ("proposed", "previewed", "approved", "rejected")


@pytest.fixture
def founded(team, stage):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return team


def change_in(state, team):
    now = timezone.now()
    change = propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="x", now=now)
    if state != "proposed":
        change = preview.first(change, by=team.operator, now=now)
        for part in (preview.instead, preview.play_out, preview.shocks):
            part(change, now=now)
    if state == "approved":
        change = approve.approve(change, change.fingerprint, by=team.risk, now=now)
    if state == "rejected":
        change = reject.reject(change, "no", by=team.risk, now=now)
    assert change.state == state
    return change


def asked(client, address):
    """Return the page, and what was asked of the database for it."""
    statements = []

    def ask(execute, sql, values, many, context):
        statements.append(sql)
        return execute(sql, values, many, context)

    with connection.execute_wrapper(ask):
        page = client.get(address)
    assert page.status_code == 200
    return page.content.decode(), statements


@pytest.mark.parametrize("who", ["operator", "risk", "manager", "viewer"])
@pytest.mark.parametrize("state", STATES)
def test_a_page_of_a_change_asks_few_times(founded, at, state, who):
    change = change_in(state, founded)
    _, statements = asked(at(getattr(founded, who)), f"/changes/{change.pk}")
    assert len(statements) <= QUERIES_MOST, "\n".join(statements)


def test_a_look_ends_with_its_page(founded, at):
    change = change_in("previewed", founded)
    client, address = at(founded.risk), f"/changes/{change.pk}"
    assert f"{address}/moves/approve" in asked(client, address)[0]
    revoke(founded.risk, Role.RISK)
    assert client.get(address).status_code == 403


def looked(person):
    """Ask all that is kept in a look, so that it is kept."""
    assert may(person, Right.SIGN) and may(person, Right.RESPOND)
    assert not standing.why_doubted(person)


def test_a_deed_in_a_look_is_judged_by_what_holds_then(founded):
    change = change_in("previewed", founded)
    incident = open_incident("x", "high", by=founded.operator)

    @in_one_look
    def page():
        looked(founded.risk)
        Grant.objects.filter(person=founded.risk).update(revoked_at=timezone.now())
        assert roles_of(founded.risk), "what is shown is of one reading"
        refused(NO_RIGHT, approve.approve, change, change.fingerprint, by=founded.risk)
        refused(NO_RIGHT, record.note, incident, "x", by=founded.risk)
        assert roles_of(founded.risk)

    page()
    assert not roles_of(founded.risk)


def test_two_people_in_one_look_are_not_taken_for_each_other(founded):
    @in_one_look
    def page():
        return [roles_of(one) for one in Person.objects.order_by("pk")]

    assert page() == [roles_of(one) for one in Person.objects.order_by("pk")]
    assert len(set(page())) > 2
