"""A change that was ended is put back with its last row of the audit taken away: it never goes on.

Whoever does it writes the database and has no secret: rows of before, with their seals, are what
there is to put back, and rows can be taken away.
"""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, transaction

from pilothouse.control import (
    apply,
    arm,
    edit,
    expire,
    heads,
    preview,
    propose,
    reject,
    unbroken,
    unreadable,
    withdraw,
    worker,
)
from pilothouse.control.refusals import AUDIT_IS_BROKEN
from pilothouse.language.commands import RecordAuditHead
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import NAME_HAS_ANOTHER_BODY
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.records.models import AuditRow
from pilothouse.wiring import founding_row
from tests.attack.forging import chain_anew
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

__all__ = ["approved", "exchange", "journal", "previewed", "raise_margin", "team"]
pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(seconds=2)
ROWS = ("control_change", "control_changestep", "control_signature")
HEAD = "records_audithead"


@pytest.fixture(autouse=True)
def each_deed_is_committed(request, monkeypatch):
    """A test is undone as a whole, so what follows a commit is done at once."""
    if request.node.get_closest_marker("django_db").kwargs.get("transaction"):
        return
    monkeypatch.setattr(transaction, "on_commit", lambda done: done())


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else ()


def keep():
    for one in (*ROWS, HEAD):
        sql(f"DROP TABLE IF EXISTS temp.old_{one}")
        sql(f"CREATE TEMP TABLE old_{one} AS SELECT * FROM {one}")


def put_back():
    for one in ROWS:
        names = sql(f"SELECT group_concat('\"' || name || '\"') FROM pragma_table_info('{one}')")
        sql(f"INSERT OR REPLACE INTO {one} ({names[0][0]}) SELECT {names[0][0]} FROM old_{one}")


def cut_the_end():
    number, told = sql(f"SELECT number, hash FROM old_{HEAD}")[0]
    sql("DELETE FROM records_auditrow WHERE number > %s", number)
    sql(f"UPDATE {HEAD} SET number = %s, hash = %s", number, told)


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


def restart():
    """Forget what a process forgets that ends."""
    CHECKING.forget()
    unbroken.forget()


@pytest.fixture
def begun(team, exchange, journal):
    exchange.accounts.clear()
    founding_row.begin(settings.PILOTHOUSE_HOME)


@pytest.fixture
def armed(begun, team, approved):
    change = arm.arm(approved(), by=team.operator, now=NOON)
    keep()
    return change


def later_rows():
    with transaction.atomic():
        for _ in range(5):
            audit.write("machine", "query", "archive", "a later row")


ENDS = {
    "rejected": lambda change, team: reject.reject(change, "no", by=team.risk, now=NOON),
    "withdrawn": lambda change, team: withdraw.withdraw(change, by=team.operator, now=NOON),
    "expired": lambda change, team: expire.expire(change, now=NOON + timedelta(days=400)),
    "failed": lambda change, team: unreadable.give_up(change, "cannot be read", now=NOON),
}


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


@pytest.fixture
def exchanger(exchange):
    """Heads between this database and the exchange of one page."""
    execute, known = exchange._named, {}

    def named(message):
        if not isinstance(message.command, RecordAuditHead):
            return execute(message)
        row = message.command.row
        same = known.setdefault(row, message.command.hash) == message.command.hash
        return Receipt(100, 0 if same else int(NAME_HAS_ANOTHER_BODY))

    exchange._named = named
    exchange.highest_number = lambda sender: 64 * max(known, default=0)
    exchange.tail = SimpleNamespace(number=7, seal=b"\7" * 32, last_position=99)
    clock = SimpleNamespace(now=1_000.0)
    made = heads.Exchanger(steady=lambda: clock.now)
    made.known, made.clock = known, clock
    heads.connect(made)
    yield made
    heads.disconnect()


def changes_of(exchange):
    return [one for one in exchange.sent if not isinstance(one.command, RecordAuditHead)]


@pytest.mark.parametrize("end", ["rejected", "expired"])
def test_an_end_is_held_by_the_journal_within_a_second(armed, team, exchanger, exchange, end):
    exchanger.tick(NOON)
    keep()
    ENDS[end](armed, team)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    assert max(exchanger.known) > AuditRow.objects.filter(subject=armed.subject).last().number
    cut_the_end()
    put_back()
    restart()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    worker.tick(LATER)
    assert changes_of(exchange) == [], "it waits until the heads are compared"
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_a_shorter_audit_that_grew_again_is_another_one(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    cut_the_end()
    put_back()
    restart()
    later_rows()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and not CHECKING.verdict().whole


def test_the_head_of_a_cut_audit_is_not_recorded_and_two_people_can_accept_it(
    armed, team, exchanger, exchange, monkeypatch
):
    exchanger.tick(NOON)
    keep()
    reject.reject(armed, "no", by=team.risk, now=NOON)
    exchanger.clock.now += 1
    exchanger.tick(NOON)
    newest = max(exchanger.known)
    cut_the_end()
    put_back()
    later_rows()
    exchanger.clock.now += heads.EVERY_S
    assert not exchanger.exchange(NOON) and "broken" in exchanger.fault
    restart()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    again.tick(NOON)
    worker.tick(LATER)
    assert changes_of(exchange) == [] and max(exchanger.known) == newest
    restart()
    sentence = f"Command 9 (RecordAuditHead): x: the audit has no row {newest:,} any more."
    settled = SimpleNamespace(settled={sentence: None})
    monkeypatch.setattr(heads.audited, "said", lambda: settled)
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    again.tick(NOON)
    assert CHECKING.broken() is None


def test_an_end_while_the_writer_is_away_is_held_when_it_is_back(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    exchange.refuses_to_answer = 1
    assert reject.reject(armed, "no", by=team.risk, now=NOON).state == "rejected"
    for _ in range(3):
        exchanger.clock.now += heads.AGAIN_S
        exchanger.tick(NOON)
    exchange.refuses_to_answer = 0
    exchanger.clock.now += heads.AGAIN_S
    exchanger.tick(NOON)
    assert max(exchanger.known) > AuditRow.objects.filter(subject=armed.subject).last().number


def test_a_start_before_the_writer_compares_as_soon_as_it_answers(
    armed, team, exchanger, exchange
):
    exchanger.tick(NOON)
    restart()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    rows, answers = AuditRow.objects.count(), exchange._named

    def away(message):
        raise ConnectionError("the writer is away")

    exchange._named = away
    for _ in range(5):
        again.tick(NOON)
        exchanger.clock.now += 1
    assert not again.is_compared and AuditRow.objects.count() == rows
    refused(AUDIT_IS_BROKEN, unbroken.check, armed)
    exchange._named = answers
    again.tick(NOON)
    assert again.is_compared and not unbroken.why_broken(armed)


def test_a_whole_audit_goes_on_after_a_restart(armed, team, exchanger, exchange):
    exchanger.tick(NOON)
    restart()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    again.tick(NOON)
    worker.tick(LATER)
    assert len(changes_of(exchange)) == 1
