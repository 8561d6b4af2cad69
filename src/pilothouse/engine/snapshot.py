"""A state as bytes and back, and its fingerprint: used rows only, whatever the capacities."""

from __future__ import annotations

import json

import numpy as np
import xxhash

from pilothouse.engine.arena import Arena, Capacities
from pilothouse.engine.growth import rebuild_indexes, senders_of, used_rows
from pilothouse.engine.tables import TABLES

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


def from_bytes(raw: bytes) -> Arena:
    """Return the state that `to_bytes` took apart; refuse other fields than this release has."""
    size = int.from_bytes(raw[:LENGTH_BYTES], "little")
    header = json.loads(raw[LENGTH_BYTES : LENGTH_BYTES + size])
    made = Arena(Capacities(header["capacities"]))
    at = LENGTH_BYTES + size
    for name, rows in header["used"].items():
        if header["fields"][name] != list(TABLES[name].names or ()):
            raise ValueError(f"the snapshot's table {name} has other fields than this release")
        end = at + rows * TABLES[name].itemsize
        made.tables[name][:rows] = np.frombuffer(raw[at:end], TABLES[name])
        at = end
    rebuild_indexes(made.state)
    return made
