"""Rows of before put back with SQL, a process that ends, and a journal that holds heads."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection, transaction

from pilothouse.control import arm, expire, heads, reject, unbroken, unreadable, withdraw
from pilothouse.control.hearers.exchange import FOUND_BROKEN
from pilothouse.language.commands import RecordAuditHead
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import NAME_HAS_ANOTHER_BODY
from pilothouse.records import audit
from pilothouse.records.checking import CHECKING
from pilothouse.wiring import founding_row
from tests.control.conftest import NOON

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


@pytest.fixture
def exchanger(exchange):
    """Heads between this database and the exchange of one page."""
    execute, names, known = exchange._named, {}, {}

    def named(message):
        if not isinstance(message.command, RecordAuditHead):
            return execute(message)
        number, told = 64 * message.name.hi + message.name.lo, message.command.hash
        same = names.setdefault(number, told) == told
        if told != FOUND_BROKEN:
            known.setdefault(message.command.row, told)
        return Receipt(100, 0 if same else int(NAME_HAS_ANOTHER_BODY))

    exchange._named = named
    exchange.highest_number = lambda sender: max(names, default=0)
    exchange.tail = SimpleNamespace(number=7, seal=b"\7" * 32, last_position=99)
    clock = SimpleNamespace(now=1_000.0)
    made = heads.Exchanger(steady=lambda: clock.now)
    made.names, made.known, made.clock = names, known, clock
    heads.connect(made)
    yield made
    heads.disconnect()


def changes_of(exchange):
    return [one for one in exchange.sent if not isinstance(one.command, RecordAuditHead)]


def started(exchanger):
    """The exchanger of a process that begins: it remembers nothing."""
    restart()
    again = heads.Exchanger(steady=lambda: exchanger.clock.now)
    heads.connect(again)
    return again
