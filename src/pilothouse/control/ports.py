"""What the exchange is reached through: submit, rehearse, follow, read.

`wiring` connects the real ones; tests connect doubles. Nothing else of this room imports `venue`.
"""

# ruff: noqa: D102 - a field of a view says itself what it is.

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pilothouse.control.refusals import EXCHANGE_IS_AWAY, Refused
from pilothouse.language.names import Receipt
from pilothouse.language.rows import Message
from pilothouse.venue.standstill import Standstill


class Venue(Protocol):
    """The way in: `submit` blocks until the receipts are there."""

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send messages; return their receipts in order."""


class Rehearsal(Protocol):
    """What would happen: answers are dataclasses of integers with a `position`."""

    def impact(self, message: Message, after: Sequence[Message] = ()) -> Any:
        """Count whom a command would hurt after earlier ones, and step it on a copy."""

    def play_out(self, message: Message, after: Sequence[Message] = ()) -> Any:
        """Let the copy run at present marks until nothing moves."""

    def shocks(self, message: Message, after: Sequence[Message] = ()) -> Any:
        """Say who would be below maintenance if marks fell."""


class Follower(Protocol):
    """The replica of this process."""

    @property
    def home(self) -> Path:
        """The folder of the exchange."""

    @property
    def position(self) -> int:
        """The last position it has."""

    @property
    def time(self) -> int:
        """The time of its last block, microseconds since the epoch."""

    @property
    def tail(self) -> Any:
        """The header of the last block it has read back, None before the first."""

    @property
    def standstill(self) -> Standstill | None:
        """Since when nothing new was seen, None while blocks come."""

    @property
    def clock_held(self) -> str:
        """Why the exchange's time does not follow the machine's clock, empty while it does."""

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Wait until it has a position; tell whether it came in time."""

    def machine(self) -> AbstractContextManager[Any]:
        """Hold the machine still between two blocks."""

    def listen(self, callback: Callable[[Any], None], since: int | None = 0) -> None:
        """Hear of every span of the journal behind block `since`; None: of whatever comes."""


class MarketFacts(Protocol):
    """What this room reads of a market. `venue.views.markets.MarketView` has it."""

    @property
    def number(self) -> int: ...
    @property
    def symbol(self) -> str: ...
    @property
    def kind(self) -> int: ...
    @property
    def tradeable(self) -> bool: ...
    @property
    def status(self) -> int: ...
    @property
    def status_version(self) -> int: ...
    @property
    def band_ppm(self) -> int: ...
    @property
    def band_version(self) -> int: ...
    @property
    def schedule_version(self) -> int: ...
    @property
    def bid(self) -> int: ...
    @property
    def ask(self) -> int: ...
    @property
    def positions_open(self) -> int: ...
    @property
    def mark(self) -> int: ...
    @property
    def index(self) -> int: ...
    @property
    def liquidation_fee_ppm(self) -> int: ...
    @property
    def premium_max_ppm(self) -> int: ...


class TierFacts(Protocol):
    """One tier of a schedule in force."""

    @property
    def floor_usd(self) -> int: ...
    @property
    def initial_ppm(self) -> int: ...
    @property
    def maintenance_ppm(self) -> int: ...


class ScheduleFacts(Protocol):
    """One schedule in force, with its scope."""

    @property
    def client_class(self) -> int: ...
    @property
    def jurisdiction(self) -> int: ...
    @property
    def opened_from(self) -> int: ...
    @property
    def tiers(self) -> Sequence[TierFacts]: ...


class Reader(Protocol):
    """What is true of the exchange now."""

    def markets(self) -> Sequence[MarketFacts]:
        """Return every market."""

    def market(self, number: int) -> MarketFacts | None:
        """Return one market."""

    def schedules(self, market: int) -> Sequence[ScheduleFacts]:
        """Return the margin schedules of a contract."""

    def time(self) -> int:
        """Return the time of the last block, microseconds since the epoch."""

    def sources_live(self, market: int) -> int:
        """Return how many sources of the index of a market's base asset are live."""

    def highest_number(self, sender: int) -> int:
        """Return the highest number among the names a sender used and the exchange remembers."""

    def accounts_waiting(self, market: int) -> int:
        """Return how many holders of a contract are in the equity protection process."""

    def below_maintenance(self, market: int) -> int:
        """Return how many accounts with a position in a contract are below maintenance."""


@dataclass(frozen=True)
class Ports:
    """The four together."""

    venue: Venue
    rehearsal: Rehearsal
    follower: Follower
    reader: Reader


class NotConnected(RuntimeError):
    """No exchange is connected to this process."""


Trial = Callable[[str, Any], dict[str, Any]]
"""Tries a register entry of a key and a body (None: without it) against what was recorded."""

_ports: list[Ports] = []
_trials: dict[str, Trial] = {}


def connect(
    venue: Venue,
    rehearsal: Rehearsal,
    follower: Follower,
    reader: Reader | None = None,
    look_back: Callable[[int], Any] | None = None,
) -> None:
    """Connect this process to an exchange and start to hear what becomes of our commands.

    `look_back` returns the events of a command of before, by its position, as rows.
    """
    from pilothouse.control import conditions, facts

    conditions.forget()
    _ports[:] = [Ports(venue, rehearsal, follower, reader or _reader(follower))]
    facts.forget(look_back)
    follower.listen(facts.hear, None)


def _reader(follower: Follower) -> Reader:
    from pilothouse.control.reading import VenueReader

    return VenueReader(follower)


def connect_trial(kind: str, trial: Trial) -> None:
    """Let the previews of a kind of register entry ask a trial; its facts join the answer."""
    _trials[kind] = trial


def trial_of(kind: str) -> Trial:
    """Return the trial of a kind; where there is none it finds nothing."""
    return _trials.get(kind, lambda key, body: {})


def disconnect() -> None:
    """Let go of the exchange."""
    _ports.clear()
    _trials.clear()


def reach() -> None:
    """Wait until the exchange can be read. Raises Refused when it cannot."""
    from pilothouse.venue.follower import ReplicaStopped

    try:
        with ports().follower.machine():
            return
    except (NotConnected, ReplicaStopped) as away:
        raise Refused(EXCHANGE_IS_AWAY, str(away)) from None


def ports() -> Ports:
    """Return what this process is connected to; raises NotConnected."""
    if not _ports:
        raise NotConnected("control.ports.connect was not called in this process")
    return _ports[0]
