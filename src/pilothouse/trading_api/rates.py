"""How fast and how much one client may ask for: Kraken's counters, by tier.

The limits of REST and of trading are Kraken's for its three tiers; the futures budget is Kraken's
for everybody. Cancelling has counters of its own: a client whose orders were too many can always
take them back, and CancelAll is never refused because of other requests. What is refused for its
rate is refused before the journal hears of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from pilothouse.gate.allowances import UNLIMITED, Rate

TIER: Final = "pro"
"""The tier of every account while there are none of their own."""

_BUDGET: Final = Rate(500, 50)
_HISTORY: Final = Rate(100, 100 / 600)
_CANCELS: Final = Rate(500, 50)
_CANCELS_OF_ALL: Final = Rate(20, 1)
_FAULTS: Final = Rate(120, 10)
_TRANSFERS: Final = Rate(20, 1)
_PUBLIC: Final = Rate(200, 20)
_SOCKETS: Final = Rate(2_000, 400)
_FAILURES: Final = Rate(300, 20)
_REFUSALS: Final = Rate(300, 20)


class UnknownTier(ValueError):
    """The settings name a tier that does not exist."""


@dataclass(frozen=True)
class Rates:
    """The limits of one tier. A level rises by the cost of a request and falls each second."""

    calls: Rate
    """Spot requests that only read, of an account: Kraken's private counter."""
    trading: Rate
    """Orders and early cancellations in one pair, of an account."""
    open_orders: int
    """Open orders in one market, of an account."""
    budget: Rate = _BUDGET
    """Futures requests of an account: 500 in ten seconds."""
    history: Rate = _HISTORY
    """Requests of the futures history, of an account: 100 in ten minutes."""
    cancels: Rate = _CANCELS
    """Cancellations one by one, of an account."""
    cancels_of_all: Rate = _CANCELS_OF_ALL
    """Requests that cancel everything, of an account."""
    faults: Rate = _FAULTS
    """Trading requests of an account that cannot be read."""
    transfers: Rate = _TRANSFERS
    """Transfers between the wallets of an account."""
    public: Rate = _PUBLIC
    """Requests without a known key, of an address."""
    sockets: Rate = _SOCKETS
    """What all WebSockets of an address, and of a key, cost; see `feeds.bills`."""
    failures: Rate = _FAILURES
    """Wrong signatures and old nonces of a key at an address from which it signed before."""
    refusals: Rate = _REFUSALS
    """Requests of a key at an address that were refused for another rate, by their purpose."""

    @staticmethod
    def of_tier(name: str) -> Rates:
        """Return the limits of a tier; raise UnknownTier."""
        if name not in TIERS:
            raise UnknownTier(f"PILOTHOUSE_RATE_TIER is {name[:40]!r}; use {', '.join(TIERS)}")
        return TIERS[name]


_NONE: Final = UNLIMITED
NO_LIMITS: Final = Rates(_NONE, _NONE, 1 << 30, *[_NONE] * 10)
TIERS: Final[dict[str, Rates]] = {
    "starter": Rates(Rate(15, 0.33), Rate(60, 1), 60),
    "intermediate": Rates(Rate(20, 0.5), Rate(125, 2.34), 80),
    "pro": Rates(Rate(20, 1), Rate(180, 3.75), 225),
    "none": NO_LIMITS,
}
"""Kraken's tiers, and none for measurements."""

CANCEL_COSTS: Final = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""What cancelling an order adds to its pair's counter: younger than so many seconds, so much."""
SPOT_COSTS: Final = {
    "TradesHistory": 2,
    "QueryTrades": 2,
    "ClosedOrders": 2,
    "Ledgers": 2,
    "QueryLedgers": 2,
}
FUTURES_COSTS: Final = {
    "accounts": 2,
    "openpositions": 2,
    "openorders": 2,
    "fills": 2,
}
"""What a futures request costs; one that is not named costs 1."""
ROWS_OF_ONE: Final = 100
"""Orders that one request lists for its cost; each further hundred begun costs the same again."""
FILLS_BEFORE: Final = 25
"""What `fills` costs with `lastFillTime`."""
ORDER_COST: Final = 10
BATCH_COST: Final = 9
"""What a batch costs, and 1 for each of its orders; its cancellations count as such."""
UNKNOWN_KEY_COST: Final = 4
"""What a request whose key or signature is wrong adds to its address's counter."""


def cancel_cost(age_us: int) -> int:
    """Return what cancelling an order of this age adds to its pair's counter."""
    return next((cost for seconds, cost in CANCEL_COSTS if age_us < seconds * 1_000_000), 0)


def listing_cost(cost: int, rows: int) -> int:
    """Return what a request costs that lists so many orders; `cost` is that of a hundred."""
    return cost * max(1, -(-rows // ROWS_OF_ONE))


def tier() -> str:
    """Return the tier that the settings name."""
    return os.environ.get("PILOTHOUSE_RATE_TIER", TIER)
