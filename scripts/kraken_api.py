"""The page of Kraken's API: what Kraken has, and whether it is served here.

What Kraken has is written down below, from its documentation and its clients. Whether it is served
is asked of the code: the tables of routes, the channels that are made, the texts in the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pilothouse.trading_api
from pilothouse.trading_api.futures import routes as futures
from pilothouse.trading_api.futures.websocket import session as futures_session
from pilothouse.trading_api.futures.websocket.feeds import Feeds
from pilothouse.trading_api.spot import routes as spot
from pilothouse.trading_api.spot.websocket import session as spot_session
from pilothouse.trading_api.spot.websocket.channels import Channels

SOURCE = Path(pilothouse.trading_api.__file__).parent
V3 = futures.V3
SPOT_PUBLIC = (
    "Time SystemStatus Assets AssetPairs Ticker OHLC Depth Trades Spread GroupedBook PreTrade"
    " PostTrade MaintenanceSchedule"
)
SPOT_PRIVATE = (
    "Balance BalanceEx CreditLines TradeBalance OpenOrders ClosedOrders QueryOrders OrderAmends"
    " TradesHistory QueryTrades OpenPositions Ledgers QueryLedgers TradeVolume AddExport"
    " ExportStatus RetrieveExport RemoveExport GetApiKeyInfo GetWebSocketsToken AddOrder"
    " AddOrderBatch AmendOrder EditOrder CancelOrder CancelOrderBatch CancelAll"
    " CancelAllOrdersAfter DepositMethods DepositAddresses DepositStatus WithdrawMethods"
    " WithdrawAddresses WithdrawInfo Withdraw WithdrawStatus WithdrawCancel WalletTransfer"
    " CreateSubaccount AccountTransfer Earn/Strategies Earn/Allocations Earn/Allocate"
    " Earn/Deallocate Earn/AllocateStatus Earn/DeallocateStatus"
)
DERIVATIVES = (
    "instruments instruments/status instruments/{symbol}/status tickers tickers/{symbol}"
    " orderbook history feeschedules feeschedules/volumes accounts openpositions openorders"
    " orders/status fills sendorder editorder cancelorder cancelallorders cancelallordersafter"
    " batchorder transfer transfer/subaccount withdrawal leveragepreferences pnlpreferences"
    " notifications unwindqueue subaccounts subaccount/{uid}/trading-enabled"
    " self-trade-strategy assignmentprogram/current assignmentprogram/history"
    " assignmentprogram/add assignmentprogram/delete initialmargin initialmargin/maxordersize"
    " portfolio-margining/parameters rfqs api-keys/v3/check"
)
HISTORY = (
    "v2/orders v2/triggers v2/executions v2/account-log v2/accountlogcsv v3/account-log"
    " v3/orders v3/triggers v3/executions v3/positions v3/market/{symbol}/executions"
    " v3/market/{symbol}/orders v3/market/{symbol}/price v2/market/{symbol}/executions"
    " v2/market/{symbol}/orders v2/market/{symbol}/price"
)
CHARTS = (
    "/ /{tick_type} /{tick_type}/{symbol} /{tick_type}/{symbol}/{resolution}"
    " /analytics/liquidity-pool"
)
FUTURES = (
    *(f"{V3}/{one}" for one in DERIVATIVES.split()),
    "/derivatives/api/v4/historicalfundingrates",
    *(f"/api/history/{one}" for one in HISTORY.split()),
    *(f"/api/charts/v1{one}" for one in CHARTS.split()),
)
SPOT_CHANNELS = "ticker book level3 ohlc trade instrument status heartbeat executions balances"
SPOT_METHODS = (
    "subscribe unsubscribe ping add_order amend_order edit_order cancel_order cancel_all"
    " cancel_all_orders_after batch_add batch_cancel"
)
FUTURES_FEEDS = (
    "ticker ticker_lite book trade heartbeat open_orders open_orders_verbose fills open_positions"
    " balances account_log notifications_auth"
)
FUTURES_EVENTS = "subscribe unsubscribe challenge"
SPOT_ERRORS = {
    "EAPI": "Invalid key|Invalid signature|Invalid nonce|Rate limit exceeded|Bad request",
    "EAuth": "Account temporary disabled|Account unconfirmed|Rate limit exceeded"
    "|Too many requests",
    "EGeneral": "Invalid arguments|Invalid arguments:Index unavailable|Permission denied"
    "|Internal error|Temporary lockout|Too many requests|Unknown method",
    "EOrder": "Insufficient funds|Order minimum not met|Cost minimum not met"
    "|Tick size check failed|Invalid price|Unknown order|Unknown position|Cannot open position"
    "|Cannot open opposing position|Invalid order|Rate limit exceeded"
    "|Domain rate limit exceeded|Orders limit exceeded|Positions limit exceeded"
    "|Scheduled orders limit exceeded|Reduce only:No position exists"
    "|Margin allowance exceeded|Margin level too low|Margin position size exceeded"
    "|Insufficient margin|Post only order|Trading agreement required",
    "EService": "Unavailable|Busy|Market in cancel_only mode|Market in post_only mode"
    "|Market in limit_only mode|Deadline elapsed|Throttled",
    "ETrade": "Invalid request|User Locked|Locked",
    "EQuery": "Unknown asset|Unknown asset pair|Invalid asset pair",
    "ESession": "Invalid session",
    "EAccount": "Invalid permissions",
    "EFunding": "Unknown withdraw key|Invalid amount|Max fee exceeded|No funding method"
    "|Too many addresses|Unknown asset|Invalid staking method",
    "EBM": "limit exceeded:CAL",
}
FUTURES_ERRORS = (
    "accountInactive|apiLimitExceeded|authenticationError|insufficientFunds|invalidAccount"
    "|invalidAmount|invalidArgument|invalidUnit|Json Parse Error|marketUnavailable"
    "|nonceBelowThreshold|nonceDuplicate|notFound|requiredArgumentMissing|Server Error"
    "|Unavailable|unknownError|contractNotFound"
)
FUTURES_STATUSES = (
    "placed|partiallyFilled|filled|cancelled|edited|notFound|attempted|marketSuspended"
    "|marketInactive|invalidPrice|invalidSize|tooManySmallOrders|tooManyOrders"
    "|insufficientAvailableFunds|wouldCauseLiquidation|clientOrderIdAlreadyExist"
    "|clientOrderIdTooBig|clientOrderIdInvalid|maxPositionViolation|outsidePriceCollar"
    "|wouldIncreasePriceDislocation|postWouldExecute|iocWouldNotExecute|selfFill"
    "|wouldNotReducePosition|marketIsPostOnly|fixedLeverageTooHigh|orderForEditNotFound"
    "|orderForEditNotAStop|cannotEditTriggerPriceOfTrailingStop"
    "|cannotEditLimitPriceOfTrailingStop|noOrdersToCancel"
)
READS, TRADES, PUBLIC = "a key", "a key that trades", "no key"


def page() -> str:
    """Return the page: every endpoint, channel and error of Kraken, and its state here."""
    parts = [
        "# Kraken's API, and what is served here",
        "<!-- Made by `make docs` from the routes of src/pilothouse/trading_api. Do not edit. -->",
        "Every endpoint, channel and error of Kraken's trading APIs, and whether this exchange\n"
        "has it. How it behaves, and where it differs, is in [the trading API](traders_door.md).",
        "## Spot REST v0",
        _table("endpoint", _served(f"{SPOT_PUBLIC} {SPOT_PRIVATE}".split(), _spot())),
        "## Spot WebSocket v2",
        _table("method", _served(SPOT_METHODS.split(), dict.fromkeys(spot_session.METHODS, ""))),
        _table("channel", _served(SPOT_CHANNELS.split(), channels())),
        "## Futures REST",
        _table("endpoint", _served(FUTURES, _futures())),
        "## Futures WebSocket v1",
        _table("event", _served(FUTURES_EVENTS.split(), dict.fromkeys(_events(), ""))),
        _table("feed", _served(FUTURES_FEEDS.split(), feeds())),
        "## Errors of spot",
        _table("error", _returned(_spot_errors(), _texts("spot"))),
        "## Errors of futures",
        _table("error", _returned(FUTURES_ERRORS.split("|"), _texts("futures"))),
        "## Statuses of futures orders",
        _table("status", _returned(FUTURES_STATUSES.split("|"), _texts("futures"))),
    ]
    return "\n\n".join(parts) + "\n"


def unknown() -> list[str]:
    """Return what is served here and is not on Kraken's lists: there must be nothing."""
    lists = (SPOT_PUBLIC, SPOT_PRIVATE, SPOT_CHANNELS, SPOT_METHODS, FUTURES_FEEDS, FUTURES_EVENTS)
    kraken = {*FUTURES, *" ".join(lists).split()}
    ours = {*_spot(), *_futures(), *channels(), *feeds(), *spot_session.METHODS, *_events()}
    return sorted(ours - kraken)


