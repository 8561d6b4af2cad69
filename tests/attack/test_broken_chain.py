"""A chain that was broken with SQL raises the alert while the exchange runs."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from pilothouse.access.models import Person
from pilothouse.control import credentials, reconciler, rounds
from pilothouse.records import audit, checking
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditHead, AuditRow
from pilothouse.wiring import founding_row, people
from tests.attack.forging import append_row

PASSWORD = "a long password of ours"


@pytest.fixture
def ann(db):
    """A person who has changed her password, with rows behind it; `rounds` is empty again."""
    people.add_person("ann", "operator", PASSWORD)
    founding_row.begin(settings.PILOTHOUSE_HOME)
    ann = Person.objects.get(username="ann")
    ann.set_password("a newer long password of hers")
    ann.save()
    append_sealed("in the middle")
    append_sealed("last")
    yield ann
    rounds.forget()


def append_sealed(sentence):
    audit.write("machine", "query", "archive", sentence)


def sql(text, *words):
    with connection.cursor() as cursor:
        cursor.execute(text, words)


def ticked():
    """Return how many differences a round of the running exchange counts."""
    for _ in range(4):
        CHECKING.go_round()
    reconciler.Reconciler().tick(timezone.now())
    return rounds.differences()


def row_of_the_password():
    return AuditRow.objects.get(deed=credentials.CHANGED).number


def below_the_first():
    row = append_row("machine", "query", "archive", {})
    sql("UPDATE records_auditrow SET number = -5 WHERE number = %s", row.number)
    AuditHead.objects.update(number=row.number - 1, hash=row.before_hash)


BROKEN = {
    "a row deleted in the middle": lambda: sql(
        "DELETE FROM records_auditrow WHERE number = %s", row_of_the_password() + 1
    ),
    "a row changed": lambda: sql("UPDATE records_auditrow SET sentence = 'x' WHERE number = 1"),
    "the last rows deleted": lambda: sql(
        "DELETE FROM records_auditrow WHERE number > %s", row_of_the_password()
    ),
    "a row below the first": below_the_first,
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_chain_is_counted_among_the_differences(ann, how):
    assert ticked() == 0
    BROKEN[how]()
    assert ticked() == (2 if how == "a row below the first" else 1)
    assert not CHECKING.verdict().whole, "the page of the audit says where"


def test_an_old_password_put_back_with_its_row_deleted_raises_the_alert(ann, monkeypatch):
    monkeypatch.setattr(checking, "PIECE", 2)
    kept = make_password(PASSWORD)
    assert ticked() == 0
    sql("DELETE FROM records_auditrow WHERE number = %s", row_of_the_password())
    Person.objects.filter(pk=ann.pk).update(password=kept)
    assert ticked() == 2
