"""An exchange on one page, for the tests of change control: it shares no code with the engine.

It has markets with versions, schedules by scope, and accounts that are one number each: the
margin share at which they fall below. It remembers names as the exchange does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pilothouse.control import facts
from pilothouse.language.commands import SetMarginSchedule, SetMarketStatus, SetPriceBand
from pilothouse.language.events import MarginScheduleSet, MarketStatusSet, PriceBandSet
from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.language.names import NAMES_PER_HI, Receipt
from pilothouse.language.refusals import (
    BASE_VERSION_HAS_MOVED,
    IMPACT_ABOVE_WHAT_WAS_SIGNED,
    STATUS_MOVE_IS_NOT_ALLOWED,
)
from pilothouse.language.rows import Message, to_rows
from pilothouse.language.schema import as_json


@dataclass(frozen=True)
class Tier:
    floor_usd: int
    initial_ppm: int
    maintenance_ppm: int


@dataclass(frozen=True)
class Schedule:
    client_class: int
    jurisdiction: int
    opened_from: int
    tiers: tuple[Tier, ...]


@dataclass
class Market:
    number: int
    symbol: str
    kind: int = MarketKind.PERPETUAL_LINEAR
    tradeable: bool = True
    status: int = MarketStatus.ONLINE
    status_version: int = 1
    band_ppm: int = 50_000
    band_version: int = 1
    schedule_version: int = 1
    liquidation_fee_ppm: int = 2_500
    premium_max_ppm: int = 10_000
    bid: int = 599_995
    ask: int = 600_000
    positions_open: int = 0
    mark: int = 0
    index: int = 0
    schedules: list[Schedule] = field(default_factory=list)


@dataclass(frozen=True)
class Account:
    """An account whose equity is this share of its notional."""

    number: int
    equity_ppm: int
    notional: int = 1_000_000_000


@dataclass(frozen=True)
class Impact:
    position: int
    outcome: int
    newly_below_initial: int = 0
    newly_below_maintenance: int = 0
    notional_newly_below_initial: int = 0
    notional_newly_below_maintenance: int = 0
    orders_to_cancel: int = 0
    orders_outside_band: int = 0
    resting_orders: int = 0
    most_affected: tuple[Account, ...] = ()


@dataclass(frozen=True)
class PlayOut:
    position: int
    accounts_liquidated: int


@dataclass(frozen=True)
class Shock:
    move_ppm: int
    notional_without: int
    notional_with: int


EVERYONE = (Tier(0, 20_000, 10_000), Tier(500_000, 40_000, 20_000))
PERPETUAL = 1
SPOT = 2


class Exchange:
    """Venue, rehearsal, follower and reader in one."""

    def __init__(self) -> None:
        self.market_list = {
            PERPETUAL: Market(PERPETUAL, "PF_XBTUSD", schedules=[Schedule(0, 0, 0, EVERYONE)]),
            SPOT: Market(SPOT, "XXBTZUSD", kind=MarketKind.SPOT),
        }
        # One is below maintenance at 2 %, three below initial at 4 %.
        self.accounts = [Account(1, 15_000), Account(2, 30_000), Account(3, 35_000)]
        self.fault: str | None = None
        self.position = 100
        self.time = 0
        self.standstill: Any = None
        self.clock_held = ""
        self.sent: list[Message] = []
        self.receipts: dict[tuple[int, int, int], tuple[bytes, Receipt]] = {}
        self.refuses_to_answer = 0
        self.before_step: Callable[[], None] = lambda: None
        self.follows = True
        self.highest = 0
        self.tells = True

    # the venue
    def highest_number(self, sender: int) -> int:
        numbers = [NAMES_PER_HI * hi + lo for by, hi, lo in self.receipts if by == sender]
        return max([self.highest, *numbers])

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        return [self._one(message) for message in messages]

    def _one(self, message: Message) -> Receipt:
        self.sent.append(message)
        if self.refuses_to_answer == 1:
            raise ConnectionError("the writer is away")
        receipt = self._named(message)
        if self.refuses_to_answer == 2:
            raise ConnectionError("the answer was lost")
        return receipt

    def _named(self, message: Message) -> Receipt:
        name = (message.name.sender, message.name.hi, message.name.lo)
        raw = to_rows(message).tobytes()
        if name in self.receipts:
            known, first = self.receipts[name]
            assert known == raw, "a name was used for another body"
            return replace(first, repeated=True)
        self.before_step()
        self.position += 1
        receipt = Receipt(self.position, self.outcome(message))
        if receipt.accepted:
            self._execute(message)
        self.receipts[name] = (raw, receipt)
        return receipt

    def outcome(self, message: Message) -> int:
        asked: Any = message.command
        if asked.base_version != self.version(asked):
            return BASE_VERSION_HAS_MOVED
        if isinstance(asked, SetMarketStatus) and asked.status == MarketStatus.DELISTED:
            return STATUS_MOVE_IS_NOT_ALLOWED
        if isinstance(asked, SetMarginSchedule):
            for name, count in self.counts(asked).items():
                if 0 <= getattr(asked, f"{name}_max") < count:
                    return IMPACT_ABOVE_WHAT_WAS_SIGNED
        return 0

    def version(self, asked: Any) -> int:
        market = self.market_list[asked.market]
        versions = {
            SetMarginSchedule: market.schedule_version,
            SetMarketStatus: market.status_version,
            SetPriceBand: market.band_version,
        }
        return versions[type(asked)]

    def counts(self, asked: SetMarginSchedule) -> dict[str, int]:
        was = self._everyone(asked.market)
        initial = self._newly(was.initial_ppm, asked, "initial_ppm")
        maintenance = self._newly(was.maintenance_ppm, asked, "maintenance_ppm")
        return {
            "accounts_below_initial": len(initial),
            "accounts_below_maintenance": len(maintenance),
            "notional_below_initial": sum(one.notional for one in initial),
            "notional_below_maintenance": sum(one.notional for one in maintenance),
        }

    def _everyone(self, market: int) -> Tier:
        return next(
            one.tiers[0] for one in self.market_list[market].schedules if not one.opened_from
        )

    def _newly(self, was_ppm: int, asked: SetMarginSchedule, name: str) -> list[Account]:
        if asked.opened_from or not asked.tiers:
            return []
        becomes = getattr(asked.tiers[0], name)
        return [one for one in self.accounts if was_ppm <= one.equity_ppm < becomes]

    def _execute(self, message: Message) -> None:
        asked: Any = message.command
        market = self.market_list[asked.market]
        cause = {"cause": int(message.cause.kind), "cause_id": message.cause.id}
        if isinstance(asked, SetMarginSchedule):
            told: Any = self._set_schedule(market, asked, cause)
        elif isinstance(asked, SetMarketStatus):
            told = self._set_status(market, asked, cause)
        else:
            told = self._set_band(market, asked, cause)
        if self.tells:
            facts.note(self.position, 0, told)

    def _set_schedule(self, market: Market, asked: SetMarginSchedule, cause: Any) -> Any:
        counts = self.counts(asked)
        scope = (int(asked.client_class), asked.jurisdiction, asked.opened_from)
        market.schedules = [
            one
            for one in market.schedules
            if (one.client_class, one.jurisdiction, one.opened_from) != scope
        ]
        if asked.tiers:
            tiers = tuple(Tier(**as_json(one)) for one in asked.tiers)
            market.schedules.append(Schedule(*scope, tiers))
        market.schedule_version += 1
        return MarginScheduleSet(
            market=market.number,
            client_class=asked.client_class,
            jurisdiction=asked.jurisdiction,
            opened_from=asked.opened_from,
            version=market.schedule_version,
            **counts,
            **cause,
        )

    def _set_status(self, market: Market, asked: SetMarketStatus, cause: Any) -> Any:
        was, market.status = MarketStatus(market.status), asked.status
        market.status_version += 1
        return MarketStatusSet(
            market=market.number,
            status=asked.status,
            before=was,
            version=market.status_version,
            accounts_below_maintenance=0,
            notional_below_maintenance=0,
            **cause,
        )

    def _set_band(self, market: Market, asked: SetPriceBand, cause: Any) -> Any:
        was, market.band_ppm = market.band_ppm, asked.band_ppm
        market.band_version += 1
        return PriceBandSet(
            market=market.number,
            band_ppm=asked.band_ppm,
            before_ppm=was,
            version=market.band_version,
            orders_outside=0,
            **cause,
        )

    # the rehearsal
    def impact(self, message: Message, after: Sequence[Message] = ()) -> Impact:
        asked = message.command
        if not isinstance(asked, SetMarginSchedule):
            return Impact(self.position, self.outcome(message), resting_orders=4)
        counts = self.counts(asked)
        return Impact(
            self.position,
            self.outcome(message),
            counts["accounts_below_initial"],
            counts["accounts_below_maintenance"],
            counts["notional_below_initial"],
            counts["notional_below_maintenance"],
            most_affected=tuple(self.accounts[:20]),
        )

    def play_out(self, message: Message, after: Sequence[Message] = ()) -> PlayOut:
        asked: Any = message.command
        return PlayOut(self.position, self.counts(asked)["accounts_below_maintenance"])

    def shocks(self, message: Message, after: Sequence[Message] = ()) -> tuple[Shock, ...]:
        return (Shock(-50_000, 0, 1_000_000), Shock(-100_000, 2_000_000, 5_000_000))

    # the follower
    def wait_for(self, position: int, timeout_s: float) -> bool:
        return self.follows

    @contextmanager
    def machine(self) -> Iterator[Any]:
        yield self

    def listen(self, callback: Callable[[Any], None], since: int | None = 0) -> None:
        callback(type("Span", (), {"events": np.zeros((0, 16), np.int64)}))

    # the reader
    def markets(self) -> list[Market]:
        return list(self.market_list.values())

    def market(self, number: int) -> Market | None:
        return self.market_list.get(number)

    def schedules(self, market: int) -> list[Schedule]:
        return self.market_list[market].schedules

    def below_maintenance(self, market: int) -> int:
        share = self._everyone(market).maintenance_ppm
        return sum(1 for one in self.accounts if one.equity_ppm < share)


class Behind:
    """A follower that has not caught up."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.position = 0
        self.time = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.exchange, name)
