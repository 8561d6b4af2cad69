"""Second factors are sealed: who reads the database makes no code, who writes it puts in none."""

import json
import sqlite3
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.conf import settings

from pilothouse.access import factors
from pilothouse.access.models import Person
from pilothouse.control import authority
from pilothouse.wiring import founding_row, people
from tests.attack.test_credentials import verified
from tests.attack.test_environment import pilothouse

PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person of a folder whose founding is in the audit."""
    people.add_person("ann", "operator", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return Person.objects.get(username="ann")


@pytest.fixture
def noon(monkeypatch):
    """A clock that stands, so that a code is one of its moment."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)


def code_of(secret):
    return format_hotp_value(hotp_value(secret, 1_800_000_000 // 30))


def test_a_code_of_the_app_holds_and_its_secret_is_not_in_the_table(ann, noon):
    secret = generate_totp_secret()
    TOTP.activate(ann, secret)
    row = Authenticator.objects.get()
    assert secret not in json.dumps(row.data)
    assert TOTP(row).validate_code(code_of(secret))
    assert list(authority.differences()) == [] and verified().good


def test_recovery_codes_hold_once_and_their_seed_is_not_in_the_table(ann):
    codes = RecoveryCodes.activate(ann).generate_codes()
    row = Authenticator.objects.get()
    assert RecoveryCodes(row).generate_codes() == codes, "the same at each reading"
    assert factors.opened_text(row.data["seed"])
    used = [RecoveryCodes(Authenticator.objects.get()).validate_code(codes[0]) for _ in range(2)]
    assert used == [True, False]
    assert list(authority.differences()) == []


@pytest.mark.parametrize("put_in", ["", "GEZDGNBVGY3TQOJQ", "é", "AAAA", "A" * 80, None, 7])
def test_a_secret_put_in_with_sql_is_one_that_nobody_knows(ann, noon, put_in):
    TOTP.activate(ann, generate_totp_secret())
    Authenticator.objects.update(data={"secret": put_in})
    adapter = factors.SealedFactors()
    opened = [adapter.decrypt(put_in) for _ in range(2)]
    assert {len(one) for one in opened} == {32} and opened[0] != opened[1]
    TOTP(Authenticator.objects.get()).validate_code("no code")
    assert len(list(authority.differences())) == 1


def test_recovery_codes_put_in_with_sql_open_nothing(ann):
    RecoveryCodes.activate(ann)
    Authenticator.objects.update(data={"migrated_codes": ["12345678"], "used_mask": 0})
    assert not RecoveryCodes(Authenticator.objects.get()).validate_code("12345678")


def test_factors_of_an_earlier_release_are_sealed_once_at_the_founding(db, noon):
    people.add_person("ann", "operator", PASSWORD)
    ann, secret = Person.objects.get(), generate_totp_secret()
    rows = [
        Authenticator(user=ann, type="totp", data={"secret": secret}),
        Authenticator(user=ann, type="recovery_codes", data={"seed": "ab" * 40, "used_mask": 1}),
    ]
    Authenticator.objects.bulk_create(rows)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    app, codes = Authenticator.objects.order_by("pk")
    assert TOTP(app).validate_code(code_of(secret))
    assert factors.opened_text(codes.data["seed"]) == "ab" * 40 and codes.data["used_mask"] == 1
    assert list(authority.differences()) == [] and factors.seal_anew() == 0


def test_new_secret_removes_every_factor_and_says_so(tmp_path):
    place = tmp_path / "home"
    made = pilothouse(place, "person", "ann", "--role", "operator", PILOTHOUSE_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    with sqlite3.connect(place / "pilothouse.sqlite3") as database:
        database.execute(
            "INSERT INTO mfa_authenticator (user_id, type, data, created_at) "
            "SELECT id, 'totp', '{}', '2026-01-01' FROM access_person"
        )
    database.close()
    asked = pilothouse(place, "new-secret")
    assert asked.returncode == 1 and "every second factor" in asked.stderr
    done = pilothouse(place, "new-secret", "--revoke", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["factors_removed"] == 1
    with sqlite3.connect(place / "pilothouse.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM mfa_authenticator").fetchone() == (0,)
    database.close()
