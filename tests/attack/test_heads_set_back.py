"""What the audit said of a person before is not believed again while its head is set back.

Whoever writes the database does that for as long as one request takes, and leaves no row.
"""

import pytest
from django.conf import settings

from pilothouse.access.models import Grant, Person
from pilothouse.access.rights import may, revoke
from pilothouse.access.roles import Right, Role
from pilothouse.control import standing
from pilothouse.records import audit
from pilothouse.wiring import founding_row
from tests.attack.putting_back import each_deed_is_committed, restart, sql
from tests.attack.reconciling import team

__all__ = ["each_deed_is_committed", "team"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def founded(team):
    founding_row.begin(settings.PILOTHOUSE_HOME)
    return team


def later_rows():
    for _ in range(3):
        audit.write("machine", "query", "archive", "a later row")


def back(head):
    sql("UPDATE records_audithead SET number = %s, hash = %s", *head)


def revoked(team, before_it):
    """Return the head from when the right was still held, and was asked for."""
    assert may(team.risk, Right.SEE_CLIENTS) and standing.sees_clients(team.risk)
    head = audit.head()
    before_it()
    revoke(team.risk, Role.RISK)
    return head


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("rows", [lambda: None, later_rows])
def test_a_right_that_was_revoked_is_not_brought_back(founded, asked, restarted, rows):
    head = revoked(founded, rows)
    if asked:
        assert not may(founded.risk, Right.SEE_CLIENTS)
    if restarted:
        restart()
    Grant.objects.filter(person=founded.risk).update(revoked_at=None)
    back(head)
    assert not may(founded.risk, Right.SEE_CLIENTS)
    assert not standing.sees_clients(founded.risk)


def test_an_old_password_is_doubted_while_the_head_is_set_back(founded):
    person, old = founded.risk, founded.risk.password
    assert not standing.why_doubted(person)
    head = audit.head()
    person.set_password("a newer long password of theirs")
    person.save()
    assert audit.head() != head and not standing.why_doubted(person)
    Person.objects.filter(pk=person.pk).update(password=old)
    back(head)
    assert standing.why_doubted(Person.objects.get(pk=person.pk))


def test_what_is_asked_at_a_head_that_was_set_back_is_not_kept(founded):
    """Somebody who hides the revocation for a request gets no answer for later ones."""
    head = revoked(founded, lambda: None)
    row = audit.head()[0]
    sql("CREATE TEMP TABLE hidden AS SELECT * FROM records_auditrow WHERE number = %s", row)
    sql("DELETE FROM records_auditrow WHERE number = %s", row)
    Grant.objects.filter(person=founded.risk).update(revoked_at=None)
    back(head)
    may(founded.risk, Right.SEE_CLIENTS)
    sql("INSERT INTO records_auditrow SELECT * FROM hidden")
    sql("DROP TABLE hidden")
    assert not may(founded.risk, Right.SEE_CLIENTS)


@pytest.mark.parametrize("number", ["number", "number + 5", "9223372036854775807"])
def test_a_head_that_somebody_moved_on_keeps_no_answer(founded, number):
    assert may(founded.risk, Right.SEE_CLIENTS)
    sql(f"UPDATE records_audithead SET number = {number}, hash = 'f'")
    assert may(founded.risk, Right.SEE_CLIENTS)
    sql("UPDATE records_auditrow SET deed = 'x' WHERE deed = 'person.added'")
    assert not may(founded.risk, Right.SEE_CLIENTS), "it is read anew"


def test_at_the_newest_head_an_answer_is_read_once(founded, monkeypatch):
    later_rows()
    standing.grants_that_count(founded.risk)
    monkeypatch.setattr(standing._GIVEN, "_read", lambda person: pytest.fail("it is kept"))
    standing.grants_that_count(founded.risk)
