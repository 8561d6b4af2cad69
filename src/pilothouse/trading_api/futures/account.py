"""accounts and openpositions: the futures wallet, its margin, its positions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import INDEX_DECIMALS
from pilothouse.trading_api.figures import iso, number, product, ratio
from pilothouse.trading_api.futures.call import Call
from pilothouse.trading_api.listing import Asset, Listing, Market, index_of
from pilothouse.venue.views.accounts import balances, positions
from pilothouse.venue.views.margin import margin

MICRO_DECIMALS: Final = 6
ENTRY_DECIMALS: Final = 6
"""Decimals of an average entry price beyond the market's own."""


async def accounts(call: Call) -> dict[str, Any]:
    """Return the multi-collateral wallet. Spot money is in the spot wallet, not here as cash."""
    await call.door.caught_up(call.key)
    with call.door.follower.machine() as machine:
        listing = call.door.listing(machine)
        figures = margin(machine, call.key.account)
        held = {
            one.asset: one
            for one in balances(machine, call.key.account)
            if one.wallet == Wallet.FUTURES
        }
    cash = {"type": "cashAccount", "balances": {}}
    return {"accounts": {"cash": cash, "flex": flex(listing, figures, held)}}


def flex(listing: Listing, figures: Any, held: dict[int, Any]) -> dict[str, Any]:
    """Return the multi-collateral wallet from an account's margin and its futures balances."""
    lines = {line.asset: line for line in figures.lines}
    currencies = {
        listing.assets[asset].short: _currency(listing.assets[asset], one, lines.get(asset))
        for asset, one in held.items()
    }
    value = sum((one["value"] for one in currencies.values()), Decimal(0))
    unrealised = figures.unrealised + figures.funding
    return {
        "type": "multiCollateralMarginAccount",
        "currencies": currencies,
        "balanceValue": value,
        "portfolioValue": value + _dollars(unrealised),
        "collateralValue": _dollars(figures.collateral),
        "initialMargin": _dollars(figures.initial),
        "initialMarginWithOrders": _dollars(figures.initial_with_orders),
        "maintenanceMargin": _dollars(figures.maintenance),
        "pnl": _dollars(figures.unrealised),
        "unrealizedFunding": _dollars(figures.funding),
        "totalUnrealized": _dollars(unrealised),
        "totalUnrealizedAsMargin": _dollars(unrealised),
        "marginEquity": _dollars(figures.equity),
        "availableMargin": _dollars(max(0, figures.equity - figures.initial_with_orders)),
    }


def _currency(asset: Asset, one: Any, line: Any) -> dict[str, Any]:
    quantity = number(one.available + one.held, asset.decimals)
    index_e12 = index_of(asset, line.index_e12 if line is not None else 0)
    return {
        "quantity": quantity,
        "value": product(quantity, number(index_e12, INDEX_DECIMALS)),
        "collateral": _dollars(line.value) if line is not None else 0,
        "available": number(one.available, asset.decimals),
    }


def _dollars(micro_usd: int) -> Decimal | int:
    return number(micro_usd, MICRO_DECIMALS)


async def open_positions(call: Call) -> dict[str, Any]:
    """Return the account's positions. Nothing is isolated, so none has a fixed leverage."""
    await call.door.caught_up(call.key)
    with call.door.follower.machine() as machine:
        listing = call.door.listing(machine)
        found = positions(machine, call.key.account)
    return {"openPositions": [_position(listing, one) for one in found if one.quantity]}


async def leverage_preferences(call: Call) -> dict[str, Any]:
    """Return no preference: every position shares the wallet, none is isolated."""
    return {"leveragePreferences": []}


async def pnl_preferences(call: Call) -> dict[str, Any]:
    """Return no preference: profit is paid in what a contract is quoted in."""
    return {"preferences": []}


async def notifications(call: Call) -> dict[str, Any]:
    """Return no notification: this release announces nothing to clients."""
    return {"notifications": []}


def _position(listing: Listing, one: Any) -> dict[str, Any]:
    market = listing.markets[one.market]
    decimals = market.quote.decimals
    return {
        "side": "long" if one.quantity > 0 else "short",
        "symbol": market.symbol,
        "price": entry_price(market, one),
        "fillTime": iso(one.opened_at),
        "size": number(abs(one.quantity), market.quantity_decimals),
        "unrealizedFunding": number(one.funding, decimals),
        "unrealizedPnl": number(one.unrealised, decimals),
        "pnlCurrency": market.quote.short,
    }


def entry_price(market: Market, one: Any) -> Decimal | int:
    """Return a position's average entry price, with six decimals more than the market's."""
    shift = market.quantity_decimals - market.quote.decimals
    shift += market.price_decimals + ENTRY_DECIMALS
    price = ratio(one.entry_cost, one.quantity, shift) if shift >= 0 else 0
    return number(price, market.price_decimals + ENTRY_DECIMALS)
