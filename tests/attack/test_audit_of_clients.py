"""Who reads the audit and may not see clients gets no number beside a moment (they undo masks)."""

import json

import pytest
from django.test import Client

from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.records import audit

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
