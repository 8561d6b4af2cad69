"""What the folder's owner does about people and keys: each act is a row of the audit."""

import pytest
from django.contrib.auth import authenticate

from pilothouse.access.models import Person
from pilothouse.access.rights import roles_of
from pilothouse.access.roles import Role
from pilothouse.control.kinds.kind import Unreadable
from pilothouse.control.revocations import find_key
from pilothouse.records.models import AuditRow
from pilothouse.wiring import client_keys, people

PASSWORD = "a long enough one"
pytestmark = pytest.mark.django_db


def deeds():
    rows = AuditRow.objects.filter(actor="command line").order_by("number")
    return list(rows.values_list("deed", flat=True))


def test_a_key_is_made_listed_and_revoked():
    made = client_keys.make({"account": "7", "may": "cancel", "networks": "192.0.2.0/24"})
    assert find_key(made["key"]).limits.networks == ("192.0.2.0/24",)
    (listed,) = client_keys.every()
    assert (listed["account"], listed["may"]) == (7, "cancel") and "secret" not in listed
    assert client_keys.end(made["key"][:8]) == {"revoked": made["key"]}
    assert find_key(made["key"]) is None and client_keys.every() == []
    assert deeds() == ["key.made", "key.ended"]


def test_a_key_that_cannot_be_is_refused_with_what_to_do():
    with pytest.raises(Unreadable):
        client_keys.make({"account": "7", "may": "everything"})
    with pytest.raises(ValueError, match="the time is past"):
        client_keys.make({"account": "7", "may": "query", "expires": "2020-01-01T00:00"})
    for beginning in ("nothing", ""):
        with pytest.raises(LookupError):
            client_keys.end(beginning)
    assert not deeds()


def test_a_person_is_dated_ended_disabled_reset_and_invited():
    people.add_person("ann", "operator", PASSWORD, "2099-01-01T00:00")
    ann = Person.objects.get()
    assert roles_of(ann) == {Role.OPERATOR} and ann.grants.get().until.year == 2099
    assert people.act_on("ann", "end_role", "operator") == {"ended": 1} and not roles_of(ann)
    assert people.act_on("ann", "disabled")["access"] == "disabled"
    assert authenticate(username="ann", password=PASSWORD) is None
    people.act_on("ann", "active")
    with pytest.raises(ValueError, match="has a password"):
        people.act_on("ann", "invite")
    people.act_on("ann", "reset")
    assert people.act_on("ann", "invite")["link"].startswith("/sign-in/invited/")
    assert people.act_on("ann", "end_sessions") == {"sessions_ended": 0}
    assert deeds() == [
        "person.added", "role.ended", "person.disabled", "person.active", "person.reset",
        "person.invite", "sessions.end",
    ]  # fmt: skip


@pytest.mark.parametrize("until", ["soon", "2020-01-01T00:00"])
def test_a_date_that_is_none_or_past_gives_no_role(until):
    with pytest.raises(ValueError, match=r"date and time|past"):
        people.add_person("ann", "operator", PASSWORD, until)
    assert not Person.objects.exists()
