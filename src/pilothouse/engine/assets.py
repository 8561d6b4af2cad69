"""Assets: listing them."""

from __future__ import annotations

from typing import Any

from pilothouse.engine import events as emit
from pilothouse.engine.levels import open_book
from pilothouse.engine.state import State
from pilothouse.language.numbers import PPM
from pilothouse.language.refusals import (
    ASSET_TABLE_IS_FULL,
    DECIMALS_ARE_OUT_OF_RANGE,
    HAIRCUT_IS_OUT_OF_RANGE,
    INDEX_RULE_IS_OUT_OF_RANGE,
    SYMBOL_IS_EMPTY,
    SYMBOL_IS_TAKEN,
)
from pilothouse.rules.compiled import inner
from pilothouse.rules.index import (
    OUTLIER_PPM,
    SOURCES_LEAST,
    STEP_ONE_PPM,
    STEP_PPM,
    rule_is_allowed,
)

DECIMALS_MAX = 12


@inner
def list_asset(
    s: State, c: Any, outlier_ppm: int, step_ppm: int, step_one_ppm: int
) -> tuple[int, int]:
    """List an asset as a command asks; return (refusal, asset). Shares of its index rule stand in
    its second row; 0 is the default.
    """
    x = s.exchange[0]
    if c.symbol_0 == 0:
        return SYMBOL_IS_EMPTY, 0
    if c.decimals < 0 or c.decimals > DECIMALS_MAX:
        return DECIMALS_ARE_OUT_OF_RANGE, 0
    if c.haircut_ppm < 0 or c.haircut_ppm > PPM:
        return HAIRCUT_IS_OUT_OF_RANGE, 0
    if not rule_is_allowed(c.sources_least, outlier_ppm, step_ppm, step_one_ppm):
        return INDEX_RULE_IS_OUT_OF_RANGE, 0
    for k in range(1, x.assets_used + 1):
        a = s.assets[k]
        if a.symbol_0 == c.symbol_0 and a.symbol_1 == c.symbol_1 and a.symbol_2 == c.symbol_2:
            return SYMBOL_IS_TAKEN, 0
    if x.assets_used + 1 >= s.assets.shape[0]:
        return ASSET_TABLE_IS_FULL, 0
    x.assets_used += 1
    a = s.assets[x.assets_used]
    a.symbol_0 = c.symbol_0
    a.symbol_1 = c.symbol_1
    a.symbol_2 = c.symbol_2
    a.display_0 = c.display_0
    a.display_1 = c.display_1
    a.decimals = c.decimals
    a.unit_e6 = power_of_ten(c.decimals + 6)
    a.collateral = 1 if c.collateral != 0 else 0
    a.haircut_ppm = c.haircut_ppm
    a.sources_least = c.sources_least if c.sources_least != 0 else SOURCES_LEAST
    a.outlier_ppm = outlier_ppm if outlier_ppm != 0 else OUTLIER_PPM
    a.step_ppm = step_ppm if step_ppm != 0 else STEP_PPM
    a.step_one_ppm = step_one_ppm if step_one_ppm != 0 else STEP_ONE_PPM
    a.triggers_book = open_book(s, 1)
    emit.asset_listed(s, 0, x.assets_used, c.decimals)
    return 0, x.assets_used


@inner
def power_of_ten(exponent: int) -> int:
    """Return ten to a power from 0 to 18."""
    made = 1
    for _ in range(exponent):
        made *= 10
    return made
