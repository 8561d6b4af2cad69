"""A seal that is emptied for a moment brings nothing back that its row took away."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from pilothouse.access import keys
from pilothouse.access.models import Grant, Person, StoredKey
from pilothouse.access.rights import revoke, roles_of
from pilothouse.access.roles import Role
from pilothouse.control import (
    apply,
    approve,
    authority,
    preview,
    propose,
    refusals,
    revocations,
    unbroken,
    worker,
)
from pilothouse.control.models import Change
from pilothouse.control.refusals import Refused
from pilothouse.language.kinds import MarketStatus
from pilothouse.records.models import AuditRow
from tests.attack.putting_back import (
    ENDS,
    LATER,
    armed,
    begun,
    each_deed_is_committed,
    put_back,
    sql,
)
from tests.attack.reconciling import journal, team
from tests.attack.test_borrowed_rights import founded
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin
from tests.control.doubles import PERPETUAL

__all__ = [
    "approved", "armed", "begun", "each_deed_is_committed", "exchange", "founded", "journal",
    "previewed", "raise_margin", "team",
]  # fmt: skip
pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def empty(row):
    sql("UPDATE records_auditrow SET seal='' WHERE number=%s", row.number)


@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_a_change_that_was_ended_stays_so(begun, armed, exchange, team, journal, end):
    """Behind what a stop of the attacker's own had followed, nothing was read again."""
    wish = {"market": PERPETUAL, "status": int(MarketStatus.CANCEL_ONLY)}
    stop = propose.propose("market_status", wish, by=team.operator, why="odd", now=NOON)
    stop = preview.first(stop, by=team.operator, now=NOON)
    change = ENDS[end](armed, team)
    ending = AuditRow.objects.filter(subject=change.subject).order_by("-number").first()
    apply.apply(stop, by=team.operator, now=NOON)
    unbroken.forget()
    sent = len(exchange.sent)
    empty(ending)
    put_back()
    assert unbroken.why_broken(Change.objects.get(pk=armed.pk))
    worker.tick(LATER)
    assert len(exchange.sent) == sent


def test_a_password_that_was_changed_does_not_come_back(founded, exchange, previewed):
    risk, change = founded.risk, previewed()
    risk.set_password("one that leaked")
    risk.save()
    leaked = Person.objects.get(pk=risk.pk).password
    risk.set_password("one set because of it")
    risk.save()
    newest = AuditRow.objects.filter(deed="person.credentials").order_by("-number").first()
    empty(newest)
    Person.objects.filter(pk=risk.pk).update(password=leaked)
    back = Person.objects.get(pk=risk.pk)
    with pytest.raises(Refused) as why:
        approve.approve(change, change.fingerprint, by=back, now=NOON)
    assert why.value.reason is refusals.CREDENTIALS_DIFFER


def test_a_role_that_was_revoked_does_not_come_back(founded, exchange):
    revoke(founded.risk, Role.RISK, now=NOON - timedelta(days=1))
    empty(AuditRow.objects.get(deed="grant.revoked"))
    Grant.objects.filter(person=founded.risk).update(revoked_at=None)
    assert Role.RISK not in roles_of(Person.objects.get(pk=founded.risk.pk), NOON)
    assert any("was not written" in one for one in authority.differences()), "and it is found"


def test_a_key_that_was_revoked_does_not_come_back(founded):
    key = keys.make_key(7, may_trade=True)
    sealed = bytes(StoredKey.objects.get().sealed_secret)
    keys.revoke_key(key.public)
    empty(AuditRow.objects.get(deed="key.revoked"))
    StoredKey.objects.update(revoked_at=None, sealed_secret=sealed)
    assert revocations.find_key(key.public) is None
    assert any("was not written" in one for one in authority.differences())


def test_a_doubted_sign_in_stays_one(founded):
    was = founded.risk.password
    Person.objects.filter(pk=founded.risk.pk).update(password=make_password("known"))
    Client().force_login(Person.objects.get(pk=founded.risk.pk), BACKEND)
    Person.objects.filter(pk=founded.risk.pk).update(password=was)
    empty(AuditRow.objects.get(deed="sign_in.doubted"))
    assert any("Somebody signed in" in one for one in authority.differences())
