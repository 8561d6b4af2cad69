"""API keys: found by their public half, sealed at rest."""

import base64

import pytest
from django.conf import settings
from django.db import connection

from pilothouse.access import keys
from pilothouse.access.models import StoredKey
from pilothouse.access.sealing import bound_before, seal

pytestmark = pytest.mark.django_db


def test_a_key_is_found_again_whole():
    made = keys.make_key(7, may_trade=True, label="maker")
    assert keys.find_key(made.public) == made
    assert (made.account, made.may_trade, len(made.secret)) == (7, True, 64)
    assert base64.b64decode(keys.secret_text(made)) == made.secret


def test_an_unknown_key_is_nothing():
    assert keys.find_key("unknown") is None


def test_a_revoked_key_is_nothing():
    made = keys.make_key(7, may_trade=True)
    assert keys.revoke_key(made.public) and not keys.revoke_key(made.public)
    assert keys.find_key(made.public) is None


def test_the_secret_is_not_in_the_database():
    made = keys.make_key(7, may_trade=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_storedkey")
        (row,) = cursor.fetchall()
    stored = b"".join(bytes(one) if isinstance(one, bytes) else str(one).encode() for one in row)
    assert made.secret not in stored and keys.secret_text(made).encode() not in stored


def test_a_sealed_secret_cannot_be_moved_to_another_key():
    one, other = keys.make_key(1, may_trade=True), keys.make_key(2, may_trade=True)
    sealed = StoredKey.objects.get(public=one.public).sealed_secret
    StoredKey.objects.filter(public=other.public).update(sealed_secret=sealed)
    assert keys.find_key(other.public) is None


CHANGED = {"account": 8, "may_trade": True, "nonce_optional": True, "public": "another"}


@pytest.mark.parametrize("field", CHANGED)
def test_a_key_whose_account_or_rights_were_changed_opens_nothing(field):
    made = keys.make_key(7, may_trade=False)
    StoredKey.objects.update(**{field: CHANGED[field]})
    assert keys.find_key("another" if field == "public" else made.public) is None
    assert not keys.is_as_made(StoredKey.objects.get())


def test_a_revoked_key_is_not_brought_back_by_its_row():
    made = keys.make_key(7, may_trade=True)
    keys.revoke_key(made.public)
    StoredKey.objects.update(revoked_at=None)
    assert keys.find_key(made.public) is None


def test_a_seal_of_the_first_release_opens_once_it_was_made_anew():
    made = keys.make_key(7, may_trade=True)
    stored = StoredKey.objects.get()
    stored.sealed_secret = seal(settings.PILOTHOUSE_HOME, bound_before(made.public), made.secret)
    stored.save()
    assert keys.find_key(made.public) is None
    assert keys.seal_anew() == 1 and keys.find_key(made.public) == made
    assert keys.seal_anew() == 0


def test_a_key_never_prints_its_secret():
    made = keys.make_key(7, may_trade=True)
    assert repr(made.secret) not in repr(made) and keys.secret_text(made) not in str(made)
