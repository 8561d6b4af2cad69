"""What the twin remembers: plain objects in dictionaries, one for each thing there is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction

from pilothouse.language.commands import FeeTier, ListAsset, ListMarket, MarginTier, PlaceOrder
from pilothouse.language.kinds import MarketStatus, Purpose

FIRST_VERSION = 1
NO_SCOPE = (0, 0, 0)


@dataclass
class Account:
    """An account and what it has traded, by day."""

    client_class: int
    jurisdiction: int
    purpose: int
    orders_max: int
    traded: dict[int, int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Asset:
    """An asset, what each source says of it and since when, and its index in dollars a unit."""

    listing: ListAsset
    told: dict[int, tuple[int, int]] = field(default_factory=dict)
    since: dict[int, int] = field(default_factory=dict)
    index_e12: int = 0
    good_until: int = 0
    back_at: int = 0
    held: list[tuple[int, int]] = field(default_factory=list)
    """Prices held back without a break, each with its time."""
    anchor: tuple[int, int] = (0, 0)


@dataclass
class Market:
    """A market with everything about it that moves."""

    listing: ListMarket
    clearing: int = 0
    status: MarketStatus = MarketStatus.ONLINE
    status_version: int = FIRST_VERSION
    band_ppm: int = 0
    band_version: int = FIRST_VERSION
    last_price: int = 0
    ordered: bool = False
    """Whether anybody ever placed an order in it."""
    index: int = 0
    mark: int = 0
    marked_at: int = 0
    premium: int = 0
    tradable_since: int = 0
    premium_sum: int = 0
    premium_ms: int = 0
    funding_base: int = 0
    funding_payment: int = 0
    schedules: dict[tuple[int, int, int], tuple[MarginTier, ...]] = field(default_factory=dict)
    schedule_version: int = FIRST_VERSION


@dataclass
class Order:
    """An order that rests, or is just being placed."""

    number: int
    asked: PlaceOrder
    price: int
    remaining: int
    held: int = 0
    holds_all: bool = False
    """A market order that holds all there is, less than its limit may need."""
    placed_at: int = 0


@dataclass
class Position:
    """A position: signed size, signed cost of entry."""

    quantity: int = 0
    entry_cost: int = 0
    opened_at: int = 0
    funding_seen: int = 0


@dataclass
class Books:
    """Everything the exchange knows."""

    accounts: list[Account] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)
    markets: list[Market] = field(default_factory=list)
    fees: dict[int, tuple[FeeTier, ...]] = field(default_factory=dict)
    available: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    held: dict[tuple[int, int, int], int] = field(default_factory=lambda: defaultdict(int))
    orders: dict[int, Order] = field(default_factory=dict)
    positions: dict[tuple[int, int], Position] = field(
        default_factory=lambda: defaultdict(Position)
    )
    house: dict[int, int] = field(default_factory=dict)
    dollar: int = 0
    signed: bool = False
    """Whether the present command comes from change control."""
    time: int = 0
    hour_started: int = 0
    trades: list[tuple[int, ...]] = field(default_factory=list)
    cancelled: list[tuple[int, int]] = field(default_factory=list)
    protected: set[int] = field(default_factory=set)
    """Accounts in equity protection at the end of the block before."""

    def account(self, number: int) -> Account | None:
        """Return an account by its number."""
        return self.accounts[number - 1] if 1 <= number <= len(self.accounts) else None

    def is_of_the_house(self, number: int) -> bool:
        """Say whether a known account is one of the house's own."""
        return self.accounts[number - 1].purpose != Purpose.CLIENT

    def asset(self, number: int) -> Asset | None:
        """Return an asset by its number."""
        return self.assets[number - 1] if 1 <= number <= len(self.assets) else None

    def market(self, number: int) -> Market | None:
        """Return a market by its number."""
        return self.markets[number - 1] if 1 <= number <= len(self.markets) else None

    def unit_value(self, market: Market) -> Fraction:
        """Return the base units of the quote asset in one price unit times one quantity unit."""
        one = market.listing
        decimals = self.assets[one.quote - 1].listing.decimals
        return Fraction(10) ** (decimals - one.price_decimals - one.quantity_decimals)
