"""What a trigger of an attacker writes is a difference, and no password that was recorded."""

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection

from pilothouse.access.models import Person
from pilothouse.control import authority
from pilothouse.wiring import founding_row, people

PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person of a folder whose founding is in the audit."""
    people.add_person("ann", "operator", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return Person.objects.get(username="ann")


def sql(text):
    with connection.cursor() as cursor:
        cursor.execute(text)


WRITES = {
    "a password": ("password", "UPDATE access_person SET password = 'evil' WHERE id = new.id"),
    "a factor": (
        "password",
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) "
        "VALUES (new.id, 'totp', '{}', '2026-01-01')",
    ),
    "a name": ("password", "UPDATE access_person SET username = 'eve' WHERE id = new.id"),
    "a person let in": ("password", "UPDATE access_person SET is_active = 0 WHERE id = new.id"),
}


@pytest.mark.parametrize("what", WRITES)
def test_what_a_trigger_writes_at_a_change_of_a_password_is_a_difference(ann, what):
    field, writes = WRITES[what]
    sql(f"CREATE TRIGGER t AFTER UPDATE OF {field} ON access_person BEGIN {writes}; END")
    ann.set_password("her third long password")
    ann.save()
    (trigger, odd) = authority.differences()
    assert trigger == "The database has a trigger 't' on 'access_person'; no release makes one."
    sql("DROP TRIGGER t")
    assert list(authority.differences()) == [odd] and "second factors of person" in odd


def test_what_a_trigger_writes_for_a_new_person_or_factor_is_a_difference(ann):
    sql("CREATE TRIGGER p AFTER INSERT ON access_person BEGIN "
        "UPDATE access_person SET password = 'evil' WHERE id = new.id; END")  # fmt: skip
    sql("CREATE TRIGGER f AFTER INSERT ON mfa_authenticator BEGIN "
        "UPDATE mfa_authenticator SET data = '{\"x\": 1}' WHERE id = new.id; END")  # fmt: skip
    Person.objects.create_user("bob", PASSWORD)
    Authenticator.objects.create(user=ann, type="totp", data={"secret": "x"})
    sql("DROP TRIGGER p")
    sql("DROP TRIGGER f")
    assert len(list(authority.differences())) == 2


def test_a_view_is_a_difference_of_the_running_exchange(ann):
    sql("CREATE VIEW aside AS SELECT 1")
    (view,) = authority.differences()
    assert view == "The database has a view 'aside'; no release makes one."


def test_a_field_that_was_not_written_is_not_recorded(ann):
    """Of a row saved in part, what stands in memory alone is no credential."""
    ann.password, ann.username = "only in memory", "anna"
    ann.save(update_fields=["username"])
    assert list(authority.differences()) == []
