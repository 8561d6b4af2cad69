"""One value that nobody can read keeps one change from everybody, and nobody from the others."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client

from pilothouse.access.models import Grant
from pilothouse.control import apply, arm, authority, propose, recorded, register, verify, worker
from pilothouse.control.archived import changes as archived
from pilothouse.control.models import Change, ReconcilerCursor
from pilothouse.control.moves import State
from pilothouse.control.reconcile import Difference
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, each, readable, stream
from tests.attack.reconciling import band, journal, team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin

__all__ = ["approved", "exchange", "journal", "previewed", "raise_margin", "team"]

ODD = {
    "a text for a time": "UPDATE control_change SET state_at = 'soon' WHERE id = ID",
    "bytes for a time": "UPDATE control_change SET state_at = CAST(state_at AS BLOB) "
    "WHERE id = ID",
    "no UTF-8 in the title": "UPDATE control_change SET title = CAST(x'ff' AS TEXT) WHERE id = ID",
    "bytes for a title": "UPDATE control_change SET title = x'41' WHERE id = ID",
    "no class": "UPDATE control_change SET change_class = 'Z' WHERE id = ID",
    "no JSON": "UPDATE control_change SET fields = '{' WHERE id = ID",
    "the year 0": "UPDATE control_change SET proposed_at = '0000-00-00 00:00:00' WHERE id = ID",
    "facts of an audit row": "UPDATE records_auditrow SET facts = x'ff' WHERE number = LAST",
    "a time of an audit row": "UPDATE records_auditrow SET at = '0000-00-00' WHERE number = LAST",
    "a word of an audit row": "UPDATE records_auditrow SET sentence = x'ff' WHERE number = LAST",
    "words of a step": "UPDATE control_changestep SET waits_for = CAST(x'ff' AS TEXT) "
    "WHERE change_id = ID",
    "a time of a step": "UPDATE control_changestep SET watched_at = '0000-00-00' "
    "WHERE change_id = ID",
}
LISTS = ("/", "/changes", "/audit", "/inbox", "/search?q=x", "/search")


def sql(text):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute(text)
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.fixture
def two(team, exchange, approved, journal):
    """A change that is armed and due, and another one that is made odd."""
    impact = exchange.impact
    exchange.impact = lambda *asked, **k: replace(impact(*asked, **k), most_affected=())
    exchange.accounts.clear()
    with transaction.atomic():
        recorded.begin()
    good = arm.arm(approved(), by=team.operator, now=NOON)
    fields = {"market": 2, "band_ppm": 40_000}
    bad = propose.propose("price_band", fields, by=team.operator, why="x", now=NOON)
    CHECKING.forget()
    yield good, bad
    CHECKING.forget()


@pytest.mark.parametrize("how", ODD)
@pytest.mark.django_db(transaction=True)
def test_one_odd_value_keeps_nobody_from_the_rest(team, two, how):
    good, bad = two
    last = AuditRow.objects.latest("number").number
    sql(ODD[how].replace("ID", str(bad.pk)).replace("LAST", str(last)))
    for second in (1, 2, 3):
        worker.tick(NOON + timedelta(seconds=second))
    good.refresh_from_db()
    # On an audit that is broken nothing is executed; the page says so.
    assert good.state == (State.SCHEDULED if "audit row" in how else State.VERIFIED)
    assert list(authority.differences())
    client = Client()
    client.force_login(team.risk)
    for path in (*LISTS, f"/changes/{good.pk}"):
        page = client.get(path)
        said = page.content.decode()
        assert page.status_code == 200 and "b&#x27;" not in said and "b'" not in said, path
    assert f"CH-{bad.pk}" in client.get("/changes").content.decode()
    assert client.get(f"/changes/{bad.pk}").status_code in (200, 409)
    assert archived().num_rows >= 1
    if "audit row" in how:
        assert not audit.verify().whole and not CHECKING.verdict().whole
        assert "cannot be read" in client.get("/audit").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_new_change_of_the_same_object_can_be_proposed(team, two):
    _, bad = two
    sql(f"UPDATE control_change SET title = CAST(x'ff' AS TEXT) WHERE id = {bad.pk}")
    fields = {"market": 2, "band_ppm": 30_000}
    made = propose.propose("price_band", fields, by=team.operator, why="y", now=NOON)
    assert made.state == State.PROPOSED


@pytest.mark.django_db(transaction=True)
def test_rows_are_read_around_one_that_cannot_be(db, monkeypatch):
    monkeypatch.setattr("pilothouse.records.readable.PIECE", 3)
    with transaction.atomic():
        for _ in range(20):
            audit.write("machine", "test", "x", "")
    rows = AuditRow.objects.order_by("number")
    first = rows[0].number
    for odd in (0, 7, 19):
        sql(f"UPDATE records_auditrow SET facts = x'ff' WHERE number = {first + odd}")
    for found in (list(stream(rows)), each(rows)):
        assert [one.pk - first for one in found] == list(range(20))
        odd = [one.pk - first for one in found if isinstance(one, Unreadable)]
        assert odd == [0, 7, 19]
    assert [one.pk - first for one in readable(rows.order_by("-number"), 3)] == [18, 17]
    sql("UPDATE records_auditrow SET facts = x'ff'")
    assert len(list(stream(rows))) == 20 and list(readable(rows)) == []


def test_a_database_that_is_held_is_no_odd_row(db, monkeypatch):
    held = OperationalError("not now")
    held.sqlite_errorcode = 5
    rows = Change.objects.all()
    monkeypatch.setattr("pilothouse.records.readable.list", lambda _: _raise(held), raising=False)
    with pytest.raises(OperationalError):
        each(rows)


def _raise(error):
    raise error


@pytest.mark.parametrize("how", ["title = CAST(x'ff' AS TEXT)", "fields = '{'", "state_at = '0'"])
@pytest.mark.django_db(transaction=True)
def test_a_change_that_cannot_be_read_ends_no_comparison(team, exchange, approved, journal, how):
    with transaction.atomic():
        recorded.begin()
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    journal.say(exchange.sent[-1], at=change.steps.get().position)
    sql(f"UPDATE control_change SET {how}")
    journal.say(band())
    found = journal.tick()
    assert Difference.NO_CHANGE in found and Difference.NOT_SIGNED in found
    assert ReconcilerCursor.objects.get().position == journal.position


HIDES = {
    "a grant without UTF-8": "UPDATE access_grant SET role = CAST(x'ff' AS TEXT) WHERE id = FIRST",
    "a grant of the year 0": "UPDATE access_grant SET given_at = '0000-00-00 00:00:00' "
    "WHERE id = FIRST",
    "a grant revoked in the year 0": "UPDATE access_grant SET revoked_at = '0000-01-01 00:00:00' "
    "WHERE id = FIRST",
    "an entry without JSON": "UPDATE control_registerrow SET body = '{' WHERE key = 'a'",
    "a step of an entry": "UPDATE control_registerrow SET step = x'41' WHERE key = 'a'",
    "a time of an entry": "UPDATE control_registerrow SET at = 'soon' WHERE key = 'a'",
}


@pytest.mark.parametrize("how", HIDES)
@pytest.mark.django_db(transaction=True)
def test_an_odd_row_hides_no_other_of_its_table(team, how):
    with transaction.atomic():
        register.found([("rule", "a", {"x": 1}), ("rule", "b", {"x": 1})], NOON)
    assert list(authority.differences()) == []
    first, *_, last = Grant.objects.order_by("pk")
    sql(HIDES[how].replace("FIRST", str(first.pk)))
    one = len(list(authority.differences()))
    assert one
    Grant.objects.filter(pk=last.pk).update(role="manager")
    sql("UPDATE control_registerrow SET body = '{}' WHERE key = 'b'")
    found = list(authority.differences())
    assert len(found) == one + 2 and not [each for each in found if "cannot be compared" in each]
