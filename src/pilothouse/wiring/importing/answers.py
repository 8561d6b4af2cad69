"""The shape of Kraken's answers, checked at the edge: figures exact, each fault with its place.

Figures are decimals from the first character on; no binary fraction ever stands between a file and
a command. What an answer does not give is None.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from pilothouse.language.texts import NotPlain, check_all

NUMBER_MAX: Final = 100
"""Characters of a number. A figure of an exchange has a third of them."""
SHOWN_MAX: Final = 60

Figure = Annotated[Decimal, Field(allow_inf_nan=False)]
Share = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False)]
Percent = Annotated[Decimal, Field(ge=0, le=100, allow_inf_nan=False)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Places = Annotated[int, Field(strict=True, ge=0, le=12)]
Symbol = Annotated[StrictStr, Field(min_length=1, max_length=24, pattern=r"^[\x21-\x7e]+$")]


class Refused(ValueError):
    """An answer cannot be imported: the file, the place in it, and the reason."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")


class _Part(BaseModel):
    """A part of an answer. Fields that this release does not read are allowed and ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Pair(_Part):
    """One spot pair of an `AssetPairs` answer."""

    altname: Symbol
    wsname: Annotated[StrictStr, Field(pattern=r"^[^/]+/[^/]+$")] | None = None
    base: Symbol
    quote: Symbol
    pair_decimals: Places
    lot_decimals: Places
    lot_multiplier: Literal[1]
    tick_size: Positive | None = None
    ordermin: NotNegative | None = None
    costmin: NotNegative | None = None
    fees: Annotated[list[tuple[NotNegative, Percent]], Field(min_length=1, max_length=16)]
    fees_maker: list[tuple[NotNegative, Percent]] | None = None
    leverage_buy: list[Annotated[int, Field(strict=True, ge=2)]]
    leverage_sell: list[Annotated[int, Field(strict=True, ge=2)]]
    status: (
        Literal["online", "cancel_only", "post_only", "limit_only", "reduce_only", "delisted"]
        | None
    ) = None


class MarginLevel(_Part):
    """One tier of a contract's margin schedule; its floor is in contracts or in dollars."""

    contracts: NotNegative | None = None
    floor_usd: NotNegative | None = Field(default=None, alias="numNonContractUnits")
    initial: Share = Field(alias="initialMargin")
    maintenance: Share = Field(alias="maintenanceMargin")


Levels = Annotated[list[MarginLevel], Field(min_length=1, max_length=16)]


class Instrument(_Part):
    """One entry of a futures `instruments` answer."""

    symbol: Symbol
    type: Literal["flexible_futures", "futures_inverse", "futures_vanilla", "spot index"]
    tradeable: StrictBool
    base: Symbol | None = None
    quote: Symbol | None = None
    underlying: Symbol | None = None
    tick: Positive | None = Field(default=None, alias="tickSize")
    contract_size: Positive | None = Field(default=None, alias="contractSize")
    trade_precision: Annotated[int, Field(strict=True, ge=-12, le=12)] | None = Field(
        default=None, alias="contractValueTradePrecision"
    )
    position_max: Positive | None = Field(default=None, alias="maxPositionSize")
    levels: Levels | None = Field(default=None, alias="marginLevels")
    retail_levels: Levels | None = Field(default=None, alias="retailMarginLevels")
    funding_coefficient: Annotated[int, Field(strict=True, gt=0)] | None = Field(
        default=None, alias="fundingRateCoefficient"
    )
    funding_rate_max: Share | None = Field(default=None, alias="maxRelativeFundingRate")
    last_trading_time: StrictStr | None = Field(default=None, alias="lastTradingTime")
    post_only: StrictBool = Field(default=False, alias="postOnly")


class AssetPairs(_Part):
    """A whole `AssetPairs` answer."""

    error: Annotated[list[Any], Field(max_length=0)]
    result: Annotated[dict[Symbol, Pair], Field(min_length=1)]


class Instruments(_Part):
    """A whole futures `instruments` answer."""

    result: Literal["success"]
    instruments: Annotated[list[Instrument], Field(min_length=1)]


def read_pairs(text: str) -> tuple[AssetPairs, dict[str, Any]]:
    """Return an `AssetPairs` answer and its original pairs; Refused at the first fault."""
    answer, plain = _read(AssetPairs, text)
    return answer, plain["result"]


def read_instruments(text: str) -> tuple[list[Instrument], list[dict[str, Any]]]:
    """Return the entries of an `instruments` answer and their originals; Refused as above."""
    answer, plain = _read(Instruments, text)
    return answer.instruments, plain["instruments"]


def _read(cls: type[Any], text: str) -> tuple[Any, Any]:
    plain = _parse(text)
    try:
        check_all(plain)
    except NotPlain as hides:
        raise Refused("a text", str(hides)) from None
    try:
        return cls.model_validate(plain), plain
    except ValidationError as faults:
        first = faults.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise Refused(place, _reason(first)) from None


def _reason(fault: Any) -> str:
    if fault["type"] == "missing":
        return "the field is missing"
    return f"{fault['msg']}, not {_short(fault['input'])}"


def _parse(text: str) -> Any:
    def number(kind: type[Any]) -> Callable[[str], Any]:
        return lambda literal: _number(kind, literal, text)

    try:
        return json.loads(
            text,
            parse_int=number(int),
            parse_float=number(Decimal),
            parse_constant=_no_constant,
            object_pairs_hook=_no_name_twice,
        )
    except json.JSONDecodeError as fault:
        raise Refused(f"line {fault.lineno} column {fault.colno}", fault.msg) from None
    except RecursionError:
        raise Refused("line 1", "it is nested too deeply") from None


def _number(kind: type[Any], literal: str, text: str) -> Any:
    # Python refuses the longest ones in words of its own, and knows no place.
    if len(literal) <= NUMBER_MAX:
        with contextlib.suppress(ArithmeticError):
            return kind(literal)
    at = text.index(literal)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    reason = f"the number {_shortened(literal)} is larger or longer than any figure here"
    raise Refused(f"line {line} column {column}", reason)


def _no_constant(name: str) -> Any:
    raise Refused("the answer", f"{name} is no number")


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Refused("the answer", f"{twice!r} is given twice")
    return made


def _short(value: Any) -> str:
    return _shortened(str(value) if isinstance(value, Decimal) else repr(value))


def _shortened(shown: str) -> str:
    return shown if len(shown) <= SHOWN_MAX else shown[: SHOWN_MAX - 3] + "..."
