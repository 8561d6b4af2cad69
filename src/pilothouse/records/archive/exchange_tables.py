"""The tables that the journal fills: what happened, in the exchange's own integers."""

from __future__ import annotations

from typing import Final

from pilothouse.records.archive.definitions import (
    Column,
    Kind,
    Mask,
    Table,
    Undated,
    account,
    define,
    integer,
    moment,
    of_words,
    text,
)

_HEAD: Final = (
    moment("time of the block, UTC"),
    integer("position", "position in the journal of the command it followed from"),
)
_EVENT: Final = integer(
    "event",
    "rises from event to event of an account: block times 2^24 and place in it; masked readers "
    "get the accounts of a block in the order of their pseudonyms",
)
_MARKET: Final = integer("market", "the market, see `markets`")
_ASSET: Final = integer("asset", "the asset, see `assets`")
_CAUSE: Final = (
    of_words("cause", "why: a change, an incident, a control, genesis"),
    integer("cause_id", "number of the change, case, incident, control or playbook"),
)


def _price(name: str, doc: str) -> Column:
    return integer(name, doc, "price units")


def _quantity(name: str, doc: str) -> Column:
    return integer(name, doc, "quantity units")


ORDERS: Final = define(
    "orders",
    "What became of orders: one row when one is placed, refused, or its rest is cancelled.",
    (
        *_HEAD,
        of_words("deed", "placed, refused or cancelled"),
        account(),
        _MARKET,
        integer("order_number", "its number; a refused order has none"),
        of_words("side", "buy or sell"),
        of_words("order_type", "limit or market"),
        of_words("time_in_force", "how long its rest stays"),
        integer("post_only", "1 if it only rests"),
        integer("reduce_only", "1 if it only reduces a position"),
        _price("price", "its limit; 0 for a market order without one"),
        _quantity("quantity", "how much; of a cancelled order how much was left"),
        of_words("reason", "why it was cancelled"),
        of_words("refusal", "why it was refused"),
        integer("user_ref", "the client's number for it", mask=Mask.NAME),
        text("client_order_id", "the client's own name for it", Mask.NAME),
    ),
)
FILLS: Final = define(
    "fills",
    "Two orders traded, or a position was unwound. `side` is the taker's.",
    (
        *_HEAD,
        _MARKET,
        integer("trade", "number of the trade"),
        of_words("fill_kind", "trade, liquidation or unwind"),
        of_words("side", "the taker's side"),
        _price("price", "the resting order's price"),
        _quantity("quantity", "how much"),
        integer("value", "price times quantity, rounded down once", "quote base units"),
        integer("taker_order", "the order that came, 0 for an action of the venue"),
        account("taker_account", "who took"),
        integer("taker_fee", "the taker's fee", "quote base units"),
        integer("taker_tier", "the lowest fee tier with exactly this fee, 0 if none has it"),
        integer("maker_order", "the order that rested, 0 in an unwind"),
        account("maker_account", "who rested"),
        integer("maker_fee", "the maker's fee", "quote base units"),
        integer("maker_tier", "the lowest fee tier with exactly this fee, 0 if none has it"),
    ),
)
LEDGER: Final = define(
    "ledger_entries",
    "Every movement of money; the entries of an asset sum to zero.",
    (
        *_HEAD,
        account(),
        of_words("wallet", "where the balance is held"),
        _ASSET,
        integer("amount", "positive is received, negative is paid", "base units"),
        of_words(
            "entry_type",
            "deposit, transfer, trade, fee, realised, funding, insurance or conversion",
        ),
        integer("market", "the market it came from, 0 for none"),
        integer("trade", "the trade it came from, 0 for none"),
    ),
    # An account is credited when it is opened: the order of these is the order of the accounts.
    undated=Undated("entry_type", ("deposit", "transfer")),
)
POSITIONS: Final = define(
    "positions",
    "Every change of a position: what it became.",
    (
        *_HEAD,
        _EVENT,
        account(),
        _MARKET,
        _quantity("quantity", "the new size, negative for short"),
        integer("entry_cost", "the new signed cost of entry", "settlement base units"),
        integer("realised", "profit realised by this change", "settlement base units"),
    ),
)
MARKS: Final = define(
    "marks",
    "The marks of contracts as they moved.",
    (
        *_HEAD,
        _EVENT,
        _MARKET,
        integer("mark", "the new mark", "hundredths of a price unit"),
        integer("index", "the index it is made from", "hundredths of a price unit"),
    ),
)
INDEXES: Final = define(
    "indexes",
    "The indexes of assets as they moved.",
    (
        *_HEAD,
        _ASSET,
        integer("index_e12", "the median of live sources", "10^-12 dollars"),
        integer("sources", "how many sources were live"),
    ),
)
FUNDING: Final = define(
    "funding",
    "Accrued funding that was paid to or by a position.",
    (
        *_HEAD,
        account(),
        _MARKET,
        _quantity("quantity", "the position it was paid on"),
        integer("amount", "positive is received", "settlement base units"),
    ),
)
FUNDING_RATES: Final = define(
    "funding_rates",
    "The hourly funding rates.",
    (
        *_HEAD,
        _MARKET,
        integer("rate_e12", "relative rate of the coming hour", "10^-12"),
        integer("premium_e12", "average premium of the hour that ended", "10^-12"),
    ),
)
LIQUIDATIONS: Final = define(
    "liquidations",
    "The steps of the equity protection process (liquidation), with their inputs.",
    (
        *_HEAD,
        _EVENT,
        account(),
        of_words("deed", "the step, insurance_paid, collateral_converted, or ended"),
        integer("market", "the contract; 0 or null if it concerns all"),
        integer("equity", "equity before; after, when it ended", "micro-dollars"),
        integer("initial", "initial margin with orders before", "micro-dollars"),
        integer("maintenance", "maintenance margin", "micro-dollars"),
        _quantity("quantity", "what the step wanted to close"),
        _price("price", "the worst price it took"),
        integer("asset", "the asset the insurance pool paid or bought; null if it did not"),
        integer("amount", "what the insurance pool paid or bought", "base units"),
    ),
)
MARKET_STATUSES: Final = define(
    "market_statuses",
    "The statuses of markets, by version; version 1 is the listing's.",
    (*_HEAD, _MARKET, integer("version", "version of the market's status"),
     of_words("status", "what it takes from then on"), of_words("before", "the status before"),
     *_CAUSE),
)  # fmt: skip
PRICE_BANDS: Final = define(
    "price_bands",
    "The price bands of markets, by version; version 1 is the listing's.",
    (*_HEAD, _MARKET, integer("version", "version of the market's band"),
     integer("band_ppm", "largest distance from the reference, 0 for none", "ppm"),
     integer("before_ppm", "the band before", "ppm"), *_CAUSE),
)  # fmt: skip
MARGIN_SCHEDULES: Final = define(
    "margin_schedules",
    "The margin schedules of contracts, by version: one row a tier; tier 0 is a removal.",
    (
        *_HEAD,
        _MARKET,
        integer("version", "version of the contract's schedules"),
        of_words("client_class", "class of clients, any for all"),
        integer("jurisdiction", "ISO 3166 numeric country code, 0 for all"),
        moment("for positions opened from then on; the epoch for all", "opened_from"),
        integer("tier", "place of the tier, from 1"),
        integer("floor_usd", "notional from which the tier holds", "dollars"),
        integer("initial_ppm", "initial margin", "ppm"),
        integer("maintenance_ppm", "maintenance margin", "ppm"),
        integer("accounts_below_initial", "accounts newly below initial margin"),
        integer("accounts_below_maintenance", "accounts newly below maintenance margin"),
        integer("notional_below_initial", "their notional", "micro-dollars"),
        integer("notional_below_maintenance", "their notional", "micro-dollars"),
        *_CAUSE,
    ),
)
FEE_SCHEDULES: Final = define(
    "fee_schedules",
    "The fee schedules, one row a tier.",
    (
        *_HEAD,
        integer("fee_schedule", "its number"),
        integer("version", "how often it was set, from 1"),
        integer("tier", "place of the tier, from 1"),
        integer("volume_from_usd", "thirty-day volume from which it holds", "dollars"),
        integer("maker_ppm", "fee of a resting order", "ppm"),
        integer("taker_ppm", "fee of an order that takes", "ppm"),
    ),
)


