"""How full a door is and how many it refused, told to whoever watches it by a small file."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from pilothouse.gate.allowances import Allowances
from pilothouse.gate.small_file import is_whole, object_in

if TYPE_CHECKING:
    from pilothouse.gate.entry import Counted, Gate

FOLDER: Final = "doors"
STALE_S: Final = 10
"""A report that is older says nothing of now."""
NOTHING: Final[Mapping[str, Counted]] = MappingProxyType({})


@dataclass(frozen=True)
class Report:
    """One door: the fullest of its limits in ppm, and what it refused since it started.

    The rates of single senders stand apart: clients live near their own, and that is no alert.
    """

    use_ppm: int
    refused: int
    connections: int = 0
    busiest: str = ""
    """The sender with the most connections, by the address that counts."""
    fullest: str = ""
    """The name of the limit whose use it is."""
    sender_use_ppm: int = 0
    """The fullest rate of a single sender."""
    sender_fullest: str = ""
    at_s: float = 0


def report_of(gate: Gate, behind: Mapping[str, Counted] = NOTHING) -> Report:
    """Return a gate's report; `behind` are the limits that the application keeps itself."""
    places, (uses, rates) = gate.places, uses_of(gate, behind)
    fullest = max(uses, key=lambda name: uses[name])
    rate = max(rates, key=lambda name: rates[name], default="")
    refused = sum(gate.refused.values()) + places.refused + places.turned_away + gate.too_slow
    refused += gate.bodies.ended + sum(one.refused for one in behind.values())
    connections = places.busy + places.waiting
    busiest = places.busiest()
    at_most, now = rates.get(rate, 0), time.time()
    return Report(uses[fullest], refused, connections, busiest, fullest, at_most, rate, now)


def uses_of(
    gate: Gate, behind: Mapping[str, Counted] = NOTHING
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the use in ppm by name: of what is shared, and of the rates of single senders."""
    shared = gate.places.uses_ppm() | gate.bodies.uses_ppm()
    rates: dict[str, int] = {}
    for name, one in {**gate.counted(), **behind}.items():
        (rates if isinstance(one, Allowances) else shared)[name] = one.busiest_ppm
    return shared, rates


def write(home: Path, door: str, report: Report) -> None:
    """Write a door's report, whole or not at all."""
    path = Path(home) / FOLDER / f"{door}.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.new")
    beside.write_text(json.dumps(asdict(report)))
    beside.replace(path)


def read(home: Path, door: str) -> Report | None:
    """Return a door's report, None if there is none of now or its file holds anything else."""
    found = object_in(Path(home) / FOLDER / f"{door}.json")
    try:
        made = Report(**found) if found is not None else None
    except TypeError:
        return None
    if made is None or not _is_report(made):
        return None
    return made if abs(time.time() - made.at_s) <= STALE_S else None


def _is_report(made: Report) -> bool:
    counts = (made.use_ppm, made.refused, made.connections, made.sender_use_ppm)
    at_s = made.at_s
    moment = is_whole(at_s) or (isinstance(at_s, float) and math.isfinite(at_s))
    names = (made.busiest, made.fullest, made.sender_fullest)
    are_texts = all(isinstance(one, str) for one in names)
    return moment and are_texts and all(is_whole(one, 0) for one in counts)
