"""Market status: what a market takes. One person may stop; to permit more needs a second one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import Any, Final

from pilothouse.control import forms, market_subject, reopening
from pilothouse.control.kinds.kind import (
    Alternative,
    Ceiling,
    Counts,
    Difference,
    Direction,
    Fields,
    FormField,
    PlannedStep,
    Question,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.ports import MarketFacts, Reader
from pilothouse.control.refusals import Reason, of_the_engine
from pilothouse.language import refusals
from pilothouse.language.commands.market_status import SetMarketStatus
from pilothouse.language.kinds import MarketStatus, OrderType
from pilothouse.rules.market_status import MOVES, executes, takes

NAME: Final = "market_status"
TITLE: Final = "Market status"
WORD: Final = SetMarketStatus
SUBJECT: Final = market_subject.NAME
MANAGED_BY: Final = market_subject.MANAGED_BY
PROTECTS_DIRECTION: Final = "a status that takes fewer orders protects the venue"
QUESTIONS: Final = (
    Question(
        "accounts_below_maintenance",
        "accounts that liquidation reaches again",
        limited=True,
    ),
    Question("notional_below_maintenance", "their notional", "micro-dollars", limited=True),
    Question("resting_orders", "resting orders that stay in the book"),
    Question("holders", "accounts with a position"),
    Question("open_interest", "open interest", "micro-dollars"),
    Question("in_protection", "accounts in equity protection"),
    Question("funding_due", "funding accrued and not paid", "micro-dollars"),
)

ENGINE_COUNTS: Final = ("accounts_below_maintenance", "notional_below_maintenance")
STRICTNESS: Final[tuple[MarketStatus, ...]] = (
    MarketStatus.ONLINE,
    MarketStatus.LIMIT_ONLY,
    MarketStatus.POST_ONLY,
    MarketStatus.REDUCE_ONLY,
    MarketStatus.CANCEL_ONLY,
    MarketStatus.HALTED,
    MarketStatus.DELISTED,
)
"""From what takes every order to what takes none, ever: the order of the form."""
_EFFECTS: Final = {
    Direction.PROTECTS: "tightens",
    Direction.LOOSENS: "loosens",
    Direction.NEUTRAL: "ends the market",
}


def subjects(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Return the markets that trade."""
    return market_subject.trading(reader)


def describe(reader: Reader, subject: str) -> tuple[FormField, ...]:
    """Return the form: the status, chosen from those to which there is a way now."""
    now = reader.market(market_subject.number(subject))
    offered = [one for one in STRICTNESS if now is None or _is_offered(now, one)]
    return (
        FormField(
            "status",
            "Status",
            choices=tuple((one.name.lower(), one.name.lower()) for one in offered),
            value=MarketStatus(now.status).name.lower() if now else "",
            hint=PROTECTS_DIRECTION,
        ),
    )


def _is_offered(market: MarketFacts, status: MarketStatus) -> bool:
    if status == MarketStatus.DELISTED and (market.bid or market.ask or market.positions_open):
        return False
    return bool(status == market.status or reopening.way(market.status, status))


def parse(form: Mapping[str, str]) -> Fields:
    """Return the wish a form means."""
    try:
        status = MarketStatus[form.get("status", "").upper()]
    except KeyError:
        raise Unreadable("status", "not a known status") from None
    return {"market": forms.number(form, "market"), "status": int(status)}


def title(fields: Fields, reader: Reader) -> str:
    """Return the wish as a heading."""
    market = reader.market(fields["market"])
    symbol = market.symbol if market else f"market {fields['market']}"
    return f"{symbol}: status {_word(fields['status'])}"


def objects(fields: Fields) -> tuple[str, ...]:
    """Return what it touches."""
    return (f"market:{fields['market']}:status",)


def markets(fields: Fields) -> tuple[int, ...]:
    """Return the one market."""
    return (fields["market"],)


def base_version(fields: Fields, reader: Reader) -> int:
    """Return the version of the market's status."""
    market = reader.market(fields["market"])
    return market.status_version if market else 0


def check(fields: Fields, reader: Reader, now: datetime) -> Reason | None:
    """Return the first reason why it cannot be."""
    market = reader.market(fields["market"])
    if market is None:
        return of_the_engine(refusals.UNKNOWN_MARKET)
    if market.status == fields["status"]:
        return of_the_engine(refusals.NOTHING_TO_CHANGE)
    if not reopening.way(market.status, fields["status"]):
        return of_the_engine(refusals.STATUS_MOVE_IS_NOT_ALLOWED)
    return None


def plan(fields: Fields, reader: Reader, now: datetime) -> tuple[PlannedStep, ...]:
    """Return the one step where the move is allowed at once, else the stages that lead there."""
    was = before(fields, reader)["status"]
    return reopening.stages(fields, reopening.way(was, fields["status"]), now)


def before(fields: Fields, reader: Reader) -> Fields:
    """Return the status that holds now."""
    market = reader.market(fields["market"])
    return {"market": fields["market"], "status": int(market.status) if market else 0}


