"""A change that was ended is put back with its last row of the audit taken away: it never goes on.

Whoever does it writes the database and has no secret: rows of before, with their seals, are what
there is to put back, and rows can be taken away.
"""

import pytest
from django.db import transaction

from pilothouse.control import apply, arm, edit, preview, propose, reject, unbroken, worker
from pilothouse.control.refusals import AUDIT_IS_BROKEN
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from tests.attack.forging import chain_anew
from tests.attack.putting_back import (
    ENDS,
    HEAD,
    LATER,
    armed,
    begun,
    cut_the_end,
    each_deed_is_committed,
    keep,
    later_rows,
    put_back,
    restart,
    sql,
)
from tests.attack.reconciling import (
    approved,
    exchange,
    journal,
    previewed,
    raise_margin,
    refused,
    team,
)
from tests.control.conftest import NOON, wish

__all__ = [
    "approved",
    "armed",
    "begun",
    "each_deed_is_committed",
    "exchange",
    "journal",
    "previewed",
    "raise_margin",
    "team",
]
pytestmark = pytest.mark.django_db


def ending():
    """The row that ended the change: the first that the kept head does not know."""
    return sql(f"SELECT number FROM old_{HEAD}")[0][0] + 1


def take_one_out():
    sql("DELETE FROM records_auditrow WHERE number = %s", ending())


def name_another_change():
    sql("UPDATE records_auditrow SET subject = 'change:999' WHERE number = %s", ending())


def hash_anew():
    """Take a row out, number those behind it anew and chain them rightly, without seals."""
    gone = AuditRow.objects.get(number=ending())
    rows = list(AuditRow.objects.filter(number__gt=gone.number).order_by("number"))
    rows[0].number, rows[0].before_hash = gone.number, gone.before_hash
    chain_anew(rows)


TAKEN = {one.__name__: one for one in (cut_the_end, take_one_out, name_another_change, hash_anew)}


EACH = [*(("rejected", how) for how in TAKEN), *((end, "cut_the_end") for end in ENDS)]


@pytest.mark.parametrize(("end", "how"), dict.fromkeys(EACH))
def test_a_change_that_was_ended_is_not_executed(armed, team, exchange, how, end):
    assert ENDS[end](armed, team).state == end
    later_rows()
    CHECKING.verdict()
    TAKEN[how]()
    put_back()
    worker.tick(LATER)
    armed.refresh_from_db()
    assert (exchange.sent, armed.state) == ([], "scheduled")


@pytest.mark.parametrize("how", [one for one in TAKEN if one != "cut_the_end"])
def test_nor_after_a_restart(armed, team, exchange, how):
    reject.reject(armed, "no", by=team.risk, now=NOON)
    later_rows()
    TAKEN[how]()
    put_back()
    restart()
    worker.tick(LATER)
    assert exchange.sent == []


def test_what_is_seen_by_one_look_is_broken_for_all(armed, team):
    reject.reject(armed, "no", by=team.risk, now=NOON)
    cut_the_end()
    assert not CHECKING.verdict().whole
    later_rows()
    assert not CHECKING.verdict().whole, "rows that came since put nothing right"


def test_no_person_arms_or_applies_it_and_nothing_is_said_again(begun, team, approved, exchange):
    change = approved()
    keep()
    reject.reject(change, "no", by=team.risk, now=NOON)
    cut_the_end()
    put_back()
    for verb in (arm.arm, apply.apply):
        refused(AUDIT_IS_BROKEN, verb, change, by=team.operator, now=NOON)


def test_what_was_sent_is_not_said_again_on_a_broken_chain(armed, team, exchange):
    exchange.refuses_to_answer = 1
    worker.tick(LATER)
    sent = list(exchange.sent)
    later_rows()
    sql("DELETE FROM records_auditrow WHERE number = %s", audit.head()[0] - 2)
    exchange.refuses_to_answer = 0
    worker.tick(LATER)
    armed.refresh_from_db()
    assert (exchange.sent, armed.state) == (sent, "applying")


def test_a_signature_that_was_taken_back_by_an_edit_is_not_believed(
    begun, team, approved, exchange
):
    change = approved()
    keep()
    edit.edit(change, wish(3, 2), by=team.operator, now=NOON)
    cut_the_end()
    put_back()
    refused(AUDIT_IS_BROKEN, apply.apply, change, by=team.operator, now=NOON)
    assert exchange.sent == []


@pytest.mark.django_db(transaction=True)
def test_a_row_of_a_transaction_that_was_undone_is_not_missed(armed, team, exchange):
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.write("machine", "query", "archive", "undone")
        assert not unbroken.why_broken(armed)
        raise RuntimeError
    assert not unbroken.why_broken(armed)
    worker.tick(LATER)
    assert len(exchange.sent) == 1


def test_rows_that_were_followed_are_not_read_again(armed, team, monkeypatch):
    later_rows()
    assert not unbroken.why_broken(armed)
    later_rows()
    stretch, first = unbroken._kept[0], AuditRow.objects.filter(subject=armed.subject).first()
    assert (stretch.first, stretch.last) == (first.number, audit.head()[0] - 5)
    read = []
    look = audit.check_chain
    monkeypatch.setattr(audit, "check_chain", lambda rows, *at: look(counted(rows, read), *at))
    assert not unbroken.why_broken(armed)
    assert len(read) == 5


def counted(rows, read):
    for row in rows:
        read.append(row.number)
        yield row


def test_a_stop_that_is_proposed_behind_the_break_is_executed(armed, team, exchange):
    reject.reject(armed, "no", by=team.risk, now=NOON)
    cut_the_end()
    fields = {"market": 1, "status": 5}
    stop = propose.propose("market_status", fields, by=team.operator, why="attack", now=NOON)
    stop = preview.first(stop, by=team.operator, now=NOON)
    assert unbroken.why_broken(armed)
    assert apply.apply(stop, by=team.operator, now=NOON).state == "applied"
