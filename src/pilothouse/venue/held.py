"""`clock.json`: how the exchange's time stands to the steady clock, and whether it is held.

The writer writes it; status, pages and doors read it. `clock-accept.json` is a person's word that
the wall clock is right: it names the hold and both clocks as they were seen, and is taken once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pilothouse.gate.small_file import is_whole, object_in
from pilothouse.journal.steady import boot_id, steady_us
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.moments import said

STATE: Final = "clock.json"
ACCEPTANCE: Final = "clock-accept.json"
SUM: Final = "sum"
SUM_LETTERS: Final = 16


@dataclass(frozen=True)
class Hold:
    """Since when the wall clock is not followed: both clocks as they were then, microseconds.

    `stands` tells whether the exchange's time stands still meanwhile: at a start nothing says how
    much time passed. `asks` tells whether it then ends by a person's word alone, because the clock
    was held before.
    """

    exchange_us: int
    wall_us: int
    stands: bool
    asks: bool = False

    @property
    def name(self) -> str:
        """Return what a person names to accept it."""
        return f"{self.exchange_us}-{self.wall_us}"

    def said(self) -> str:
        """Return it as a sentence, with the way out."""
        apart = self.wall_us - self.exchange_us
        way = "ahead of" if apart > 0 else "behind"
        goes = "has stopped" if self.stands else "goes on by the steady clock"
        return (
            f"Clock held: this machine's clock showed {said(self.wall_us)}, "
            f"{abs(apart) / SECOND_US:,.1f} s {way} the exchange ({said(self.exchange_us)}). "
            f"The exchange's time {goes}. Correct the machine's clock; if it is right, run "
            f"`pilothouse clock accept`"
        )


@dataclass(frozen=True)
class ClockState:
    """The exchange's time less the steady clock, in which start of the machine, and the hold.

    `accepted_us` is the wall clock less the steady one as a person accepted it, while the exchange
    is still ahead of it; 0 otherwise.
    """

    boot: str
    offset_us: int
    hold: Hold | None = None
    accepted_us: int = 0


@dataclass(frozen=True)
class Acceptance:
    """A person's word that the wall clock is right, and what both clocks said then."""

    hold: str
    wall_us: int
    steady_us: int
    by: str
    why: str


def read_state(home: Path) -> ClockState | None:
    """Return what the writer wrote last, None if there is nothing that can be read."""
    found = object_in(home / STATE) or {}
    if found.pop(SUM, "") != sum_of(found):
        return None
    try:
        hold = found.pop("hold")
        state = ClockState(**found, hold=None if hold is None else Hold(**hold))
    except (KeyError, TypeError):
        return None
    return state if _is_state(state) else None


def sum_of(facts: dict[str, Any]) -> str:
    """Return the check sum of a state: one wrong digit would move the exchange's time."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:SUM_LETTERS]


def _is_state(state: ClockState) -> bool:
    """Tell whether a file of the right names holds what they mean."""
    moments = [state.offset_us, state.accepted_us]
    words: list[object] = []
    if state.hold is not None:
        moments += [state.hold.exchange_us, state.hold.wall_us]
        words = [state.hold.stands, state.hold.asks]
    sound = all(map(is_whole, moments)) and all(isinstance(one, bool) for one in words)
    return sound and isinstance(state.boot, str)


def is_kept(home: Path) -> bool:
    """Tell whether a writer's state lies in a home, readable or not."""
    return os.path.lexists(home / STATE)


def held(home: Path) -> Hold | None:
    """Return the hold of a home's clock, None while its time follows the wall clock."""
    state = read_state(home)
    return state.hold if state else None


def write_state(home: Path, offset_us: int, hold: Hold | None, accepted_us: int = 0) -> None:
    """Write how the clock stands; raises OSError."""
    state = ClockState(boot_id(), offset_us, hold, accepted_us)
    # Once it is there no power cut takes its name away: a start that finds none knows of a loss.
    facts = asdict(state)
    _write(home / STATE, facts | {SUM: sum_of(facts)}, hold is not None or not is_kept(home))


def accept(home: Path, hold: Hold, wall_us: int, by: str, why: str) -> None:
    """Say that the wall clock is right, for the writer to take; raises OSError."""
    _write(home / ACCEPTANCE, asdict(Acceptance(hold.name, wall_us, steady_us(), by, why)), True)


def take_acceptance(home: Path) -> Acceptance | None:
    """Return a person's word and remove it, None if there is none."""
    found = object_in(home / ACCEPTANCE) or {}
    with contextlib.suppress(OSError):
        (home / ACCEPTANCE).unlink(missing_ok=True)
    try:
        made = Acceptance(**found)
    except TypeError:
        return None
    words = (made.hold, made.by, made.why)
    sound = is_whole(made.wall_us) and is_whole(made.steady_us)
    return made if sound and all(isinstance(one, str) for one in words) else None


def _write(path: Path, facts: dict[str, Any], durable: bool) -> None:
    part = path.with_name(f"{path.name}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, json.dumps(facts).encode())
        if durable:
            os.fsync(handle)
    finally:
        os.close(handle)
    os.replace(part, path)
    if durable:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
