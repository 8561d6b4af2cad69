"""Revoked keys and grants whose rows are put back with SQL, byte for byte, as they were."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from pilothouse.access import keys
from pilothouse.access.models import Grant, Person, StoredKey
from pilothouse.access.rights import revoke
from pilothouse.access.roles import Role
from pilothouse.control import authority, revocations
from pilothouse.control.revocations import find_key
from pilothouse.records.models import AuditRow
from pilothouse.wiring import founding_row, people
from tests.attack.forging import append_row
from tests.attack.test_credentials import verified

PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person of a folder whose founding is in the audit."""
    people.add_person("ann", "manager", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return Person.objects.get(username="ann")


def test_a_key_that_was_brought_back_with_its_kept_seal_opens_nothing(ann):
    made, other = (keys.make_key(7, may_trade=True) for _ in range(2))
    kept = StoredKey.objects.filter(public=made.public).values().get()
    assert find_key(made.public) == made
    assert keys.revoke_key(made.public) and not keys.revoke_key(made.public)
    assert AuditRow.objects.filter(deed=revocations.KEY).count() == 1
    assert list(authority.differences()) == [] and verified().good
    for number in (kept["id"], 99):
        StoredKey.objects.filter(public=made.public).delete()
        StoredKey.objects.create(**kept | {"id": number})
        assert keys.find_key(made.public), "its row alone would open"
        assert find_key(made.public) is None and find_key(other.public) == other
        (found,) = authority.differences()
        assert "was revoked" in found and "opens nothing" in found
        assert verified().faults == [found]


def test_a_revocation_that_somebody_appended_is_found_and_counts(ann):
    """Who appends it can delete the key, too; not counted, an emptied seal would undo one."""
    made = keys.make_key(7, may_trade=True)
    append_row("machine", revocations.KEY, f"key:{made.public}", {})
    assert find_key(made.public) is None
    assert any("was not written by this exchange" in one for one in authority.differences())


LATER = timezone.now() + timedelta(days=1)


@pytest.mark.parametrize("ends", [None, LATER])
def test_a_grant_that_lives_on_is_a_difference(ann, ends):
    people.add_person("bob", "viewer", PASSWORD)
    assert revoke(ann, Role.MANAGER) == 1 and revoke(ann, Role.MANAGER) == 0
    assert list(authority.differences()) == [] and verified().good
    Grant.objects.filter(person=ann).update(revoked_at=ends)
    (found,) = authority.differences()
    assert found.startswith("Grant ") and f"person {ann.pk} manager" in found
    assert authority.differences_of(ann) == [found], "such a person settles nothing"
    assert verified().faults == [found]


def test_a_role_that_is_given_again_is_another_grant(ann):
    revoke(ann, Role.MANAGER)
    people.add_person("ann", "manager", "")
    assert list(authority.differences()) == [] and verified().good
    revoke(ann, Role.MANAGER)
    assert AuditRow.objects.filter(deed=revocations.GRANT).count() == 2
    assert list(authority.differences()) == []


def test_a_row_that_is_saved_again_is_not_audited_again(ann):
    revoke(ann, Role.MANAGER)
    keys.revoke_key(keys.make_key(7, may_trade=True).public)
    before = AuditRow.objects.count()
    Grant.objects.get().save()
    StoredKey.objects.get().save()
    assert AuditRow.objects.count() == before
