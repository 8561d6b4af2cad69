"""What a replay is and how far it came: three small files in `HOME/replay`, each replaced whole.

`run.json` never changes while a replay lasts: its file, market, scale and name. `progress.json` is
the driver's, `wanted.json` is the operator's. Readers (the console's banner, the traffic) see what
was written last, and whether the driver still breathes.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "replay"
RUN, PROGRESS, WANTED, LOCK = "run.json", "progress.json", "wanted.json", "lock"
BREATH_US: Final = 5_000_000
"""A driver that wrote nothing for so long is taken for interrupted."""
SPEED_DECIMALS: Final = 3
SPEED_ONE_MILLI: Final = 1_000
SPEED_MAX_MILLI: Final = 10_000 * SPEED_ONE_MILLI


class State(StrEnum):
    """Where a replay is. Only a running or paused one leads the index."""

    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Run:
    """What never changes: `number` is the upper half of the names of its commands.

    Prices are the file's times `numerator` over `denominator`; times are microseconds since the
    epoch; `instead` tells that its sources are all the asset has.
    """

    number: int
    path: str
    digest: str
    market: str
    asset: int
    asset_symbol: str
    sources: tuple[int, ...]
    instead: bool
    numerator: int
    denominator: int
    since_us: int
    until_us: int
    steps: int
    from_index_e12: int
    gaps: int = 0

    @property
    def file(self) -> str:
        """The name of the file without its folder."""
        return Path(self.path).name


@dataclass(frozen=True)
class Progress:
    """How far: `at_us` of the file's time passed, the last step told, and what is being sent.

    `held` counts the seconds in which the price stood; it is a part of later names. `sending` is
    written before the commands leave, so that a restart sends the very same ones again.
    """

    state: State = State.RUNNING
    at_us: int = 0
    told: int = -1
    held: int = 0
    sending: tuple[int, ...] = ()
    price_e12: int = 0
    speed_milli: int = SPEED_ONE_MILLI
    beat_us: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Wanted:
    """What the operator asked for: a speed in thousandths (0 is a pause), or the end."""

    speed_milli: int = SPEED_ONE_MILLI
    stop: bool = False


@dataclass(frozen=True)
class Showing:
    """A replay as readers see it at a moment."""

    run: Run
    progress: Progress
    state: State

    @property
    def is_on(self) -> bool:
        """Tell whether it is neither finished nor stopped."""
        return self.state in (State.RUNNING, State.PAUSED, State.INTERRUPTED)

    @property
    def leads(self) -> bool:
        """Tell whether the asset's index is the replay's alone now."""
        return self.run.instead and self.state in (State.RUNNING, State.PAUSED)

    @property
    def done_ppm(self) -> int:
        """How much of the file was told, in parts per million, rounded down."""
        return (self.progress.told + 1) * 1_000_000 // self.run.steps

    @property
    def fall_ppm(self) -> int:
        """How far the price stands from the first, in parts per million, towards zero."""
        first, now = self.run.from_index_e12, self.progress.price_e12 or self.run.from_index_e12
        share = abs(now - first) * 1_000_000 // first
        return share if now >= first else -share


def showing(home: Path, now_us: int) -> Showing | None:
    """Return the newest replay of a folder as it stands, None if there never was one."""
    run, progress = read_run(home), read_progress(home)
    if run is None or progress is None:
        return None
    state = progress.state
    if state in (State.RUNNING, State.PAUSED) and now_us - progress.beat_us > BREATH_US:
        state = State.INTERRUPTED
    return Showing(run, progress, state)


def read_run(home: Path) -> Run | None:
    """Return the newest replay's facts, None if there are none."""
    facts = _read(home, RUN)
    return Run(**{**facts, "sources": tuple(facts["sources"])}) if facts else None


def read_progress(home: Path) -> Progress | None:
    """Return how far the newest replay came, None if none began."""
    facts = _read(home, PROGRESS)
    if not facts:
        return None
    made = {**facts, "state": State(facts["state"]), "sending": tuple(facts["sending"])}
    return Progress(**made)


def read_wanted(home: Path) -> Wanted:
    """Return what the operator asked for last."""
    return Wanted(**(_read(home, WANTED) or {}))


def write(home: Path, facts: Run | Progress | Wanted, durable: bool = False) -> None:
    """Replace one of the three files whole; `durable` waits for the disk."""
    name = {Run: RUN, Progress: PROGRESS, Wanted: WANTED}[type(facts)]
    folder = home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    beside = folder / f"{name}.{os.getpid()}.new"
    with open(beside, "w", encoding="utf-8") as out:
        json.dump(asdict(facts), out)
        if durable:
            out.flush()
            os.fsync(out.fileno())
    beside.replace(folder / name)


def ask(home: Path, speed_milli: int | None = None, stop: bool = False) -> Wanted:
    """Leave a wish for the driver; its next beat takes it."""
    wanted = read_wanted(home)
    made = replace(wanted, stop=stop)
    if speed_milli is not None:
        made = replace(made, speed_milli=speed_milli)
    write(home, made)
    return made


class AnotherReplay(RuntimeError):
    """A replay drives this folder's index already; names of one sender cannot come from two."""


@contextmanager
def wheel_of(home: Path) -> Iterator[None]:
    """Be the only driver of a folder; raise AnotherReplay. It ends with the process."""
    (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
    with open(home / FOLDER / LOCK, "ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherReplay(
                f"a replay runs on {home} already; `pilothouse replay stop` ends it"
            ) from None
        yield


def _read(home: Path, name: str) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] = json.loads((home / FOLDER / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return made
