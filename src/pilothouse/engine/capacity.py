"""What only the host can do: create the exchange, give a table rows, check a block's shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.engine import events as emit
from pilothouse.engine.arena import Arena, capacities, power_above
from pilothouse.engine.growth import grown
from pilothouse.engine.names import NEW, REPEATED, body_hash, judge, place_of, remember
from pilothouse.engine.state import State
from pilothouse.engine.step import write_receipt
from pilothouse.engine.tables import GROWABLE
from pilothouse.language.commands import CreateExchange, GrowTable
from pilothouse.language.refusals import (
    EXCHANGE_IS_CREATED_ALREADY,
    EXCHANGE_IS_NOT_CREATED,
    MALFORMED_COMMAND,
    TABLE_CANNOT_SHRINK,
    UNKNOWN_TABLE,
)
from pilothouse.language.rows import Malformed, Rows, from_rows
from pilothouse.language.schema import ROW_WORDS, ROWS_MAX
from pilothouse.rules.compiled import entry

ROWS_LIMIT = 1 << 30


@entry
def _count(rows: Any) -> int:
    row, count = 0, 0
    while row < rows.shape[0]:
        if rows[row, 1] < 1 or rows[row, 1] > ROWS_MAX or row + rows[row, 1] > rows.shape[0]:
            return -1
        row += rows[row, 1]
        count += 1
    return count


def count_commands(rows: Rows) -> int:
    """Return how many commands rows hold, or -1 if a head announces rows that are not there."""
    return int(_count(rows))


@entry
def _judge_name(s: State, block: Any, words: Any, row: int) -> int:
    c = block.head[row]
    s.exchange[0].position += 1
    body = body_hash(words, row * ROW_WORDS, c.command, c.row_count)
    place = place_of(s, c)
    verdict = judge(s, c, place, body)
    if verdict == REPEATED:
        n = s.names[place]
        write_receipt(s, n.position, n.outcome, n.made, 1)
    elif verdict != NEW:
        write_receipt(s, s.exchange[0].position, verdict, 0, 0)
    return verdict


@entry
def _finish(s: State, block: Any, words: Any, row: int, outcome: int) -> None:
    c = block.head[row]
    body = body_hash(words, row * ROW_WORDS, c.command, c.row_count)
    remember(s, c, place_of(s, c), body, outcome, 0)
    write_receipt(s, s.exchange[0].position, outcome, 0, 0)


@entry
def _tell_created(s: State) -> None:
    emit.exchange_created(s, 0, s.exchange[0].names)


@entry
def _tell_grown(s: State, table_0: int, table_1: int, table_2: int, rows: int) -> None:
    emit.table_grown(s, 0, table_0, table_1, table_2, rows)


def step_in_host(arena: Arena, block: Any, words: Any, rows: Rows, row: int) -> tuple[Arena, int]:
    """Step the command at `row`; return the arena, maybe a new one, and the row behind it."""
    following = row + int(rows[row, 1])
    if _judge_name(arena.state, block, words, row) == NEW:
        try:
            asked: Any = from_rows(rows[row:following]).command
        except Malformed:
            asked = None
        arena, outcome = _perform(arena, asked)
        _finish(arena.state, block, words, row, outcome)
        if outcome == 0 and isinstance(asked, CreateExchange):
            _tell_created(arena.state)
        elif outcome == 0:
            table = [int(one) for one in rows[row, 7:10]]
            _tell_grown(arena.state, table[0], table[1], table[2], asked.rows)
    return arena, following


def _perform(arena: Arena, asked: Any) -> tuple[Arena, int]:
    if isinstance(asked, CreateExchange):
        return _create(arena, asked)
    if isinstance(asked, GrowTable):
        return _grow(arena, asked)
    return arena, MALFORMED_COMMAND


def _create(arena: Arena, asked: CreateExchange) -> tuple[Arena, int]:
    before = arena.plain.exchange[0]
    if before["created"]:
        return arena, EXCHANGE_IS_CREATED_ALREADY
    sizes = {name: getattr(asked, name) for name in GROWABLE}
    if min(sizes.values()) < 1 or max(sizes.values()) > ROWS_LIMIT:
        return arena, TABLE_CANNOT_SHRINK
    if not 64 <= asked.names <= 1 << 24:
        return arena, TABLE_CANNOT_SHRINK
    names = power_above(asked.names)
    made = Arena(capacities(sizes, names))
    x = made.plain.exchange[0]
    x["created"] = 1
    x["position"] = before["position"]
    x["time"] = before["time"]
    x["hash_seed"] = asked.hash_seed
    x["names"] = names
    made.take_buffers_of(arena)
    return made, 0


def _grow(arena: Arena, asked: GrowTable) -> tuple[Arena, int]:
    if not arena.plain.exchange[0]["created"]:
        return arena, EXCHANGE_IS_NOT_CREATED
    if asked.table not in GROWABLE:
        return arena, UNKNOWN_TABLE
    if not arena.capacities.rows[asked.table] <= asked.rows <= ROWS_LIMIT:
        return arena, TABLE_CANNOT_SHRINK
    made = grown(arena, asked.table, asked.rows)
    made.take_buffers_of(arena)
    return made, 0


assert np.dtype(np.int64).itemsize * ROW_WORDS == 128
