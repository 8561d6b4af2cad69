"""openorders, orders/status, fills and the history of orders: a client's own past."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pilothouse.records.orders import OrderRecord
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.errors import invalid
from pilothouse.trading_api.futures.order_rows import fill_row, history_row, open_row, status_row
from pilothouse.trading_api.ids import number_of_uuid
from pilothouse.trading_api.listing import Market

FILLS_MAX: Final = 100
HISTORY_MAX: Final = 1_000
ASKED_MAX: Final = 100
"""Orders that one request may ask about: each name is looked for among all of an account's."""


async def open_orders(call: Call) -> dict[str, Any]:
    """Return the account's open orders in contracts."""
    await call.door.caught_up(call.key)
    found = _in_contracts(call, call.door.history.open_orders(call.key.account))
    return {"openOrders": [open_row(*one) for one in found]}


async def order_status(call: Call) -> dict[str, Any]:
    """Return orders by id or client's name, open or closed; without either the open ones.

    What is not known, or another account's, is left out as Kraken does.
    """
    await call.door.caught_up(call.key)
    history, account = call.door.history, call.key.account
    ids = call.arguments.every(ASKED_MAX, "orderIds", "orderId")
    names = call.arguments.every(ASKED_MAX, "cliOrdIds", "cliOrdId")
    if not ids and not names:
        found = history.open_orders(account)
    else:
        if len(ids) + len(names) > ASKED_MAX:
            raise invalid("orderIds" if ids else "cliOrdIds")
        numbers = [number_of_uuid(ORDER, one) or 0 for one in ids]
        known = [history.order(one) for one in numbers]
        found = [one for one in known if one is not None and one.account == account]
        for name in names:
            found += history.orders_named(account, name)[:1]
    return {"orders": [status_row(*one) for one in _in_contracts(call, found)]}


async def fills(call: Call) -> dict[str, Any]:
    """Return the account's last hundred fills before `lastFillTime`, the latest first."""
    await call.door.caught_up(call.key)
    before = call.arguments.date("lastFillTime")
    markets, history = call.door.listing().markets, call.door.history
    found = [
        one
        for one in history.executions(call.key.account)
        if not markets[one.fill.market].is_spot and (before is None or one.fill.time < before)
    ]
    return {
        "fills": [
            fill_row(markets[one.fill.market], one, history.order(one.order))
            for one in found[:FILLS_MAX]
        ]
    }


async def order_history(call: Call) -> dict[str, Any]:
    """Return how the account's orders ended, the latest first, or `sort=asc`."""
    await call.door.caught_up(call.key)
    since, before = call.arguments.date("since"), call.arguments.date("before")
    count = call.arguments.integer("count", HISTORY_MAX, 1, 1 << 31)
    found = [
        (market, one)
        for market, one in _in_contracts(call, call.door.history.closed_orders(call.key.account))
        if (since is None or one.updated_at >= since)
        and (before is None or one.updated_at < before)
    ]
    if call.arguments.text("sort") == "asc":
        found.reverse()
    elements = [history_row(*one) for one in found[: min(count, HISTORY_MAX)]]
    return {"elements": elements, "len": len(elements)}


async def no_elements(call: Call) -> dict[str, Any]:
    """Return an empty history: this release has no trigger orders."""
    return {"elements": [], "len": 0}


def _in_contracts(call: Call, found: Iterable[OrderRecord]) -> list[tuple[Market, OrderRecord]]:
    markets = call.door.listing().markets
    return [(markets[one.market], one) for one in found if not markets[one.market].is_spot]
