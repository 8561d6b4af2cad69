"""A futures request that was understood: whose it is and what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pilothouse.trading_api.counted import Once
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.futures.arguments import Arguments
from pilothouse.trading_api.futures.errors import AUTHENTICATION_ERROR, Refused
from pilothouse.trading_api.meter import Meter, Payer
from pilothouse.trading_api.ports import Key


@dataclass(frozen=True)
class Call:
    """What a handler is given. `signer` is the key of a private request, `path` its parts.

    `payer` is charged for it; only the orders of a market are always their account's.
    `once` has the journal remember one that acts; `sendorder` calls it when it is charged.
    """

    door: Door
    arguments: Arguments
    meter: Meter
    signer: Key | None = None
    path: dict[str, str] = field(default_factory=dict)
    once: Once = field(default_factory=Once)
    payer: Payer = 0

    @property
    def key(self) -> Key:
        """Return the key of a private request."""
        if self.signer is None:
            raise Refused(AUTHENTICATION_ERROR)
        return self.signer


Handler = Callable[[Call], Awaitable[Any]]
