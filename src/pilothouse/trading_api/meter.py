"""What each client has used of its limits. Counted at the door, so nothing refused here is work
of the exchange.

Orders that rest are counted in each market: those the history knows as open, those on their way,
and those that were accepted and that the history has not seen yet; so many requests at one moment
do not pass the limit together.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from pilothouse.gate.allowances import Allowances, Remembered
from pilothouse.gate.entry import Counted
from pilothouse.trading_api.rates import NO_LIMITS, UNKNOWN_KEY_COST, Rates, cancel_cost

Place = tuple[int, int]
"""An account and a market."""
Pair = tuple[str, str]
"""The public half of a key, and an address from which it signed."""
Payer = int | tuple[int, str]
"""Who pays: an account; or an account at an address, where anyone may have sent the request.

A nonce proves that the key's holder sent a request. Without one it may be a repeat by anyone who
saw it, so it counts at the address it came from, and the account keeps its room everywhere else.
"""


class Purpose(Enum):
    """What a request is for: too much of one leaves the others alone, cancelling above all."""

    READ = "read"
    TRADE = "trade"
    CANCEL = "cancel"


class Past(Protocol):
    """What the history tells of open orders."""

    @property
    def position(self) -> int:
        """Return how far it has come."""

    def open_count(self, account: int, market: int) -> int:
        """Return how many orders an account has open in a market."""


class Spent(Exception):
    """A client has used its allowance up."""


class TooManyOpen(Exception):
    """A client has as many open orders in a market as it may have."""


@dataclass
class _Coming:
    sent: int = 0
    accepted: deque[int] = field(default_factory=deque)
    """Positions of the commands, in order."""


@dataclass
class OpenOrders:
    """What the limit of open orders refused. How many one account has, the history knows."""

    refused: int = 0
    busiest_ppm: int = 0


class Meter:
    """The counters of every client of both APIs."""

    def __init__(
        self,
        past: Past,
        rates: Rates = NO_LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rates = rates
        self._past = past
        self.calls: Allowances[int] = Allowances(rates.calls, clock=clock)
        self.trading: Allowances[Place] = Allowances(rates.trading, 100_000, clock)
        self.budget: Allowances[Payer] = Allowances(rates.budget, clock=clock)
        self.history: Allowances[Payer] = Allowances(rates.history, clock=clock)
        self.cancels: Allowances[Payer] = Allowances(rates.cancels, clock=clock)
        self.cancels_of_all: Allowances[Payer] = Allowances(rates.cancels_of_all, clock=clock)
        self.faults: Allowances[Payer] = Allowances(rates.faults, clock=clock)
        self.public: Allowances[str] = Allowances(rates.public, clock=clock)
        self.sockets: Allowances[str] = Allowances(rates.sockets, clock=clock)
        self.transfers: Allowances[Payer] = Allowances(rates.transfers, clock=clock)
        self.failures: Allowances[Pair] = Allowances(rates.failures, clock=clock)
        self.refusals: Allowances[tuple[Pair, Purpose]] = Allowances(rates.refusals, clock=clock)
        self._known: Remembered[Pair] = Remembered()
        self._coming: dict[Place, _Coming] = {}
        self.open_orders = OpenOrders()

    @property
    def every(self) -> dict[str, Counted]:
        """Return the limits of keys by their names; that of addresses is the gate's."""
        names = (
            "calls", "trading", "open_orders", "budget", "history", "cancels", "cancels_of_all",
            "faults", "sockets", "transfers", "failures", "refusals",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    # strangers

    def stranger(self, public: str, address: str, purpose: Purpose = Purpose.READ) -> None:
        """Charge a request's address, unless its key signed from there before; raise Spent.

        Such a key is asked only whether too much of it was wrong there, or refused for its rate.
        """
        if (public, address) in self._known:
            self.may_fail(public, address)
            if self.refusals.is_spent(((public, address), purpose)):
                raise Spent
        elif not self.public.take(address):
            raise Spent

    def may_fail(self, public: str, address: str) -> None:
        """Raise Spent where the failures of a key at an address are used up.

        Asked before a signature is judged, so that a known key cannot have any number of them
        judged. Neither other keys at that address nor the key at another one are refused for it.
        """
        if self.failures.is_spent((public, address)):
            raise Spent

    def signed(self, public: str, address: str) -> None:
        """Remember that a key signed rightly from an address, and charge the address nothing."""
        if (public, address) not in self._known:
            self.public.add(address, -1)
        self._known.add((public, address))

    def not_signed(self, public: str, address: str) -> None:
        """Charge a signature or a nonce that was wrong: a key known there, else the address."""
        pair = public, address
        if pair in self._known:
            self.failures.add(pair, 1)
        else:
            self.public.add(address, UNKNOWN_KEY_COST)

    def refused(self, public: str, address: str, purpose: Purpose) -> None:
        """Count a request that was refused for its rate after its signature was judged.

        By address: what others send in a key's name from elsewhere refuses nothing here.
        """
        self.refusals.add(((public, address), purpose), 1)

    # orders

    def place(self, account: int, market: int, orders: int, resting: int) -> None:
        """Charge orders of one market, `resting` of which may stay open.

        Raises Spent or TooManyOpen, and charges nothing then. `sent` has to be followed by
        `placed`.
        """
        place = account, market
        if resting and self._open(place) + resting > self.rates.open_orders:
            self.open_orders.refused += 1
            raise TooManyOpen
        if not self.trading.take(place, orders):
            raise Spent
        if resting:
            self._coming.setdefault(place, _Coming()).sent += resting

    def placed(
        self, account: int, market: int, resting: int, accepted: Iterable[int] = ()
    ) -> None:
        """Take orders off their way; `accepted` are the positions of those that may be open."""
        if not resting:
            return
        place = account, market
        coming = self._coming[place]
        coming.sent -= resting
        coming.accepted.extend(accepted)
        self._settle(place, coming)

    def _open(self, place: Place) -> int:
        coming, on_the_way = self._coming.get(place), 0
        if coming is not None:
            self._settle(place, coming)
            on_the_way = coming.sent + len(coming.accepted)
        return self._past.open_count(*place) + on_the_way

    def _settle(self, place: Place, coming: _Coming) -> None:
        seen = self._past.position
        while coming.accepted and coming.accepted[0] <= seen:
            coming.accepted.popleft()
        if not coming.sent and not coming.accepted:
            self._coming.pop(place, None)

    def not_placed(self, account: int, market: int, orders: int) -> None:
        """Give back what orders were charged that are not sent: their request was used before."""
        self.trading.add((account, market), -orders)

    def cancel(self, account: int, requested: int = 1) -> None:
        """Charge a request that cancels, by the orders it names; raise Spent."""
        if not self.cancels.take(account, requested):
            raise Spent

    def cancel_more(self, account: int, orders: int) -> None:
        """Add orders that a request cancels beyond those it named: it was let in already."""
        if orders > 0:
            self.cancels.add(account, orders)

    def cancelled(self, account: int, market: int, age_us: int) -> None:
        """Add to a pair's counter what the cancellation of an order of this age costs."""
        self.trading.add((account, market), cancel_cost(age_us))

    def unreadable(self, payer: Payer) -> None:
        """Charge a trading request that cannot be read, before the journal hears of it; Spent."""
        if not self.faults.take(payer):
            raise Spent

    def fault(self, payer: Payer) -> None:
        """Charge a trading request that was refused after the journal heard of it."""
        self.faults.add(payer, 1)
