"""The `instrument` channel: every asset and pair, and what changes of them."""

from __future__ import annotations

from typing import Any, Final

from pilothouse.language.kinds import MarketStatus
from pilothouse.language.numbers import PPM, format_decimal, trim
from pilothouse.trading_api.feeds.moments import Moment
from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.feeds.stream import Stream, Updates
from pilothouse.trading_api.feeds.topics import Topics
from pilothouse.trading_api.listing import Market, index_of
from pilothouse.trading_api.spot.listing import STATUS_WORDS
from pilothouse.trading_api.spot.websocket.figures import raw
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.trading_api.spot.websocket.params import Params
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.views.assets import all_assets
from pilothouse.venue.views.markets import listed

EVERYTHING: Final = ""
DISPLAY_DECIMALS: Final = 5
PPM_DECIMALS: Final = 6

Rows = dict[str, dict[str, Any]]


class InstrumentChannel:
    """Reference data. Nobody borrows on spot in this release, and the answers say so."""

    name = "instrument"
    fields = frozenset({"include_tokenized_assets", "snapshot"})

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._topics: Topics[str] = Topics(stream.flush)
        self._said: tuple[Rows, Rows] = {}, {}

    def options(self, params: Params) -> Options:
        """Read whether a snapshot is wanted."""
        params.flag("include_tokenized_assets", False)
        return {"snapshot": params.flag("snapshot", True)}

    def enter(self, outlet: Outlet) -> None:
        """Send an outlet what changes."""
        if EVERYTHING not in self._topics:
            self._said = self._read()
        self._topics.add(EVERYTHING, outlet)

    def leave(self, outlet: Outlet) -> None:
        """Send it nothing any more."""
        self._topics.remove(EVERYTHING, outlet)

    def snapshot(self) -> bytes:
        """Return every asset and pair."""
        return self._message("snapshot", *self._said)

    def hear(self, moment: Moment, updates: Updates) -> None:
        """Publish the rows that differ from what was said."""
        if EVERYTHING not in self._topics or not (moment.statuses or moment.listed):
            return
        before, self._said = self._said, self._read()
        new = [
            {name: row for name, row in rows.items() if known.get(name) != row}
            for rows, known in zip(self._said, before, strict=True)
        ]
        if any(new):
            self._topics.publish(EVERYTHING, self._message("update", *new))

    def tick(self) -> None:
        """Nothing is due by time."""

    def _message(self, kind: str, assets: Rows, pairs: Rows) -> bytes:
        data = {"assets": list(assets.values()), "pairs": list(pairs.values())}
        return to_json({"channel": "instrument", "type": kind, "data": data})

    def _read(self) -> tuple[Rows, Rows]:
        with self._stream.door.follower.machine() as machine:
            listing = self._stream.door.listing(machine)
            live = {one.number: one for one in all_assets(machine)}
            pairs = [_pair(one, listed(machine, one.number), live) for one in listing.streamed]
        rows = [_asset(one) for one in live.values()]
        return {one["id"]: one for one in rows}, {one["symbol"]: one for one in pairs}


def _asset(one: Any) -> dict[str, Any]:
    return {
        "id": one.display,
        "status": "enabled",
        "precision": one.decimals,
        "precision_display": min(one.decimals, DISPLAY_DECIMALS),
        "borrowable": False,
        "collateral_value": _short(PPM - one.haircut_ppm if one.collateral else 0, PPM_DECIMALS),
    }


def _pair(market: Market, live: Any, assets: dict[int, Any]) -> dict[str, Any]:
    lot, least = (_short(one, market.quantity_decimals) for one in (live.lot, live.quantity_min))
    tick = _short(live.tick, market.price_decimals)
    return {
        "symbol": market.pair_name,
        "base": market.base.display,
        "quote": market.quote.display,
        "status": STATUS_WORDS[MarketStatus(live.status)],
        "qty_precision": market.lot_decimals,
        "qty_increment": lot,
        "qty_min": least,
        "price_precision": market.price_decimals,
        "price_increment": tick,
        "tick_size": tick,
        "cost_precision": market.cost_decimals,
        "cost_min": _short(live.cost_min, market.cost_decimals),
        "marginable": False,
        "has_index": all(
            index_of(one, assets[one.number].index_e12) for one in (market.base, market.quote)
        ),
    }


def _short(value: int, decimals: int) -> Any:
    return raw(trim(format_decimal(value, decimals)))
