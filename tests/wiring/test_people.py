"""Who may work here was let in by somebody: every person begins with a row of the audit."""

import pytest
from django.contrib.auth import authenticate

from pilothouse.access.keys import make_key
from pilothouse.access.models import Person
from pilothouse.access.rights import DutiesMeet
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.wiring.demo import PEOPLE, no_keys_are_known, seed_people
from pilothouse.wiring.people import add_person

PASSWORD = "a long enough one"
pytestmark = pytest.mark.django_db


def deeds():
    return list(AuditRow.objects.order_by("number").values_list("actor", "deed", "sentence"))


def test_the_people_of_a_demonstration_stand_in_the_audit():
    seed_people(PASSWORD)
    made = [("demonstration", "person.added", f"{one} is given {one}") for one in PEOPLE]
    assert deeds() == made
    subjects = {f"person:{one.pk}" for one in Person.objects.all()}
    assert set(AuditRow.objects.values_list("subject", flat=True)) == subjects
    assert audit.verify().whole


def test_seeding_again_tells_of_new_passwords_and_of_nothing_else():
    seed_people(PASSWORD)
    seed_people(PASSWORD)
    assert AuditRow.objects.count() == len(PEOPLE)
    seed_people("that of another start")
    again = deeds()[len(PEOPLE) :]
    assert [one[:2] for one in again] == [("demonstration", "person.password")] * len(PEOPLE)
    assert authenticate(username="risk", password="that of another start")
    assert audit.verify().whole


def test_the_people_of_a_demonstration_share_a_hash_until_one_takes_another_password():
    seed_people(PASSWORD)
    assert Person.objects.values("password").distinct().count() == 1
    risk = Person.objects.get(username="risk")
    risk.set_password("a password of one's own")
    risk.save()
    seed_people(PASSWORD)
    told = [one for one in deeds() if one[1] == "person.password"]
    assert told == [
        ("demonstration", "person.password", "risk has the password of a new start"),
    ]
    assert authenticate(username="risk", password=PASSWORD)


def test_a_row_and_its_deed_are_written_together_or_not_at_all(monkeypatch):
    def full(*_words, **_more):
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(audit, "write", full)
        for let_in in (lambda: seed_people(PASSWORD), lambda: add_person("ann", "risk", PASSWORD)):
            with pytest.raises(OSError, match="full"):
                let_in()
    assert not Person.objects.exists() and not AuditRow.objects.exists()


def test_a_role_that_meets_another_duty_lets_nobody_in_and_one_held_is_told_once():
    add_person("ann", "operator", PASSWORD)
    with pytest.raises(DutiesMeet):
        add_person("ann", "auditor", PASSWORD)
    add_person("ann", "operator", PASSWORD)
    assert deeds() == [("command line", "person.added", "ann is given operator")]


def test_a_demonstration_whose_keys_were_lost_with_the_database_gets_new_ones():
    assert no_keys_are_known()
    make_key(7, may_trade=True)
    assert not no_keys_are_known()
