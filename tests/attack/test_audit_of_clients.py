"""Who reads the audit and may not see clients gets no number beside a moment (they undo masks)."""

import json

import pytest
from django.test import Client

from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.row_hash import row_hash

pytestmark = pytest.mark.django_db


def reader(role):
    person = Person.objects.create_user(f"reads-as-{role}", password="a-long-password-of-theirs")
    grant(person, role)
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize(("role", "sees"), [(Role.FINANCE, False), (Role.AUDITOR, True)])
def test_a_row_about_a_client_names_nobody_to_who_may_not_see_clients(role, sees):
    sentence = "Saw why account 4711 was liquidated at position 46713"
    facts = {"position": 46713}
    audit.write("person:1", "explanation.seen", "account:4711", sentence, facts=facts)
    someone = reader(role)
    page = someone.get("/audit", headers={"accept": "application/json"})
    assert page.status_code == 200
    told = json.dumps([row | {"at": 0} for row in page.json()["rows"]])  # a moment has any digits
    assert ("4711" in told) == sees and ("46713" in told) == sees
    found = someone.get("/audit?q=account:4711", headers={"accept": "application/json"})
    assert ("explanation.seen" in found.content.decode()) == sees


QUERY = {"sql": "SELECT 1 WHERE $who = 4711", "parameters": {"who": "4711"}, "rows": 46713}
NAMING = {
    "a question that saw accounts as they are": (
        "query", "archive", "Asked the archive: 4711 complains", QUERY | {"masked": False}
    ),
    "one that was refused before it said so": ("query", "archive", "Refused: 4711", QUERY),
    "the last of refused looks": (
        "explanation.refused", "refusals", "2 more: 4711", {"last": {"subject": "account:4711"}}
    ),
    "the last of refused questions": ("query", "refusals", "2 more: 4711", {"last": QUERY}),
}  # fmt: skip


@pytest.mark.parametrize("how", NAMING)
@pytest.mark.parametrize(("role", "sees"), [(Role.FINANCE, False), (Role.AUDITOR, True)])
def test_no_other_row_tells_of_a_client_either(how, role, sees):
    deed, subject, sentence, facts = NAMING[how]
    audit.write("person:1", deed, subject, sentence, facts=facts)
    someone = reader(role)
    for address in ("/audit", "/audit?q=4711", f"/audit?q={deed}"):
        page = someone.get(address, headers={"accept": "application/json"})
        told = json.dumps([row | {"at": 0, "hash": ""} for row in page.json()["rows"]])
        assert ("4711" in told) == sees and (sees or "46713" not in told), address


def test_a_masked_question_is_seen_with_its_words():
    audit.write("person:1", "query", "archive", "Asked", facts=QUERY | {"masked": True})
    page = reader(Role.FINANCE).get("/audit", headers={"accept": "application/json"})
    assert "WHERE $who" in json.dumps(page.json()["rows"])


@pytest.mark.parametrize("how", NAMING)
def test_the_words_of_a_hidden_row_cannot_be_guessed_and_tried(how):
    """Its hash is seen, and with all other words known an account's number is soon found."""
    deed, subject, sentence, facts = NAMING[how]
    row = audit.write("person:1", deed, subject, sentence, facts=facts)
    assert audit.verify().whole
    shown = reader(Role.FINANCE).get("/audit", headers={"accept": "application/json"})
    assert row.hash in shown.content.decode() and row.facts["salt"] not in shown.content.decode()
    row.facts = facts
    assert row.hash != row_hash(row), "who knows all that was done still lacks the salt"
    again = audit.write("person:1", deed, subject, sentence, facts=facts)
    assert again.facts["salt"] != AuditRow.objects.get(number=row.number).facts["salt"]
