"""Archives for attacks on the masks: clients whose numbers are given, and who do as numbers do.

What a person does is the same whatever their number is; what the exchange does in the order of its
accounts (opening, crediting, examining, funding) follows the numbers.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pilothouse.records.archive.answering import answer
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.definitions import TABLES

NOON = datetime(2027, 1, 1, 12)
MEMORY = "512MB"


def request(sql: str, **more: Any) -> dict[str, Any]:
    """Return a request as it comes to the process that answers, over no file."""
    return {
        "sql": sql, "parameters": {}, "masked": True, "paths": {}, "rows_max": 10_000,
        "seconds_max": 60, "only_check": False,
    } | more  # fmt: skip


def answered(home: Path | None, sql: str, *, masked: bool = True, **more: Any) -> dict[str, Any]:
    """Return what the process would say, with the rows; judged and run in this one."""
    found = files_now(home, masked=masked) if home is not None else {}
    paths = {name: (one.dated, one.undated) for name, one in found.items()}
    made = answer(request(sql, masked=masked, paths=paths, **more), MEMORY)
    rows = pa.ipc.open_stream(made.body).read_all() if made.body else None
    return {**made.head, "rows": rows}


def build(home: Path, numbers: list[int], pieces: int = 3) -> Archive:
    """Fill an archive with a person for each number, in some flushes."""
    archive = Archive(home)
    ranked = sorted(range(len(numbers)), key=lambda one: numbers[one])
    some = -(-len(ranked) // pieces)
    for start in range(0, len(ranked), some):
        opened = ranked[start : start + some]
        _append(archive, "accounts", [_opened(one, numbers, ranked) for one in opened])
        _append(archive, "ledger_entries", [_credited(one, numbers, ranked) for one in opened])
        archive.flush()
    for hour in range(pieces):
        for table, row in (("positions", _position), ("liquidations", _step), ("funding", _fund),
                           ("orders", _order), ("fills", _fill)):  # fmt: skip
            _append(archive, table, [row(one, place, hour, numbers)
                                     for place, one in enumerate(ranked)])  # fmt: skip
        archive.flush()
    _append(archive, "markets", [{"time": NOON, "position": 1, "market": 1, "symbol": "PF_X",
                                  "clearing_account": numbers[0], "insurance_account": numbers[1],
                                  "base": 1, "quote": 2}])  # fmt: skip
    archive.flush()
    return archive


def _append(archive: Archive, table: str, rows: list[dict[str, Any]]) -> None:
    schema = TABLES[table].schema
    empty = dict.fromkeys(schema.names)
    archive.append(table, pa.Table.from_pylist([empty | one for one in rows], schema))


def _head(hour: int, block: int) -> dict[str, Any]:
    return {"time": NOON + timedelta(hours=hour, seconds=block), "position": 1_000 + block}


def _opened(person: int, numbers: list[int], ranked: list[int]) -> dict[str, Any]:
    return _head(-5, ranked.index(person)) | {
        "account": numbers[person], "firm": numbers[-1 - person], "purpose": "client",
        "jurisdiction": 276 if person % 3 else 840, "orders_max": 0, "client_class": "retail",
    }  # fmt: skip


def _credited(person: int, numbers: list[int], ranked: list[int]) -> dict[str, Any]:
    return _head(-4, ranked.index(person)) | {
        "account": numbers[person], "wallet": "spot", "asset": 1, "amount": 1_000 + person % 7,
        "entry_type": "deposit", "market": 0, "trade": 0,
    }  # fmt: skip


def _position(person: int, place: int, hour: int, numbers: list[int]) -> dict[str, Any]:
    return _head(hour, 60) | {
        "event": ((hour + 1) << 24) + place, "account": numbers[person], "market": 1,
        "quantity": (person * 37 + hour) % 11 - 5, "entry_cost": person, "realised": hour,
    }  # fmt: skip


def _step(person: int, place: int, hour: int, numbers: list[int]) -> dict[str, Any]:
    return _head(hour, 61) | {
        "event": ((hour + 9) << 24) + place, "account": numbers[person], "deed": "liquidation",
        "market": 1, "equity": person * 1_000, "quantity": 1, "price": 5,
    }  # fmt: skip


def _fund(person: int, place: int, hour: int, numbers: list[int]) -> dict[str, Any]:
    return _head(hour, 62) | {
        "account": numbers[person], "market": 1, "quantity": person % 5, "amount": person % 9,
    }  # fmt: skip


def _order(person: int, place: int, hour: int, numbers: list[int]) -> dict[str, Any]:
    return _head(hour, person) | {
        "deed": "placed", "account": numbers[person], "market": 1, "order_number": person + 1,
        "side": "buy", "price": 100 + person, "quantity": 1, "user_ref": numbers[person] + 1,
        "client_order_id": f"mine {numbers[person]}",
    }  # fmt: skip


def _fill(person: int, place: int, hour: int, numbers: list[int]) -> dict[str, Any]:
    other = numbers[(person + 1) % len(numbers)]
    return _head(hour, 100 + person) | {
        "market": 1, "trade": hour * 1_000 + person, "fill_kind": "trade", "side": "sell",
        "price": 7, "quantity": 2, "value": 14, "taker_account": numbers[person],
        "maker_account": other, "taker_fee": 1, "maker_fee": 0,
    }  # fmt: skip
