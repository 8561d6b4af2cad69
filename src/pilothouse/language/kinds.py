"""The enumerations of the exchange, in the field's words; where Kraken has one, it is ours."""

from enum import IntEnum


class Side(IntEnum):
    """Which side of a market an order is on."""

    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    """How an order's price is meant."""

    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    """How long an order's rest stays: good till cancelled, immediate or cancel, fill or kill."""

    GTC = 1
    IOC = 2
    FOK = 3


class MarketKind(IntEnum):
    """What is traded in a market. Only spot and linear perpetuals trade in this release."""

    SPOT = 1
    PERPETUAL_LINEAR = 2
    PERPETUAL_INVERSE = 3
    FUTURE_INVERSE = 4
    INDEX = 5


class MarketStatus(IntEnum):
    """What a market takes (Kraken's words, and `halted`, `delisted`)."""

    ONLINE = 1
    POST_ONLY = 2
    LIMIT_ONLY = 3
    REDUCE_ONLY = 4
    CANCEL_ONLY = 5
    HALTED = 6
    DELISTED = 7


class Wallet(IntEnum):
    """Where a balance is held."""

    SPOT = 1
    FUTURES = 2


class ClientClass(IntEnum):
    """The regulatory class of a client. ANY stands in a schedule's scope only."""

    ANY = 0
    RETAIL = 1
    PROFESSIONAL = 2
    INSTITUTION = 3
    HOUSE = 4


class Purpose(IntEnum):
    """Whose account it is: a client's, or one of the house's own."""

    CLIENT = 1
    FEES = 2
    INSURANCE = 3
    CLEARING = 4
    CUSTODY = 5
    LIQUIDATION_DESK = 6
    SUSPENSE = 7


class CauseKind(IntEnum):
    """Why an operator or a machine of ours sent a command. NONE is a client's own order."""

    NONE = 0
    CHANGE = 1
    CASE = 2
    INCIDENT = 3
    CONTROL = 4
    PLAYBOOK = 5
    GENESIS = 6


class CancelReason(IntEnum):
    """Why an order, or the rest of one, left the book."""

    BY_CLIENT = 1
    IMMEDIATE_REST = 2
    SELF_TRADE = 3
    MARGIN = 4
    LIQUIDATION = 5
    MARKET_STATUS = 6
    FILLS_CAPPED = 7
    PRICE_BAND = 8
    FUNDS = 9
    REDUCE_ONLY = 10
    POST_ONLY = 11
    STALE_INDEX = 12


class FillKind(IntEnum):
    """How a fill came about."""

    TRADE = 1
    LIQUIDATION = 2
    UNWIND = 3


class ProtectionStep(IntEnum):
    """A step of the equity protection process, in Kraken's order."""

    CANCEL_ORDERS = 1
    LIQUIDATION = 2
    INSURANCE = 3
    UNWIND = 4
    CONVERSION = 5