def channels() -> dict[str, str]:
    """Return the channels of WebSocket v2 and what each needs, as the code makes them."""
    made = Channels(_stream())  # type: ignore[arg-type]
    public = dict.fromkeys((*made.pairs, *made.whole), PUBLIC)
    return public | dict.fromkeys(made.private, READS) | dict.fromkeys(("status", "heartbeat"), "")


def feeds() -> dict[str, str]:
    """Return the feeds of the futures WebSocket and what each needs, as the code makes them."""
    made = Feeds(_stream())  # type: ignore[arg-type]
    public = dict.fromkeys((*made.products, made.heartbeat.name), PUBLIC)
    return public | dict.fromkeys(made.private, READS)


def _stream() -> Any:
    # Channels are only made here, never heard: nothing of the stream is asked.
    door = SimpleNamespace(tokens=None, follower=None, history=None)
    return SimpleNamespace(door=door, flush=None, books=None, channels=[])


def _spot() -> dict[str, str]:
    reads = dict.fromkeys(spot.READS | spot.TOKENS, READS)
    return dict.fromkeys(spot.PUBLIC, PUBLIC) | reads | dict.fromkeys(spot.TRADES, TRADES)


def _futures() -> dict[str, str]:
    reads = dict.fromkeys(futures.READS, READS)
    return dict.fromkeys(futures.PUBLIC, PUBLIC) | reads | dict.fromkeys(futures.TRADES, TRADES)


def _events() -> tuple[str, ...]:
    return futures_session.EVENTS


def _spot_errors() -> list[str]:
    return [f"{kind}:{one}" for kind, every in SPOT_ERRORS.items() for one in every.split("|")]


def _texts(api: str) -> str:
    return "".join(one.read_text() for one in sorted((SOURCE / api).rglob("*.py")))


def _served(names: Iterable[str], ours: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(one, "served" if one in ours else "not served", ours.get(one, "")) for one in names]


def _returned(names: Iterable[str], source: str) -> list[tuple[str, str, str]]:
    # A text of the code, whole or with a field behind it.
    found = ((one, re.search(rf'"{re.escape(one)}[":]', source)) for one in names)
    return [(one, "returned" if known else "never returned", "") for one, known in found]


def _table(head: str, rows: list[tuple[str, str, str]]) -> str:
    needs = any(one[2] for one in rows)
    lines = [f"| {head} | state |" + (" needs |" if needs else ""), "|---|---|" + "---|" * needs]
    for name, state, need in rows:
        lines.append(f"| `{name}` | {state} |" + (f" {need} |" if needs else ""))
    return "\n".join(lines)
