"""Credentials and the founding that were changed beside the program are found."""

import json
import shutil
import sqlite3
from dataclasses import replace
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from pilothouse.access import keys
from pilothouse.access.models import Person, StoredKey
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.access.secret_file import make_secret
from pilothouse.control import authority, credentials, reconciler, settling
from pilothouse.control.believed import FOUNDING
from pilothouse.records.models import AuditRow
from pilothouse.venue.verify import Report
from pilothouse.wiring import comparing, environment, founding_row, people
from pilothouse.wiring.environment import WrongEnvironment
from pilothouse.wiring.settling import settle
from tests.attack.forging import append_row

PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person whose credentials the audit has, in a folder whose founding it has."""
    people.add_person("ann", "operator", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert list(authority.differences()) == []
    return Person.objects.get(username="ann")


def rows():
    return AuditRow.objects.filter(deed=credentials.CHANGED).count()


def verified():
    report = Report(settings.PILOTHOUSE_HOME)
    nothing = SimpleNamespace(watched=[], end=0, seals={})
    comparing.compare_records(nothing, report)
    return report


BY_SQL = {
    "a password": lambda ann: Person.objects.update(password=make_password("another one")),
    "a name": lambda ann: Person.objects.update(username="eve"),
    "a person who was let in again": lambda ann: Person.objects.update(is_active=False),
    "a person put in": lambda ann: Person.objects.bulk_create([Person(username="eve")]),
    "a second factor put in": lambda ann: Authenticator.objects.bulk_create(
        [Authenticator(user=ann, type="totp", data={"secret": "x"})]
    ),
}


@pytest.mark.parametrize("how", BY_SQL)
def test_what_was_changed_with_sql_is_found(ann, how):
    BY_SQL[how](ann)
    (found,) = authority.differences()
    assert found.startswith("The password or second factors of person")
    assert found in verified().faults
    reconciler.look_at_authority(timezone.now())
    assert reconciler.count() == 1, "the running exchange raises its alert too"


def test_a_second_factor_that_is_changed_or_removed_with_sql_is_found(ann):
    Authenticator.objects.create(user=ann, type="totp", data={"secret": "x"})
    assert list(authority.differences()) == [] and rows() == 1
    Authenticator.objects.update(data={"secret": "y"})
    assert len(list(authority.differences())) == 1
    Authenticator.objects.update(data={"secret": "x"})
    assert list(authority.differences()) == []
    Authenticator.objects.all()._raw_delete("default")
    assert len(list(authority.differences())) == 1


def test_what_people_change_themselves_is_recorded(ann):
    ann.set_password("another long password")
    ann.save()
    made = Authenticator.objects.create(user=ann, type="totp", data={"secret": "x"})
    made.delete()
    people.add_person("bob", "viewer", PASSWORD)
    assert list(authority.differences()) == [] and rows() == 4
    ann.last_login = timezone.now()
    ann.save(update_fields=["last_login"])
    ann.save()
    assert rows() == 4, "what changes no credential has no row"
    assert verified().good
    assert "passwords" in " ".join(verified().proved)


def test_a_later_change_does_not_make_good_what_was_done_with_sql(ann):
    Person.objects.update(password=make_password("of an attacker"))
    again = Person.objects.get()
    again.set_password("another one of the attacker")
    again.save()
    assert rows() == 0 and len(list(authority.differences())) == 1
    founding_row.begin(settings.PILOTHOUSE_HOME)
    assert len(list(authority.differences())) == 1, "nor does another start"


def test_after_two_people_settled_it_a_change_is_recorded_again(ann):
    people.add_person("rob", "risk", PASSWORD)
    people.add_person("joe", "operator", PASSWORD)
    Person.objects.filter(username="ann").update(password="!")
    reconciler.look_at_authority(timezone.now())
    numbers = [one.pk for one in reconciler.differences()]
    rob, joe = (Person.objects.get(username=one) for one in ("rob", "joe"))
    one = settling.propose(numbers, "restored by hand, ticket 7", by=joe)
    settling.sign(one.key, by=rob)
    assert reconciler.count() == 0 and verified().good
    ann = Person.objects.get(username="ann")
    ann.set_password("a password of her own")
    ann.save()
    assert list(authority.differences()) == [] and verified().settled == []


def test_a_person_whose_password_was_replaced_settles_nothing(ann):
    eve = Person.objects.create_user("eve", PASSWORD)
    grant(eve, Role.MANAGER)
    assert len(authority.differences_of(eve)) == 1
    Person.objects.filter(pk=ann.pk).update(password="!")
    assert len(authority.differences_of(ann)) == 1


KEYS = {
    "another account": {"account": 9},
    "another right": {"may_trade": True},
    "without nonces": {"nonce_optional": True},
    "another seal": {"sealed_secret": b"x" * 92},
}


@pytest.mark.parametrize("how", KEYS)
def test_a_key_that_was_changed_with_sql_opens_nothing_and_is_found(ann, how):
    made = keys.make_key(7, may_trade=False)
    assert verified().good
    StoredKey.objects.update(**KEYS[how])
    assert keys.find_key(made.public) is None
    (found,) = verified().faults
    assert found.startswith("API key ") and "opens nothing" in found


def test_a_revoked_key_that_was_brought_back_is_found(ann):
    keys.revoke_key(keys.make_key(7, may_trade=True).public)
    assert verified().good
    StoredKey.objects.update(revoked_at=None)
    assert len(verified().faults) == 1


def test_before_the_founding_is_in_the_audit_it_is_said_to_be_left_out(db):
    people.add_person("ann", "operator", PASSWORD)
    report = verified()
    assert report.good and any("no founding yet" in one for one in report.not_proved)


@pytest.fixture
def folder(tmp_path):
    """A folder like the one of these tests, whose founding is to be edited."""
    for name in ("exchange.json", "secret.key"):
        shutil.copy2(settings.PILOTHOUSE_HOME / name, tmp_path / name)
    return tmp_path


def edit(folder, **facts):
    """Edit the founding as somebody does who makes its hash anew."""
    known = environment.read(folder)
    environment._write(folder, replace(known, **facts), replaces=True)
    assert environment.read(folder).environment == facts.get("environment", known.environment)


EDITED = {
    "production made a demonstration": {"environment": "production"},
    "a drill": {"environment": "drill", "of": "demo"},
    "another number": {"exchange": "0" * 32},
    "another moment": {"founded_us": 1},
    "another secret": {"secret_proof": "0" * 64},
}


@pytest.mark.parametrize("how", EDITED)
def test_a_founding_that_was_edited_is_found(ann, folder, how):
    assert founding_row.faults(folder) == []
    edit(folder, **EDITED[how])
    (found,) = founding_row.faults(folder)
    assert "exchange.json" in found


def test_a_founding_that_is_gone_is_found(ann, folder):
    (folder / "exchange.json").unlink()
    (found,) = founding_row.faults(folder)
    assert "exchange.json is missing" in found


def with_audit(folder):
    """Give a folder a database with the row of its founding alone."""
    facts = AuditRow.objects.get(deed="founding").facts
    with sqlite3.connect(folder / "pilothouse.sqlite3") as made:
        made.execute("CREATE TABLE records_auditrow (number INTEGER, deed TEXT, facts TEXT)")
        made.execute("INSERT INTO records_auditrow VALUES (1, 'founding', ?)", [json.dumps(facts)])
    made.close()


@pytest.mark.parametrize("how", ["production made a demonstration", "a drill", "another number"])
def test_no_start_on_a_founding_that_was_edited(ann, folder, how):
    with_audit(folder)
    settle(folder)
    edit(folder, **EDITED[how])
    with pytest.raises(WrongEnvironment, match="not as the audit recorded the founding"):
        settle(folder)
    assert not (folder / "journal").exists()


def test_a_new_secret_and_a_drill_begin_anew(ann, folder):
    with_audit(folder)
    known = environment.read(folder)
    (folder / "secret.key").unlink()
    make_secret(folder)
    environment.with_new_secret(folder, known)
    settle(folder)
    edit(folder, exchange="1" * 32, environment="drill", of="demo")
    settle(folder)
    edit(folder, exchange=known.exchange, environment="production", of="")
    with pytest.raises(WrongEnvironment):
        settle(folder)


def appended(**facts):
    """Put another founding at the end of the audit, as somebody does who has no secret."""
    told = credentials.founding_row().facts | facts
    append_row("machine", FOUNDING, "exchange", told)


APPENDED = {
    "of another secret": lambda ann: {"secret_proof": "0" * 64},
    "of ours": lambda ann: {"credentials": {str(ann.pk): credentials.digest(ann)}},
    "of another exchange": lambda ann: {"secret_proof": "0" * 64, "environment": "production"},
}


@pytest.mark.parametrize("how", APPENDED)
def test_a_founding_appended_with_sql_turns_nothing_off(ann, how):
    Person.objects.filter(pk=ann.pk).update(password=make_password("of an attacker"))
    appended(**APPENDED[how](Person.objects.get()))
    for _ in range(2):
        odd, replaced = authority.differences()
        assert "did not begin" in odd and replaced.startswith("The password")
        assert {odd, replaced} <= set(verified().faults)
        founding_row.begin(settings.PILOTHOUSE_HOME)
    assert AuditRow.objects.filter(deed="founding").count() == 2, "no start begins anew"
    reconciler.look_at_authority(timezone.now())
    assert reconciler.count() == 2


def test_an_appended_founding_does_not_keep_the_folder_from_starting(ann, folder):
    appended(environment="production", secret_proof="0" * 64)
    rows = AuditRow.objects.filter(deed="founding").order_by("number")
    with sqlite3.connect(folder / "pilothouse.sqlite3") as made:
        made.execute("CREATE TABLE records_auditrow (number INTEGER, deed TEXT, facts TEXT)")
        for row in rows:
            words = [row.number, json.dumps(row.facts)]
            made.execute("INSERT INTO records_auditrow VALUES (?, 'founding', ?)", words)
    made.close()
    assert settle(folder).environment == environment.read(folder).environment


def test_an_appended_founding_shows_without_the_secret(ann, folder, monkeypatch):
    appended(secret_proof="0" * 64)
    monkeypatch.setattr(credentials, "has_begun", lambda: False)
    (found,) = founding_row.odd(folder)
    assert "did not begin" in found
