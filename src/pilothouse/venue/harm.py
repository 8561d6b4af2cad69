"""Harm: whom equity protection hurt and what it cost, added up from the events of blocks.

Hurt is an account whose position the exchange closed, in whole or in part, at least once: by a
liquidation that filled, or by an unwind. Values are in micro-dollars, since contracts settle in
dollars here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from pilothouse.language.events import InsurancePaid, OrderFilled, ProtectionStepTaken
from pilothouse.language.kinds import FillKind
from pilothouse.language.rows import Rows

KIND, POSITION, TIME, ACCOUNT = range(4)
"""The words every event begins with."""


def _word(event: Any, name: str) -> int:
    return int(event.layout.slot(name).start)


MARKET: Final = _word(OrderFilled, "market")
VALUE: Final = _word(OrderFilled, "value")
FILL_KIND: Final = _word(OrderFilled, "fill_kind")
MAKER_ACCOUNT: Final = _word(OrderFilled, "maker_account")
AMOUNT: Final = _word(InsurancePaid, "amount")


@dataclass(frozen=True)
class Harm:
    """What a span of the journal did to accounts. `first_us` is 0 while nobody was hurt."""

    accounts_hurt: int = 0
    accounts_examined: int = 0
    liquidated_micro_usd: int = 0
    unwound_accounts: int = 0
    unwound_micro_usd: int = 0
    insurance_micro_usd: int = 0
    first_us: int = 0


@dataclass
class HarmCount:
    """Adds up events. `market` counts one contract's fills alone; 0 counts all."""

    market: int = 0
    _hurt: set[int] = field(default_factory=set)
    _examined: set[int] = field(default_factory=set)
    _unwound: set[int] = field(default_factory=set)
    _liquidated: int = 0
    _unwound_value: int = 0
    _insurance: int = 0
    _first_us: int = 0

    def add(self, events: Rows) -> None:
        """Add the events of a block."""
        if not len(events):
            return
        kinds = events[:, KIND]
        self._examined |= _accounts(events[kinds == ProtectionStepTaken.number])
        paid = events[kinds == InsurancePaid.number]
        self._insurance += int(paid[:, AMOUNT].sum())
        fills = events[(kinds == OrderFilled.number)]
        if self.market:
            fills = fills[fills[:, MARKET] == self.market]
        sold = fills[fills[:, FILL_KIND] == FillKind.LIQUIDATION]
        unwound = fills[fills[:, FILL_KIND] == FillKind.UNWIND]
        self._hurt |= _accounts(sold) | _accounts(unwound)
        self._unwound |= {int(one) for one in np.unique(unwound[:, MAKER_ACCOUNT])}
        self._liquidated += int(sold[:, VALUE].sum())
        self._unwound_value += int(unwound[:, VALUE].sum())
        if not self._first_us and len(sold) + len(unwound):
            self._first_us = int(min(*sold[:, TIME], *unwound[:, TIME], _NEVER, _NEVER))

    def harm(self) -> Harm:
        """Return what was added up so far."""
        return Harm(
            accounts_hurt=len(self._hurt),
            accounts_examined=len(self._examined),
            liquidated_micro_usd=self._liquidated,
            unwound_accounts=len(self._unwound),
            unwound_micro_usd=self._unwound_value,
            insurance_micro_usd=self._insurance,
            first_us=self._first_us,
        )


_NEVER: Final = (1 << 63) - 1


def _accounts(events: Rows) -> set[int]:
    return {int(one) for one in np.unique(events[:, ACCOUNT])}
