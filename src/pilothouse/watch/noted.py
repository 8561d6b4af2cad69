"""What pages draw over time and no rule judges: prices, funding, and the health of all accounts.

Kept in memory beside the measures, at a slower pace, and not in the archive: trades, marks and
index prices are archived as they happen.
"""

from __future__ import annotations

from typing import Final

from pilothouse.language.numbers import MARK_PER_PRICE
from pilothouse.venue.views.margin import HealthView
from pilothouse.watch.measuring import NEAR_BAND, Values
from pilothouse.watch.rules import EXCHANGE, scope_of
from pilothouse.watch.taking import MarketReading, Reading

LAST: Final = "last_price"
"""The last trade's price, in hundredths of a price unit, as mark and index are."""
MARK: Final = "mark_price"
INDEX: Final = "index_price"
FUNDING: Final = "funding_next_rate"
"""The rate of the coming funding, in 10^-12, signed."""
NEAR_OR_BELOW: Final = "accounts_near_or_below"
"""Accounts with less than a quarter above maintenance margin, those below it included."""
INSURANCE: Final = "insurance"
"""What all insurance pools hold, in micro-dollars."""
COMMANDS: Final = "position"
"""The number of the last command, which counts all."""


def noted(reading: Reading) -> Values:
    """Return what pages draw of a reading, by name and scope; None where there is no number."""
    made: Values = {
        (NEAR_OR_BELOW, EXCHANGE): near_or_below(reading.health),
        (INSURANCE, EXCHANGE): reading.insurance_micro_usd,
        (COMMANDS, EXCHANGE): reading.position,
    }
    for of in reading.markets:
        made |= _of_market(of)
    return made


def near_or_below(health: HealthView) -> int:
    """Return how many accounts have less than a quarter above maintenance margin."""
    near = 0
    for label, accounts, _notional in health.bands:
        if label.startswith(NEAR_BAND):
            break
        near += accounts
    return near


def _of_market(of: MarketReading) -> Values:
    market, scope = of.market, scope_of(of.market.symbol)
    made: Values = {
        (LAST, scope): market.last_price * MARK_PER_PRICE or None,
        (INDEX, scope): market.index or None,
    }
    if of.is_contract:
        made |= {
            (MARK, scope): market.mark or None,
            (FUNDING, scope): market.funding_next_rate_e12,
        }
    return made
