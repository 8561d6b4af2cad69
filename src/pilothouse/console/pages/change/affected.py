"""The most affected accounts, each with what would become of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Affected:
    """One account; amounts in micro-dollars. `outcome` is the field's word."""

    account: int
    client_class: int
    notional: int
    equity: int
    initial_before: int
    initial_after: int
    maintenance_before: int
    maintenance_after: int
    outcome: str
    tone: str


def affected(rows: Sequence[Mapping[str, Any]]) -> list[Affected]:
    """Return the rows of a preview with their outcomes."""
    return [Affected(**row, **_outcome(row)) for row in rows]


def _outcome(row: Mapping[str, Any]) -> dict[str, str]:
    equity = row["equity"]
    if equity < row["maintenance_after"]:
        known = equity < row["maintenance_before"]
        return {"outcome": "below maintenance already" if known else "liquidation", "tone": "down"}
    if equity < row["initial_after"]:
        return {"outcome": "below initial", "tone": "warn"}
    return {"outcome": "keeps its margin", "tone": "up"}
