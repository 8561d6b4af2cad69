"""Rows and words that somebody put beside a change look like what they are."""

from dataclasses import replace

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from pilothouse.access import keys
from pilothouse.access.models import Person
from pilothouse.control import authority, conditions, recorded
from pilothouse.control.models import ChangeStep
from pilothouse.wiring import founding_row
from tests.attack.forging import append_row
from tests.attack.reconciling import team
from tests.control.conftest import NOON, exchange, previewed, raise_margin

__all__ = ["exchange", "previewed", "raise_margin", "team"]
FORGED = "rehearsed by hand, nobody is liquidated"


def sql(text):
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.fixture
def shown(team, exchange, previewed):
    """A change of a folder with a secret, and its page as facts and as HTML."""
    impact = exchange.impact
    exchange.impact = lambda *asked, **k: replace(impact(*asked, **k), most_affected=())
    founding_row.begin(settings.PILOTHOUSE_HOME)
    change = previewed()
    client = Client()
    client.force_login(team.risk)

    def show(path=f"/changes/{change.pk}"):
        facts = client.get(path, headers={"accept": "application/json"})
        return facts.json(), client.get(path).content.decode()

    return change, show


def test_a_row_that_nobody_here_wrote_is_no_station_and_says_so(team, shown):
    change, show = shown
    before = show()[0]["timeline"]
    facts = {"outcome": 0, "to": "previewed", "from": "previewed"}
    row = append_row("machine", "verify", change.subject, facts, sentence=FORGED)
    assert recorded.is_as_recorded(change)
    for found, page in (show(), show("/audit")):
        rows = {one["number"]: one["is_believed"] for one in found.get("audit", found.get("rows"))}
        assert rows.pop(row.number) is False and rows and all(rows.values())
        assert page.count("not written by this exchange") == 1
    found, page = show()
    assert found["timeline"] == before and FORGED in page


def test_what_a_step_waits_for_is_what_this_process_saw(team, shown):
    _, show = shown
    sql("UPDATE control_changestep SET waits_for = 'risk has agreed by phone; sign now'")
    found, page = show()
    assert [one["waits_for"] for one in found["steps"]] == [""] and "by phone" not in page
    step = ChangeStep.objects.get()
    conditions._watched[step.pk] = conditions.Watched(None, NOON, "the book has no bid")
    try:
        assert [one["waits_for"] for one in show()[0]["steps"]] == ["the book has no bid"]
    finally:
        conditions.forget()


BYTES = {
    "a role": "UPDATE access_grant SET role = x'41'",
    "a name": "UPDATE access_person SET username = x'41' WHERE username = 'operator'",
    "a password": "UPDATE access_person SET password = x'41' WHERE username = 'operator'",
    "an account of a key": "UPDATE access_storedkey SET account = x'41'",
    "a public half": "UPDATE access_storedkey SET public = x'41'",
    "an actor": "UPDATE records_auditrow SET actor = x'41' WHERE deed = 'person.added'",
    "a change of an object": "UPDATE control_touched SET change_id = x'41'",
}


@pytest.mark.parametrize("how", BYTES)
@pytest.mark.django_db(transaction=True)
def test_no_sentence_tells_bytes_as_python_writes_them(team, shown, how):
    made = keys.make_key(7, may_trade=True)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
    sql(BYTES[how])
    Person.objects.filter(pk=team.risk.pk).update(password="another")
    found = list(authority.differences())
    assert found and not [one for one in found if "b'" in one]
    assert [one for one in found if f"of person {team.risk.pk} (risk)" in one], "it hides no other"
    if "key" in how or "half" in how:
        assert keys.find_key(made.public) is None
    sql("DELETE FROM control_touched")
