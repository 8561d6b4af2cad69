"""The writer gives a table rows ahead of need, by a command in the journal, within its memory."""

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import GrowTable, OpenAccount
from pilothouse.language.kinds import CauseKind, ClientClass
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.venue.growing import Growing
from pilothouse.venue.machine import present_release
from pilothouse.venue.verify import verify
from tests.engine.protected import BUY, DOLLAR, E6, Exchange
from tests.venue.exchange import genesis
from tests.venue.running import client_of, running_writer

PLENTY = 1 << 40


def three_quarters_full():
    exchange = Exchange(clients=4, pool_usd=1_000, orders=100, levels=400, nodes=400)
    for number in range(exchange.first, exchange.first + 4):
        exchange.fund(number, DOLLAR, 1_000 * E6)
        exchange.say(*[exchange.order(number, 1, BUY, 1, 1_000) for _ in range(18)])
    return exchange


def test_a_table_grows_at_three_quarters_and_not_before():
    exchange, said = three_quarters_full(), []
    growing = Growing(said.append, PLENTY)
    assert growing.due(exchange.machine) == []
    exchange.say(*[exchange.order(exchange.first, 1, BUY, 1, 1_000) for _ in range(3)])
    (due,) = growing.due(exchange.machine)
    assert due == GrowTable(table="orders", rows=200)
    assert growing.due(exchange.machine) == [], "it is asked for once"
    exchange.say(due)
    assert exchange.machine.table_use()["orders"] == (75, 200)
    assert said == []


def test_beyond_the_memory_nothing_grows_and_it_is_said_once():
    exchange, said = three_quarters_full(), []
    exchange.say(*[exchange.order(exchange.first, 1, BUY, 1, 1_000) for _ in range(3)])
    growing = Growing(said.append, 1_000)
    assert [growing.due(exchange.machine) for _ in range(3)] == [[], [], []]
    assert len(said) == 1 and "orders" in said[0] and "1,000" in said[0]


def test_growth_changes_no_fingerprint():
    exchange = three_quarters_full()
    before, mine = exchange.machine.fingerprint(), exchange.machine.copy()
    assert Machine.from_bytes(mine.to_bytes()).fingerprint() == before


def test_a_running_writer_grows_its_tables_and_the_journal_proves_it(tmp_path):
    release = present_release()
    running = running_writer(tmp_path, release, fingerprint_blocks=5)
    with running as writer, client_of(tmp_path, patience_s=300) as client:
        assert all(one.accepted for one in client.submit(genesis()))
        for k in range(60):
            name, cause = Name(Sender.GENESIS, 2, k + 1), Cause(CauseKind.GENESIS, 1)
            asked = Message(OpenAccount(client_class=ClientClass.RETAIL), name, cause)
            assert client.submit([asked])[0].accepted, "64 accounts were all there was"
    assert writer.machine.table_use()["accounts"][1] == 128
    report = verify(tmp_path, release=release)
    assert report.good, report.faults
