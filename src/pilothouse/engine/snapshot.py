"""A state as bytes and back, and its fingerprint: used rows only, whatever the capacities."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import xxhash

from pilothouse.engine.arena import Arena, capacities
from pilothouse.engine.growth import rebuild_indexes, senders_of, used_rows
from pilothouse.engine.tables import GROWABLE, INDEX_OF, TABLES
from pilothouse.language.names import SENDERS_MAX

LENGTH_BYTES = 8


def fingerprint(arena: Arena) -> tuple[int, int]:
    """Return the 128-bit fingerprint of a state as two signed halves.

    It covers the used rows of every table; capacities and hash tables stay out.
    """
    made = xxhash.xxh3_128()
    used = used_rows(arena.plain)
    used.pop("names")
    for name, rows in used.items():
        made.update(name.encode())
        made.update(arena.tables[name][:rows].view(np.uint8).data)
    # Rings are large and few senders have one: the empty ones need no look.
    ring = int(arena.plain.exchange[0]["names"])
    for sender in senders_of(arena.plain):
        made.update(f"names of {sender}".encode())
        made.update(arena.tables["names"][sender * ring : (sender + 1) * ring].view(np.uint8).data)
    whole = made.intdigest()
    return _signed(whole >> 64), _signed(whole & (1 << 64) - 1)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >> 63 else word


def to_bytes(arena: Arena) -> bytes:
    """Return a state as bytes: a length, a header in JSON, then the used rows of each table."""
    used = used_rows(arena.plain)
    header = {
        "capacities": arena.capacities.rows,
        "used": used,
        "fields": {name: list(TABLES[name].names or ()) for name in used},
    }
    raw = json.dumps(header).encode()
    parts = [len(raw).to_bytes(LENGTH_BYTES, "little"), raw]
    parts += [arena.tables[name][:rows].tobytes() for name, rows in used.items()]
    return b"".join(parts)


class OtherLayout(ValueError):
    """The bytes are of a release whose tables are laid out in another way; nothing was read."""


def from_bytes(raw: bytes) -> Arena:
    """Return the state that `to_bytes` took apart; raise OtherLayout for another release's.

    Hash tables are made anew, so a release may have others than the one that wrote the state.
    """
    at = LENGTH_BYTES + int.from_bytes(raw[:LENGTH_BYTES], "little")
    header = json.loads(raw[LENGTH_BYTES:at])
    other = _other_tables(header) or _other_fields(header, len(raw) - at)
    if other:
        raise OtherLayout(other)
    rows = header["capacities"]
    made = Arena(
        capacities({one: rows[one] - 1 for one in GROWABLE}, rows["names"] // SENDERS_MAX)
    )
    for name, used in header["used"].items():
        end = at + used * TABLES[name].itemsize
        made.tables[name][:used] = np.frombuffer(raw[at:end], TABLES[name])
        at = end
    rebuild_indexes(made.state)
    return made


def _other_tables(header: Any) -> str:
    """Say which tables a state has that this release has not, or the other way; "" if none."""
    if not isinstance(header, dict) or not {"capacities", "used", "fields"} <= set(header):
        return "the state says nothing of its tables that this release can read"
    return _other_names("the state", header["used"], {*TABLES} - {*INDEX_OF}, "table")


def _other_fields(header: dict[str, Any], size: int) -> str:
    """Say in which table a state has other fields than this release; "" if in none."""
    for name in header["used"]:
        theirs, ours = header["fields"].get(name, []), TABLES[name].names or ()
        other = _other_names(f"its table {name}", theirs, ours, "field")
        if other or list(theirs) != list(ours):
            return other or f"its table {name} has the same fields in another order"
    rows = sum(count * TABLES[name].itemsize for name, count in header["used"].items())
    return "" if rows == size else f"its rows take {size} bytes, here they would take {rows}"


def _other_names(whose: str, theirs: Iterable[str], ours: Iterable[str], what: str) -> str:
    more, less = sorted({*theirs} - {*ours}), sorted({*ours} - {*theirs})
    parts = [f"lacks the {what} {one}" for one in less]
    parts += [f"has the unknown {what} {one}" for one in more]
    return f"{whose} {', '.join(parts)}" if parts else ""
