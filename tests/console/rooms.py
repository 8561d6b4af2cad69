"""A pulse and two hours of memory for the pages that draw them, without a running exchange."""

from types import SimpleNamespace

from pilothouse.console.live.pulse import ContractHealth, Pulse
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.views.margin import HealthView
from pilothouse.venue.views.markets import MarketView
from pilothouse.watch.history import History
from pilothouse.watch.reasons import NamedMarket
from pilothouse.watch.rules import EXCHANGE, scope_of

MINUTE_US = 60_000_000
BANDS = (("below 1.00", 1, 10), ("1.00 to 1.25", 2, 20), ("1.25 to 2.00", 5, 50))
HEALTH = HealthView(BANDS, 1, 2, 0, 8, 10)


def market(number=1, symbol="PF_XBTUSD", **other):
    """A contract whose prices have one decimal."""
    fields = dict.fromkeys(MarketView.__dataclass_fields__, 0) | {
        "number": number,
        "symbol": symbol,
        "kind": MarketKind.PERPETUAL_LINEAR,
        "status": MarketStatus.ONLINE,
        "price_decimals": 1,
        "quantity_decimals": 4,
        "last_price": 600_000,
        "tradeable": True,
    }
    return MarketView(**(fields | other))


def named(*reasons, number=1, symbol="PF_XBTUSD", **other):
    """A market with its reasons; none if it is normal."""
    return NamedMarket(market(number, symbol), reasons, **other)


def pulse_of(*markets, now_us=0):
    """A pulse of some markets."""
    now_us = now_us or wall_clock_us()
    return Pulse(
        number=1,
        position=100,
        time=now_us,
        taken_at=now_us,
        commands_per_second=5,
        named=tuple(one for one in markets if one.reasons),
        quiet=tuple(one for one in markets if not one.reasons),
        not_tradeable=0,
        health=HEALTH,
        contracts=tuple(ContractHealth(one.market, HEALTH) for one in markets[:1]),
        open_interest_micro_usd=0,
        insurance_micro_usd=0,
    )


def memory(now_us, minutes=120, symbol="PF_XBTUSD", **series):
    """A watchman that kept some numbers of a market, one value each minute; absent stay so."""
    history, scope = History(), scope_of(symbol)
    for k in range(minutes):
        at_us = now_us - (minutes - 1 - k) * MINUTE_US
        values = {(name, scope): made(k) for name, made in series.items()}
        history.keep(at_us, values | {("block_age", EXCHANGE): 0})
    return SimpleNamespace(
        history=history, reading=None, named=(), is_stale=False, looked_at=None, silent_us=0
    )