def undo(fields: Fields, reader: Reader) -> Fields:
    """Return the wish for the status that holds now, or for post-only on the way there.

    A halted market does not go online at once: it resumes through post-only.
    """
    was = before(fields, reader)
    if was["status"] in MOVES[MarketStatus(fields["status"])]:
        return was
    return was | {"status": int(MarketStatus.POST_ONLY)}


def reversible(fields: Fields, reader: Reader) -> Reversible:
    """Return what the table of moves says of the way back: at once, through stages, or none."""
    was = before(fields, reader)["status"]
    if was in MOVES[MarketStatus(fields["status"])]:
        return Reversible.YES
    return Reversible.PARTLY if MOVES[MarketStatus(fields["status"])] else Reversible.NO


def difference(fields: Fields, reader: Reader) -> tuple[Difference, ...]:
    """Return the status before and after, and whether positions can be closed, where that
    changes.
    """
    was = before(fields, reader)["status"]
    effect = _EFFECTS[_direction(was, fields["status"])]
    made = [Difference("status", _word(was), _word(fields["status"]), effect)]
    trades, will_trade = executes(was), executes(fields["status"])
    if trades and not will_trade:
        made.append(Difference("orders execute", "yes", "no", "tightens"))
    if will_trade and not trades:
        made.append(Difference("orders execute", "no", "yes", "loosens"))
    return tuple(made)


def weight(fields: Fields, reader: Reader) -> Weight:
    """Return A for a stop, B for whatever permits more, D for the end of a market."""
    was = before(fields, reader)["status"]
    direction = _direction(was, fields["status"])
    if fields["status"] == MarketStatus.DELISTED:
        return Weight("D", ("a delisting cannot be undone",), direction)
    if direction is Direction.PROTECTS:
        return Weight("A", ("one person may halt a market",), direction)
    if executes(was):
        return Weight("B", ("it accepts orders that the market refuses now",), direction)
    return Weight("B", ("two people resume a market",), direction)


def _direction(was: int, becomes: int) -> Direction:
    if becomes == MarketStatus.DELISTED:
        # It protects nobody: the market was stopped before, and now it is over.
        return Direction.NEUTRAL
    # Only what permits nothing new protects. What permits the same differs in its ways on.
    stricter = STRICTNESS.index(MarketStatus(becomes)) > STRICTNESS.index(MarketStatus(was))
    protects = stricter and _permits(becomes) <= _permits(was)
    return Direction.PROTECTS if protects else Direction.LOOSENS


def _permits(status: int) -> frozenset[tuple[int, bool, bool] | str]:
    # The sorts of orders a status takes, by type, post-only and reduce-only; and that they trade.
    sorts = product(map(int, OrderType), (False, True), (False, True))
    taken = {one for one in sorts if takes(status, *one)}
    return frozenset(taken | ({"executes"} if executes(status) else set()))


def words(fields: Fields, base_version: int, ceiling: Ceiling | None) -> SetMarketStatus:
    """Return the words the exchange will hear, with the signed ceiling in them."""
    limits = {f"{name}_max": (ceiling or {}).get(name, -1) for name in ENGINE_COUNTS}
    return SetMarketStatus(
        market=fields["market"],
        status=MarketStatus(fields["status"]),
        base_version=base_version,
        **limits,
    )


def impact(answer: Mapping[str, Any]) -> Counts:
    """Return whom liquidation would reach again, and who and what is in the market."""
    return {
        "accounts_below_maintenance": int(answer.get("accounts_reached", 0)),
        "notional_below_maintenance": int(answer.get("notional_reached", 0)),
        "resting_orders": int(answer.get("resting_orders", 0)),
        "holders": int(answer.get("holders", 0)),
        "open_interest": int(answer.get("open_interest_micro_usd", 0)),
        "in_protection": int(answer.get("in_protection", 0)),
        "funding_due": int(answer.get("funding_due_micro_usd", 0)),
    }


def told(event: Mapping[str, Any]) -> Counts:
    """Return whom the engine counted as reached again."""
    return {name: int(event[name]) for name in ENGINE_COUNTS}


def instead(fields: Fields, reader: Reader, now: datetime) -> tuple[Alternative, ...]:
    """Return, for a halt, the status in which clients may still cancel; for an opening that could
    be had at once, the same in stages.
    """
    was = before(fields, reader)["status"]
    slow = reopening.stages(fields, reopening.slow_way(was, fields["status"]), now)
    if len(slow) > 1 and len(plan(fields, reader, now)) == 1:
        sentence = f"{reopening.said(slow)}, each once the market meets its conditions"
        return (Alternative("stages", "In stages", sentence, slow),)
    if fields["status"] != MarketStatus.HALTED:
        return ()
    gentler = fields | {"status": int(MarketStatus.CANCEL_ONLY)}
    return (
        Alternative(
            "cancel_only",
            "Cancel only",
            "nothing trades, and clients may still cancel their orders",
            (PlannedStep(gentler),),
        ),
    )


def holds(fields: Fields, reader: Reader) -> bool:
    """Tell whether the market has this status."""
    market = reader.market(fields["market"])
    return market is not None and market.status == fields["status"]


def _word(status: int) -> str:
    known = status in MarketStatus._value2member_map_
    return MarketStatus(status).name.lower() if known else "none"
