"""The history on disk: what a door remembers, kept beside the journal so that a start is short.

It is never needed: a file that is missing, cut off, of another layout or of another journal is
passed over, and the journal from its first block tells the same. It is written beside its name and
renamed.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, get_type_hints

import msgspec

from pilothouse.journal.blocks import Header
from pilothouse.journal.snapshots import ask_for_room
from pilothouse.journal.storage import Storage, write_in_pieces
from pilothouse.records.history import History, OrderListener, Remembered
from pilothouse.records.marks import KeptQuotes
from pilothouse.records.moves import KeptMoves, Move
from pilothouse.records.orders import FillRecord, OrderRecord
from pilothouse.records.trades import Candle, Tape

FOLDER: Final = "history"
NAME: Final = f"{FOLDER}/orders"
MAGIC: Final = b"PHORDERS"
HEAD_BYTES: Final = len(MAGIC) + 2 * 32
WIDE: Final = "price_quantity"
"""A sum that may pass 64 bits, for which the format has no number: it is kept as text."""


class Layout:
    """A record as a row of its fields, in their order. A field more is a field more of the row."""

    def __init__(self, record: type[Any]) -> None:
        hints = get_type_hints(record)
        self.names = tuple(one.name for one in fields(record))
        kinds = tuple(str if one == WIDE else hints[one] for one in self.names)
        self.row = tuple[kinds]  # type: ignore[valid-type]
        self._read = attrgetter(*self.names)
        self._wide = self.names.index(WIDE) if WIDE in self.names else None

    def of(self, record: Any) -> tuple[Any, ...]:
        """Return the row of a record."""
        return self._with(self._read(record), str)

    def arguments(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what the record of a row is made from."""
        return self._with(row, int)

    def _with(self, row: tuple[Any, ...], made: Callable[[Any], Any]) -> tuple[Any, ...]:
        at = self._wide
        return row if at is None else (*row[:at], made(row[at]), *row[at + 1 :])


ORDER: Final = Layout(OrderRecord)
FILL: Final = Layout(FillRecord)
CANDLE: Final = Layout(Candle)
BESIDE: Final = [
    one.name for kind in (KeptQuotes, KeptMoves, Move) for one in msgspec.structs.fields(kind)
]
SEAL: Final = hashlib.sha256(
    repr((ORDER.names, FILL.names, CANDLE.names, BESIDE)).encode()
).digest()
"""Of the layouts: a file that another one wrote is passed over."""


class KeptTape(msgspec.Struct, array_like=True):
    """A market's tape: numbers of its trades, its candles, and where its counts stand."""

    market: int
    trades: list[int]
    minutes: list[CANDLE.row]  # type: ignore[name-defined]
    nanoseconds: int
    count: int


class KeptAt(msgspec.Struct, array_like=True):
    """Where a history stands: how every layout of it begins."""

    block: int
    seal: bytes
    position: int


class Kept(msgspec.Struct, array_like=True):
    """A history and the block it stands at."""

    block: int
    seal: bytes
    position: int
    time: int
    listings: int
    orders: list[ORDER.row]  # type: ignore[name-defined]
    closed: list[int]
    fills: list[FILL.row]  # type: ignore[name-defined]
    first_fill: int
    """The first fill the history itself remembers; earlier ones are a quiet market's tape."""
    tapes: list[KeptTape]
    quotes: KeptQuotes
    moves: KeptMoves


def keep(storage: Storage, remembered: Remembered, tail: Header) -> None:
    """Write what a history remembered right after a block; whole or not at all.

    Raises OSError, also when the journal would be left too little room.
    """
    with _no_collection():
        body = msgspec.msgpack.encode(_rows(remembered, tail))
    ask_for_room(storage, "what is kept of orders", len(body))
    try:
        file = storage.open_append(NAME + ".part")
        try:
            file.cut(0)
            write_in_pieces(file, _head(body), body)
        finally:
            file.close()
        storage.rename(NAME + ".part", NAME)
        storage.sync_folder(FOLDER)
    except OSError:
        with contextlib.suppress(OSError):
            remove_part(storage)
        raise


def kept(storage: Storage) -> Kept | None:
    """Return what is kept, None where nothing is or it is not what was written."""
    if "orders" not in storage.names(FOLDER):
        return None
    file = storage.open_read(NAME)
    try:
        raw = file.read(0, file.size()).tobytes()
    finally:
        file.close()
    head, body = raw[:HEAD_BYTES], raw[HEAD_BYTES:]
    if head != _head(body):
        return None
    try:
        with _no_collection():
            return msgspec.msgpack.decode(body, type=Kept)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None


def kept_at(storage: Storage) -> tuple[int, int] | None:
    """Return the block and the command that the kept orders stand at, None if there are none."""
    if "orders" not in storage.names(FOLDER):
        return None
    file = storage.open_read(NAME)
    try:
        raw = file.read(0, file.size()).tobytes()
    finally:
        file.close()
    head, body = raw[:HEAD_BYTES], raw[HEAD_BYTES:]
    if head[-32:] != hashlib.sha256(body).digest():
        return None
    try:
        at = msgspec.msgpack.decode(body, type=KeptAt)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return None
    return at.block, at.position


def remove_part(storage: Storage) -> None:
    """Remove what a crash left half written; only the door that keeps orders may."""
    if "orders.part" in storage.names(FOLDER):
        storage.remove(f"{NAME}.part")


def _head(body: bytes) -> bytes:
    return MAGIC + SEAL + hashlib.sha256(body).digest()


def recalled(found: Kept, listener: OrderListener | None = None) -> History:
    """Return a history that remembers what was kept; its open orders are told to the listener."""
    with _no_collection():
        return History(listener=listener, remembered=_remembered(found))


def _remembered(found: Kept) -> Remembered:
    fills = {row[0]: FillRecord(*row) for row in found.fills}
    tapes = {}
    for one in found.tapes:
        tape = tapes[one.market] = Tape(nanoseconds=one.nanoseconds, count=one.count)
        tape.trades.extend(fills[number] for number in one.trades)
        tape.minutes.extend(Candle(*CANDLE.arguments(row)) for row in one.minutes)
    return Remembered(
        position=found.position,
        time=found.time,
        listings=found.listings,
        orders=[OrderRecord(*ORDER.arguments(row)) for row in found.orders],
        closed=found.closed,
        quotes=found.quotes,
        moves=found.moves,
        fills=[one for one in fills.values() if one.trade >= found.first_fill],
        tapes=tapes,
    )


def _rows(made: Remembered, tail: Header) -> Kept:
    every = {one.trade: one for tape in made.tapes.values() for one in tape.trades}
    every |= {one.trade: one for one in made.fills}
    return Kept(
        block=tail.number,
        seal=tail.seal,
        position=made.position,
        time=made.time,
        listings=made.listings,
        orders=[ORDER.of(one) for one in made.orders],
        closed=made.closed,
        fills=[FILL.of(every[number]) for number in sorted(every)],
        first_fill=made.fills[0].trade if made.fills else 0,
        tapes=[_tape(market, tape) for market, tape in made.tapes.items()],
        quotes=made.quotes,
        moves=made.moves,
    )


def _tape(market: int, tape: Tape) -> KeptTape:
    minutes = [CANDLE.of(one) for one in tape.minutes]
    trades = [one.trade for one in tape.trades]
    return KeptTape(market, trades, minutes, tape.nanoseconds, tape.count)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    # Half a million records that all stay: looking for cycles among them takes most of the time.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
