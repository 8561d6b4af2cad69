"""Every name a person would type for a market: its symbol, the short one, BTC/USD, bitcoin."""

from __future__ import annotations

from typing import Final

from pilothouse.console import exchange
from pilothouse.language.kinds import MarketKind
from pilothouse.venue.views.assets import all_assets
from pilothouse.venue.views.markets import MarketView

LONG: Final = frozenset(
    {"XXBT", "XXDG", "XETC", "XETH", "XLTC", "XMLN", "XREP", "XXLM", "XXMR", "XXRP", "XZEC"}
    | {"ZUSD", "ZEUR", "ZCAD", "ZGBP", "ZJPY", "ZAUD"}
)
"""Assets whose symbol has a letter before the name: Kraken's oldest."""
DISPLAY: Final = {"XBT": "BTC", "XDG": "DOGE"}
"""What the world calls an asset that Kraken calls otherwise."""
SPOKEN: Final = {
    "BTC": "bitcoin",
    "ETH": "ether ethereum",
    "XRP": "ripple",
    "SOL": "solana",
    "DOGE": "dogecoin",
    "LTC": "litecoin",
    "ADA": "cardano",
    "DOT": "polkadot",
    "USD": "dollar",
    "EUR": "euro",
}
"""What people call some assets in words."""

_known: dict[int, tuple[str, ...]] = {}


def names_of(markets: list[MarketView]) -> dict[int, tuple[str, ...]]:
    """Return the names of markets in lower case, by their number; read once for each market."""
    if any(one.number not in _known for one in markets):
        with exchange.machine() as machine:
            symbols = {one.number: one.symbol for one in all_assets(machine)}
        _known.update({one.number: _names(one, symbols) for one in markets})
    return {one.number: _known[one.number] for one in markets}


def forget() -> None:
    """Read every name again: another exchange is connected."""
    _known.clear()


def _names(market: MarketView, symbols: dict[int, str]) -> tuple[str, ...]:
    base, quote = (spelled(symbols.get(one, "")) for one in (market.base, market.quote))
    pairs = [(one, other) for one in base for other in quote]
    words = [f"{one}{sign}{other}" for one, other in pairs for sign in ("", "/", "-")]
    if market.kind is not MarketKind.SPOT:
        words = [*words, *(f"{one} perpetual" for one in base), *(f"{one}-perp" for one in base)]
    spoken = SPOKEN.get(base[-1], "").split()
    return tuple(dict.fromkeys(one.lower() for one in (market.symbol, *words, *spoken)))


def spelled(symbol: str) -> tuple[str, ...]:
    """Return how an asset is written, the world's way last: XXBT is XBT and BTC."""
    short = symbol[1:] if symbol in LONG else symbol
    return tuple(dict.fromkeys((short, DISPLAY.get(short, short))))