def _unit(name: str, doc: str) -> Column:
    return Column(name, Kind.UNIT, doc)


ASSETS: Final = define(
    "assets",
    "The assets, as they were listed. An amount times `unit` is its exact decimal.",
    (
        *_HEAD,
        integer("asset", "its number"),
        text("symbol", "its name as Kraken spells it"),
        text("display", "the name clients see"),
        integer("decimals", "decimals of its base unit"),
        _unit("unit", "what one base unit is worth in whole units"),
        integer("collateral", "1 if the futures wallet takes it"),
        integer("haircut_ppm", "share of its value that does not count", "ppm"),
    ),
)
MARKETS: Final = define(
    "markets",
    "The markets, as they were listed. A price times `price_unit` is its exact decimal.",
    (
        *_HEAD,
        integer("market", "its number"),
        text("symbol", "its name"),
        of_words("market_kind", "what is traded"),
        integer("base", "base asset; of a contract the asset of its index"),
        integer("quote", "quote asset; of a contract the asset it settles in"),
        integer("price_decimals", "decimals of a price"),
        _unit("price_unit", "what one price unit is worth"),
        integer("quantity_decimals", "decimals of a quantity"),
        _unit("quantity_unit", "what one quantity unit is worth"),
        _price("tick", "smallest step of a price"),
        _quantity("lot", "smallest step of a quantity"),
        integer("fee_schedule", "number of its fee schedule, 0 for none"),
        account("clearing_account", "a contract's clearing account, 0 for none"),
        account("insurance_account", "the account of its insurance pool, 0 for none"),
    ),
)
ACCOUNTS: Final = define(
    "accounts",
    "The accounts, as they were opened.",
    (
        *_HEAD,
        account("account", "its number"),
        of_words("client_class", "the client's regulatory class"),
        of_words("purpose", "a client's, or one of the house's own"),
        integer("jurisdiction", "ISO 3166 numeric country code, 0 if not known"),
        integer("firm", "number of the firm it belongs to, 0 for none", mask=Mask.FIRM),
        integer("orders_max", "open orders it may have, 0 for the default share"),
    ),
    undated=Undated(),
)
JOURNAL_TABLES: Final[tuple[Table, ...]] = (
    ORDERS, FILLS, LEDGER, POSITIONS, MARKS, INDEXES, FUNDING, FUNDING_RATES, LIQUIDATIONS,
    MARKET_STATUSES, PRICE_BANDS, MARGIN_SCHEDULES, FEE_SCHEDULES, ASSETS, MARKETS, ACCOUNTS,
)  # fmt: skip
"""The tables that are folded from the journal."""
JOURNALED: Final = frozenset(one.name for one in JOURNAL_TABLES)
"""Their names."""


def is_derived(table: Table) -> bool:
    """Tell whether a table's rows are elsewhere too: in the journal, or in the database."""
    return table.picture or table.name in JOURNALED
