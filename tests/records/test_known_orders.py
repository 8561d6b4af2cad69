"""What the archive says of orders is what the journal says, and it never says more than it has."""

from pathlib import Path

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.records.archive import known_orders as known_module
from pilothouse.records.archive import running, walk
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.cursors import cursor
from pilothouse.records.archive.intake import Intake
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.known_orders import KnownOrders, known_orders
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.models import AuditRow
from pilothouse.venue.follower import Span
from tests.venue.named_orders import AGAIN, MINE, TAIL, Plain, named

pytestmark = pytest.mark.django_db
SEED = 5


@pytest.fixture(scope="module")
def lived():
    return named(SEED)


@pytest.fixture(scope="module")
def spans(lived):
    machine, made = Machine.empty(), []
    for number, (rows, time) in enumerate(lived[0].blocks, 1):
        first = machine.position + 1
        stepped = machine.step(rows, time)
        told = rows.copy(), stepped.receipts.copy(), stepped.events.copy()
        made.append(Span(first, time, *told, number))
    return made


def kept(home, spans):
    keeper = Keeper(Archive(home))
    for span in spans:
        keeper.hear(span)
    keeper.keep()
    return keeper


def test_names_and_ends_of_orders_are_those_of_the_journal(tmp_path, lived, spans):
    world, account, placed = lived
    kept(tmp_path, spans)
    known = KnownOrders(tmp_path, cursor())
    plain = Plain(world.blocks, len(world.blocks))
    assert known.position == plain.position and known.block == len(world.blocks) - TAIL
    for name in (MINE, AGAIN, "nobody's"):
        assert known.named(account, name) == plain.named(account, name)
    assert known.named(account + 1, MINE) == 0
    filled = max(order for order in plain._touched if order < placed[0])
    for order in (*placed, filled):
        assert known.touched(order) == plain.touched(order)
    assert (known.touched(placed[1]) > 0, known.touched(placed[2])) == (True, 0)
    assert not AuditRow.objects.exists(), "whoever asks records it"


def test_a_question_that_cannot_be_answered_is_a_refusal(tmp_path, lived, spans, monkeypatch):
    kept(tmp_path, spans)
    known = KnownOrders(tmp_path, cursor())
    monkeypatch.setattr(known_module, "SECONDS_MAX", 2)
    endless = "SELECT max(x) FROM range(1000000000000000) numbers(x)"
    with pytest.raises(Refused, match="3005"):
        known._number(endless, {})
    monkeypatch.undo()
    for path in files_now(tmp_path, masked=False)["orders"].dated:
        Path(path).write_bytes(b"PAR1" + b"\0" * 100)
    walk.WANTED.clear()
    with pytest.raises(Refused, match="3018"):
        known.named(lived[1], MINE)
    assert walk.WANTED.is_set(), "the archive is compared with its checksums"
    walk.WANTED.clear()


def test_without_an_archive_nothing_is_asked_and_nothing_known(tmp_path, monkeypatch):
    monkeypatch.setattr(known_module, "_first", None)
    known = known_orders(tmp_path)
    assert (known.block, known.position, known.named(1, MINE), known.touched(1)) == (0, 0, 0, 0)


def test_blocks_in_which_nothing_happened_are_known_where_the_archive_is_kept(tmp_path, spans):
    keeper = kept(tmp_path, spans[:-TAIL])
    for span in spans[-TAIL:]:
        keeper.hear(span)
    running.connect(keeper)
    try:
        assert known_orders(tmp_path).block == len(spans) > cursor().blocks
        keeper.fault = "the archive cannot be written"
        assert known_orders(tmp_path).block == cursor().blocks
    finally:
        running.disconnect()


def test_what_is_heard_is_not_taken_for_archived_before_it_waits(tmp_path, spans, monkeypatch):
    """A page may look between any two steps of the thread that hears."""
    keeper, seen = kept(tmp_path, spans[:3]), []
    real = Intake._put

    def put(intake, one):
        seen.append(keeper.lag.archived.blocks)
        real(intake, one)
        seen.append(keeper.lag.archived.blocks)

    monkeypatch.setattr(Intake, "_put", put)
    keeper.hear(spans[3])
    assert seen == [3, 3] and keeper.lag.heard.blocks == 4 and keeper.lag.archived.blocks == 3
