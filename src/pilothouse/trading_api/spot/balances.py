"""Balance, BalanceEx, TradeBalance, TradeVolume, OpenPositions, WalletTransfer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pilothouse.language.commands import Transfer
from pilothouse.language.kinds import Wallet
from pilothouse.language.numbers import format_decimal
from pilothouse.records.client_ids import txid_of
from pilothouse.trading_api import texts
from pilothouse.trading_api.listing import Asset, Market, index_of
from pilothouse.trading_api.spot.call import Call
from pilothouse.trading_api.spot.errors import (
    INDEX_UNAVAILABLE,
    UNKNOWN_ASSET,
    Refused,
    invalid,
)
from pilothouse.trading_api.spot.refusals import error_of
from pilothouse.venue.views.accounts import account, balances
from pilothouse.venue.views.assets import all_assets
from pilothouse.venue.views.fees import fee_tiers
from pilothouse.venue.views.markets import listed

VALUE_DECIMALS: Final = 4
WORTH_DECIMALS: Final = 18
"""More than any asset's base unit has."""
WALLETS: Final = {"spot wallet": Wallet.SPOT, "futures wallet": Wallet.FUTURES}


async def _spot_balances(call: Call) -> list[tuple[Asset, Any]]:
    await call.door.caught_up(call.key)
    with call.door.follower.machine() as machine:
        listing = call.door.listing(machine)
        found = balances(machine, call.key.account)
    return [(listing.assets[one.asset], one) for one in found if one.wallet == Wallet.SPOT]


async def balance(call: Call) -> Any:
    """Return the whole balance of each asset, what orders hold included."""
    return {
        asset.symbol: format_decimal(one.available + one.held, asset.decimals)
        for asset, one in await _spot_balances(call)
    }


async def balance_ex(call: Call) -> Any:
    """Return each asset's whole balance and what open orders hold of it."""
    return {
        asset.symbol: {
            "balance": format_decimal(one.available + one.held, asset.decimals),
            "hold_trade": format_decimal(one.held, asset.decimals),
        }
        for asset, one in await _spot_balances(call)
    }


async def trade_balance(call: Call) -> Any:
    """Return the value of the spot wallet in `asset`, dollars unless it says otherwise.

    Nothing is borrowed in this release.
    """
    wanted = call.door.listing().asset(call.arguments.text("asset") or "ZUSD")
    if wanted is None:
        raise Refused(UNKNOWN_ASSET)
    found = await _spot_balances(call)
    with call.door.follower.machine() as machine:
        index = {one.number: one.index_e12 for one in all_assets(machine)}
    unit = index_of(wanted, index.get(wanted.number, 0))
    if not unit:
        raise Refused(INDEX_UNAVAILABLE)
    # Rounded down: a valuation never says more than there is.
    value = sum(_worth(asset, one, index.get(asset.number, 0)) for asset, one in found)
    value = value * 10**VALUE_DECIMALS // (unit * 10**WORTH_DECIMALS)
    whole, none = format_decimal(value, VALUE_DECIMALS), format_decimal(0, VALUE_DECIMALS)
    made = dict.fromkeys(("m", "n", "c", "v", "mfo", "uv"), none)
    return {"eb": whole, "tb": whole, "e": whole, "mf": whole} | made


def _worth(asset: Asset, one: Any, index_e12: int) -> int:
    # Exact, at the most decimals that an asset and an index have together.
    held: int = one.available + one.held
    scale: int = 10 ** (WORTH_DECIMALS - asset.decimals)
    return held * index_of(asset, index_e12) * scale


async def trade_volume(call: Call) -> Any:
    """Return the dollar volume of thirty days and the fees it gives in the pairs asked for."""
    await call.door.caught_up(call.key)
    listing = call.door.listing()
    pairs = call.arguments.pairs(listing) if call.arguments.has("pair") else {}
    with call.door.follower.machine() as machine:
        found = account(machine, call.key.account)
        volume = found.volume_30d_usd if found else 0
        tiers = {key: _tiers(machine, one) for key, one in pairs.items()}
    made: dict[str, Any] = {"currency": "ZUSD", "volume": format_decimal(volume * 10**4, 4)}
    if pairs:
        made["fees"] = {key: _fee(one, volume, "taker_ppm") for key, one in tiers.items()}
        made["fees_maker"] = {key: _fee(one, volume, "maker_ppm") for key, one in tiers.items()}
    return made


def _tiers(machine: Any, one: Market) -> Sequence[Any]:
    schedule = listed(machine, one.number).fee_schedule
    return fee_tiers(machine, schedule) if schedule else ()


def _fee(tiers: Sequence[Any], volume: int, name: str) -> dict[str, str | None]:
    reached = [one for one in tiers if one.volume_from_usd <= volume]
    later = [one for one in tiers if one.volume_from_usd > volume]
    fees = [getattr(one, name) for one in tiers]
    return {
        "fee": _percent(getattr(reached[-1], name) if reached else 0),
        "minfee": _percent(min(fees, default=0)),
        "maxfee": _percent(max(fees, default=0)),
        "nextfee": _percent(getattr(later[0], name)) if later else None,
        "nextvolume": f"{later[0].volume_from_usd}.0000" if later else None,
        "tiervolume": f"{reached[-1].volume_from_usd if reached else 0}.0000",
    }


def _percent(ppm: int) -> str:
    return format_decimal(ppm, 4)


async def open_positions(call: Call) -> Any:
    """Return no position: nothing is borrowed on spot. Consolidated, Kraken answers a list."""
    return [] if call.arguments.has("consolidation") else {}


async def wallet_transfer(call: Call) -> Any:
    """Move money from the spot wallet to the futures wallet or back."""
    arguments = call.arguments
    asset = call.door.listing().asset(arguments.need("asset"))
    if asset is None:
        raise Refused(UNKNOWN_ASSET)
    amount = texts.decimal_of(arguments.need("amount"), asset.decimals)
    if amount is None:
        raise invalid("amount")
    command = Transfer(
        account=call.key.account,
        asset=asset.number,
        source=arguments.choice("from", WALLETS),
        target=arguments.choice("to", WALLETS),
        amount=amount,
    )
    receipt = await call.door.ask_one(call.key, command)
    if not receipt.accepted:
        raise Refused(error_of(receipt.outcome))
    return {"refid": txid_of("L", receipt.position)}
