"""What the exchange knows of the nonces of keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from pilothouse.language.commands.nonces import NONCE_BASE


def highest_nonce(machine: Any, key: int) -> int:
    """Return the highest nonce a key has used for what trades, -1 if it has used none."""
    row = _row(machine, key)
    if row is None or not row["nonced"]:
        return -1
    return int(row["last_hi"]) * NONCE_BASE + int(row["last_lo"])


def signs_without(machine: Any, key: int) -> bool:
    """Tell whether a key has used requests without a nonce, and never one with a nonce."""
    row = _row(machine, key)
    return row is not None and not row["nonced"] and row["without_nonce"] > 0


def _row(machine: Any, key: int) -> Any:
    state = machine.state
    rows = state.keys[: int(state.exchange[0]["keys_used"]) + 1]
    found = np.flatnonzero(rows["key"] == key)
    return rows[int(found[0])] if len(found) else None
