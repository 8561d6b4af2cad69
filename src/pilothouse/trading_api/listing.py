"""What is listed, under every name a client may use: pair id, altname, wsname, display name.

Only what never changes in a market's life is kept here (number, symbol, assets, decimals, lot);
status, prices, margins are asked of the machine each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pilothouse.language.kinds import MarketKind
from pilothouse.language.numbers import E12
from pilothouse.venue.catalogue import Catalogue, Entry

DOLLAR: Final = "USD"
SHORT_OF_DISPLAY: Final = {"BTC": "XBT", "DOGE": "XDG"}
"""Where Kraken's short name of an asset is not the name clients see."""


class MarketLike(Protocol):
    """What a listing takes from the machine's view of a market; all of it fixed for life."""

    @property
    def number(self) -> int:
        """Return the market's number."""

    @property
    def symbol(self) -> str:
        """Return the market's name."""

    @property
    def kind(self) -> int:
        """Return what is traded."""

    @property
    def base(self) -> int:
        """Return the base asset."""

    @property
    def quote(self) -> int:
        """Return the quote asset."""

    @property
    def price_decimals(self) -> int:
        """Return the decimals of a price."""

    @property
    def quantity_decimals(self) -> int:
        """Return the decimals of a quantity."""

    @property
    def lot(self) -> int:
        """Return the smallest step of a quantity."""


class AssetLike(Protocol):
    """What a listing takes from the machine's view of an asset."""

    @property
    def number(self) -> int:
        """Return the asset's number."""

    @property
    def symbol(self) -> str:
        """Return the asset's name, as Kraken spells it."""

    @property
    def display(self) -> str:
        """Return the name clients see."""

    @property
    def decimals(self) -> int:
        """Return the decimals of its base unit."""


@dataclass(frozen=True)
class Asset:
    """An asset under its names: XXBT, the short name XBT, the clients' name BTC."""

    number: int
    symbol: str
    short: str
    display: str
    decimals: int


def index_of(asset: Asset, index_e12: int) -> int:
    """Return what one of an asset is worth in dollars; the dollar is one, and needs no index."""
    return E12 if asset.display == DOLLAR else index_e12


@dataclass(frozen=True)
class Market:
    """A market under its names, with the decimals of everything that is said about it."""

    number: int
    symbol: str
    kind: MarketKind
    base: Asset
    quote: Asset
    price_decimals: int
    quantity_decimals: int
    lot_decimals: int
    altname: str
    wsname: str | None
    entry: Entry = field(hash=False)

    @property
    def is_spot(self) -> bool:
        """Tell whether it is a spot pair."""
        return self.kind == MarketKind.SPOT

    @property
    def pair_name(self) -> str:
        """Return the name WebSocket v2 gives a pair: BTC/USD."""
        return f"{self.base.display}/{self.quote.display}"

    def key_for(self, name: str) -> str:
        """Return the name a pair is answered under that was asked for by a name.

        It is the pair id, but a client that asks for BTC/USD reads BTC/USD.
        """
        return self.pair_name if name.upper() == self.pair_name.upper() else self.symbol

    @property
    def cost_decimals(self) -> int:
        """Return the decimals of money in this market: those of its quote asset."""
        return self.quote.decimals


class Listing:
    """Every asset and market, by number and by name."""

    def __init__(
        self, assets: Iterable[AssetLike], markets: Iterable[MarketLike], catalogue: Catalogue
    ) -> None:
        self.assets = {one.number: _asset(one) for one in assets}
        self.assets_by_name = _assets_by_name(self.assets)
        made = [_market(one, self.assets, catalogue) for one in markets]
        self.markets = {one.number: one for one in made}
        self.spot = [one for one in made if one.is_spot]
        self.contracts = [one for one in made if not one.is_spot]
        self._pairs = _pairs_by_name(self.spot)
        # Of two pairs with the same assets the first with a wsname is the one that is streamed.
        self._streamed: dict[str, Market] = {}
        for one in sorted(self.spot, key=lambda one: one.wsname is None):
            self._streamed.setdefault(one.pair_name, one)
        self.streamed = list(self._streamed.values())
        self._contracts = {one.symbol.upper(): one for one in self.contracts}

    def pair(self, name: str) -> Market | None:
        """Return the spot pair of a name, or None: XXBTZUSD, XBTUSD, XBT/USD, BTC/USD, BTCUSD."""
        return self._pairs.get(name) or self._pairs.get(name.upper())

    def streamed_pair(self, name: str) -> Market | None:
        """Return the spot pair that WebSocket v2 calls so (BTC/USD), or None."""
        return self._streamed.get(name)

    def contract(self, symbol: str) -> Market | None:
        """Return the contract or index of a symbol in any case, or None."""
        return self._contracts.get(symbol.upper())

    def asset(self, name: str) -> Asset | None:
        """Return the asset of a name, short name or clients' name in any case, or None."""
        return self.assets_by_name.get(name.upper())


def _asset(one: AssetLike) -> Asset:
    display = one.display or one.symbol
    short = SHORT_OF_DISPLAY.get(display, display)
    return Asset(one.number, one.symbol, short, display, one.decimals)


def _assets_by_name(assets: Mapping[int, Asset]) -> dict[str, Asset]:
    made: dict[str, Asset] = {}
    for one in assets.values():
        for name in (one.display, one.short):
            made.setdefault(name.upper(), one)
    for one in assets.values():
        made[one.symbol.upper()] = one
    return made


def _market(one: MarketLike, assets: Mapping[int, Asset], catalogue: Catalogue) -> Market:
    kind = MarketKind(one.kind)
    entries = catalogue.spot if kind == MarketKind.SPOT else catalogue.instruments
    entry = entries.get(one.symbol, {})
    return Market(
        number=one.number,
        symbol=one.symbol,
        kind=kind,
        base=assets[one.base],
        quote=assets[one.quote],
        price_decimals=one.price_decimals,
        quantity_decimals=one.quantity_decimals,
        lot_decimals=_lot_decimals(one),
        altname=str(entry.get("altname") or one.symbol),
        wsname=entry.get("wsname"),
        entry=entry,
    )


def _lot_decimals(one: MarketLike) -> int:
    # A quantity is a multiple of the lot; the zeros the lot ends in are never said.
    lot, decimals = one.lot, one.quantity_decimals
    while decimals > 0 and lot > 0 and lot % 10 == 0:
        lot, decimals = lot // 10, decimals - 1
    return decimals


def _pairs_by_name(pairs: Iterable[Market]) -> dict[str, Market]:
    made: dict[str, Market] = {}
    pairs = list(pairs)
    for one in pairs:
        for name in (one.altname, one.wsname):
            if name:
                made.setdefault(name, one)
    # Of two pairs with the same assets the one with a wsname has their display name.
    for one in sorted(pairs, key=lambda one: one.wsname is None):
        for name in (one.pair_name, one.base.display + one.quote.display):
            made.setdefault(name.upper(), one)
    for one in pairs:
        made[one.symbol] = one
    return made
