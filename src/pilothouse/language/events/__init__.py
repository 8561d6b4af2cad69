"""The events: everything that happens, one topic a file. A refusal is a receipt, not an event."""

from pilothouse.language.events.funding import FundingPaid, FundingRateSet
from pilothouse.language.events.liquidation import (
    CollateralConverted,
    InsurancePaid,
    ProtectionEnded,
    ProtectionStepTaken,
)
from pilothouse.language.events.listings import (
    AccountOpened,
    AssetListed,
    ExchangeCreated,
    FeeScheduleSet,
    MarketListed,
    TableGrown,
)
from pilothouse.language.events.margin_schedule import MarginScheduleSet
from pilothouse.language.events.market_status import MarketStatusSet
from pilothouse.language.events.money import Deposited, Transferred
from pilothouse.language.events.orders import OrderCancelled, OrderFilled, OrderPlaced
from pilothouse.language.events.positions import PositionChanged
from pilothouse.language.events.price_band import PriceBandSet
from pilothouse.language.events.prices import IndexHeld, IndexSet, IndexSourcesLeftOut, MarkSet

__all__ = [
    "AccountOpened",
    "AssetListed",
    "CollateralConverted",
    "Deposited",
    "ExchangeCreated",
    "FeeScheduleSet",
    "FundingPaid",
    "FundingRateSet",
    "IndexHeld",
    "IndexSet",
    "IndexSourcesLeftOut",
    "InsurancePaid",
    "MarginScheduleSet",
    "MarkSet",
    "MarketListed",
    "MarketStatusSet",
    "OrderCancelled",
    "OrderFilled",
    "OrderPlaced",
    "PositionChanged",
    "PriceBandSet",
    "ProtectionEnded",
    "ProtectionStepTaken",
    "TableGrown",
    "Transferred",
]
