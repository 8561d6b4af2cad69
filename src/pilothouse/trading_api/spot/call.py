"""A request that was understood: whose it is and what it says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from pilothouse.trading_api.counted import Once
from pilothouse.trading_api.door import Door
from pilothouse.trading_api.meter import Meter
from pilothouse.trading_api.ports import Key
from pilothouse.trading_api.spot.arguments import Arguments
from pilothouse.trading_api.spot.errors import INVALID_KEY, Refused


@dataclass(frozen=True)
class Call:
    """What a handler is given. `signer` is the key of a private request.

    `once` has the journal remember one that acts; a placing handler calls it when it is charged.
    """

    door: Door
    arguments: Arguments
    meter: Meter
    signer: Key | None = None
    once: Once = field(default_factory=Once)

    @property
    def key(self) -> Key:
        """Return the key of a private request."""
        if self.signer is None:
            raise Refused(INVALID_KEY)
        return self.signer


Handler = Callable[[Call], Awaitable[Any]]
