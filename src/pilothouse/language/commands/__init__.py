"""The commands: everything that can be asked of the exchange, one topic a file."""

from pilothouse.language.commands.accounts import OpenAccount
from pilothouse.language.commands.assets import ListAsset
from pilothouse.language.commands.audit_head import RecordAuditHead
from pilothouse.language.commands.capacity import CreateExchange, GrowTable
from pilothouse.language.commands.doors import OpenDoor
from pilothouse.language.commands.fees import FeeTier, SetFeeSchedule
from pilothouse.language.commands.fingerprint import RecordFingerprint
from pilothouse.language.commands.index import SetIndexPrice
from pilothouse.language.commands.margin_schedule import MarginTier, SetMarginSchedule
from pilothouse.language.commands.market_status import SetMarketStatus
from pilothouse.language.commands.markets import ListMarket
from pilothouse.language.commands.money import Deposit, Transfer
from pilothouse.language.commands.nonces import UseNonce, UseRequest
from pilothouse.language.commands.orders import CancelAllOrders, CancelOrder, PlaceOrder
from pilothouse.language.commands.price_band import SetPriceBand

__all__ = [
    "CancelAllOrders",
    "CancelOrder",
    "CreateExchange",
    "Deposit",
    "FeeTier",
    "GrowTable",
    "ListAsset",
    "ListMarket",
    "MarginTier",
    "OpenAccount",
    "OpenDoor",
    "PlaceOrder",
    "RecordAuditHead",
    "RecordFingerprint",
    "SetFeeSchedule",
    "SetIndexPrice",
    "SetMarginSchedule",
    "SetMarketStatus",
    "SetPriceBand",
    "Transfer",
    "UseNonce",
    "UseRequest",
]
