"""openorders, orders/status, fills and the history of orders: a client's own past."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pilothouse.records.client_ids import number_of_uuid
from pilothouse.records.history import FILLS_KEPT_PER_ACCOUNT
from pilothouse.records.orders import Execution, OrderRecord
from pilothouse.trading_api.futures.arguments import ORDER
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.futures.charges import (
    ASKED_MAX,
    CLIENT_IDS,
    HISTORY_MAX,
    ORDER_IDS,
    charge_rows,
    ends_asked_for,
)
from pilothouse.trading_api.futures.errors import invalid
from pilothouse.trading_api.futures.order_rows import fill_row, history_row, open_row, status_row
from pilothouse.trading_api.futures.pages import behind, by_time, rising, token_of
from pilothouse.trading_api.listing import Market

FILLS_MAX: Final = 100


async def open_orders(call: Call) -> dict[str, Any]:
    """Return the account's open orders in contracts."""
    await call.door.caught_up(call.key)
    history, account = call.door.history, call.key.account
    rows = await call.door.long_answers.rows(
        lambda: _in_contracts(call, history.open_orders(account)), lambda one: open_row(*one)
    )
    return {"openOrders": rows}


async def order_status(call: Call) -> dict[str, Any]:
    """Return orders by id or client's name, open or closed; without either the open ones.

    What is not known, or another account's, is left out as Kraken does.
    """
    await call.door.caught_up(call.key)
    ids = call.arguments.every(ASKED_MAX, *ORDER_IDS)
    names = call.arguments.every(ASKED_MAX, *CLIENT_IDS)
    if len(ids) + len(names) > ASKED_MAX:
        raise invalid("orderIds" if ids else "cliOrdIds")
    rows = await call.door.long_answers.rows(
        lambda: _in_contracts(call, _asked_about(call, ids, names)), lambda one: status_row(*one)
    )
    return {"orders": rows}


def _asked_about(call: Call, ids: list[str], names: list[str]) -> list[OrderRecord]:
    history, account = call.door.history, call.key.account
    if not ids and not names:
        return history.open_orders(account)
    known = [history.order(number_of_uuid(ORDER, one) or 0) for one in ids]
    found = [one for one in known if one is not None and one.account == account]
    named: dict[str, OrderRecord] = {}
    for one in history.orders_named(account, *names) if names else ():
        named.setdefault(one.client_order_id, one)
    return found + [named[one] for one in names if one in named]


async def fills(call: Call) -> dict[str, Any]:
    """Return the account's last hundred fills before `lastFillTime`, the latest first, and all
    that share the last one's millisecond.
    """
    await call.door.caught_up(call.key)
    before = call.arguments.date("lastFillTime")
    markets, history = call.door.listing().markets, call.door.history

    def find() -> list[Execution]:
        every = history.executions(call.key.account)
        mine = (one for one in every if not markets[one.fill.market].is_spot)
        page = by_time(mine, lambda one: one.fill.time, before, FILLS_MAX, FILLS_KEPT_PER_ACCOUNT)
        charge_rows(call, "fills", len(page))
        return page

    rows = await call.door.long_answers.rows(
        find, lambda one: fill_row(markets[one.fill.market], one, history.order(one.order))
    )
    return {"fills": rows}


async def order_history(call: Call) -> dict[str, Any]:
    """Return how the account's orders ended, the latest first, or `sort=asc`.

    A page that leaves some out has the token of the next one.
    """
    await call.door.caught_up(call.key)
    wanted, history = ends_asked_for(call), call.door.history
    count = call.arguments.integer("count", HISTORY_MAX, 1, 1 << 31)
    made: dict[str, Any] = {}

    def find() -> list[tuple[Market, OrderRecord]]:
        found = history.closed_orders(call.key.account, wanted)
        found = found[::-1] if rising(call.arguments) else found
        found = behind(call.arguments, found, lambda one: one.number)
        page = found[: min(count, HISTORY_MAX)]
        if len(page) < len(found):
            made["continuationToken"] = token_of(page[-1].number)
        return _in_contracts(call, page)

    elements = await call.door.long_answers.rows(find, lambda one: history_row(*one))
    return {"elements": elements, "len": len(elements), **made}


async def no_elements(call: Call) -> dict[str, Any]:
    """Return an empty history: this release has no trigger orders."""
    return {"elements": [], "len": 0}


def _in_contracts(call: Call, found: Iterable[OrderRecord]) -> list[tuple[Market, OrderRecord]]:
    markets = call.door.listing().markets
    return [(markets[one.market], one) for one in found if not markets[one.market].is_spot]
