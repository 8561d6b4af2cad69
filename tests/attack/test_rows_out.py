"""The row of an end taken out of the audit, or changed, for a moment: what ended stays so."""

from datetime import timedelta

import pytest
from django.db import transaction

from pilothouse.access import keys, rights
from pilothouse.access.models import Grant, Person, StoredKey
from pilothouse.access.rights import revoke, roles_of
from pilothouse.access.roles import Role
from pilothouse.control import approve, authority, refusals, revocations, standing
from pilothouse.control.refusals import Refused
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from tests.attack.putting_back import each_deed_is_committed, sql
from tests.attack.reconciling import team
from tests.attack.test_borrowed_rights import founded
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin

__all__ = [
    "approved", "each_deed_is_committed", "exchange", "founded", "previewed", "raise_margin",
    "team",
]  # fmt: skip
pytestmark = pytest.mark.django_db
DAY_BEFORE = NOON - timedelta(days=1)
WAYS = {
    "taken out": "DELETE FROM records_auditrow WHERE deed = 'grant.revoked'",
    "no object": "UPDATE records_auditrow SET facts = '[]' WHERE deed = 'grant.revoked'",
    "no row that can be read": "UPDATE records_auditrow SET at = '0000-00-00 00:00:00' "
    "WHERE deed = 'grant.revoked'",
    "another grant": "UPDATE records_auditrow SET facts = '{\"grant\": 999}' "
    "WHERE deed = 'grant.revoked'",
    "no time": "UPDATE records_auditrow SET facts = json_set(facts, '$.at', '') "
    "WHERE deed = 'grant.revoked'",
    "another deed": "UPDATE records_auditrow SET deed = 'query' WHERE deed = 'grant.revoked'",
    "another subject": "UPDATE records_auditrow SET subject = 'person:999' "
    "WHERE deed = 'grant.revoked'",
}
FOUND_ALSO_LATER = ("no object", "no row that can be read", "another grant", "no time")


def bring_back(how):
    """As SQL alone can: the grant as it was, and its end out of the way."""
    sql(WAYS[how])
    sql("UPDATE access_grant SET revoked_at = NULL")
    with transaction.atomic():
        audit.write("machine", "query", "archive", "what was read before is read anew", at=NOON)


@pytest.mark.parametrize("how", WAYS)
def test_a_role_that_was_revoked_signs_nothing(founded, exchange, previewed, how):
    change = previewed()
    revoke(founded.risk, Role.RISK, now=DAY_BEFORE)
    bring_back(how)
    risk = Person.objects.get(pk=founded.risk.pk)
    assert roles_of(risk, NOON) == frozenset() and not standing.sees_clients(risk)
    with pytest.raises(Refused) as why:
        approve.approve(change, change.fingerprint, by=risk, now=NOON)
    assert why.value.reason is refusals.NO_RIGHT
    assert any("Grant" in one for one in authority.differences_of(risk))


@pytest.mark.parametrize("how", WAYS)
def test_what_another_process_revoked_stays_so_once_it_was_read(founded, exchange, how):
    revoke(founded.risk, Role.RISK, now=DAY_BEFORE)
    CHECKING.forget()
    assert list(authority.differences()) == []
    bring_back(how)
    assert roles_of(Person.objects.get(pk=founded.risk.pk), NOON) == frozenset()


@pytest.mark.parametrize("how", FOUND_ALSO_LATER)
def test_an_end_that_was_changed_ends_all_of_before_in_every_process(founded, exchange, how):
    revoke(founded.risk, Role.RISK, now=DAY_BEFORE)
    CHECKING.forget()
    bring_back(how)
    risk = Person.objects.get(pk=founded.risk.pk)
    assert roles_of(risk, NOON) == frozenset()
    with transaction.atomic():
        given = rights.grant(risk, Role.RISK, now=NOON)
        facts = {"grant": given.pk, "role": given.role, "until": None}
        audit.write("test", standing.GRANTED, f"person:{risk.pk}", "", facts=facts)
    assert roles_of(risk, NOON) == {Role.RISK}, "what is given anew counts"


def test_an_end_that_is_planted_for_a_moment_is_none_afterwards(founded, exchange):
    revoke(founded.risk, Role.RISK, now=DAY_BEFORE)
    grant = Grant.objects.get(person=founded.manager)
    sql(
        "INSERT INTO records_auditrow (number, at, actor, deed, subject, outcome, sentence, "
        "facts, before_hash, hash, seal) SELECT number + 1, at, actor, deed, 'person:' || %s, "
        "outcome, sentence, json_object('grant', %s), hash, '0', seal FROM records_auditrow "
        "ORDER BY number DESC LIMIT 1",
        founded.manager.pk, grant.pk,
    )  # fmt: skip
    assert roles_of(founded.manager, NOON) == frozenset()
    sql("DELETE FROM records_auditrow WHERE hash = '0'")
    with transaction.atomic():
        audit.write("machine", "query", "archive", "a row", at=NOON)
    assert roles_of(founded.manager, NOON)


def test_a_key_that_was_revoked_opens_nothing(founded):
    key = keys.make_key(7, may_trade=True)
    sealed = bytes(StoredKey.objects.get().sealed_secret)
    keys.revoke_key(key.public)
    CHECKING.forget()
    assert revocations.find_key(key.public) is None and revocations.is_revoked(key.public)
    sql("DELETE FROM records_auditrow WHERE deed = 'key.revoked'")
    StoredKey.objects.update(revoked_at=None, sealed_secret=sealed)
    assert revocations.find_key(key.public) is None


def test_an_end_that_is_undone_with_its_transaction_is_none(founded, monkeypatch):
    monkeypatch.undo()
    with pytest.raises(KeyError), transaction.atomic():
        revoke(founded.risk, Role.RISK, now=DAY_BEFORE)
        raise KeyError
    assert roles_of(Person.objects.get(pk=founded.risk.pk), NOON) == {Role.RISK}
