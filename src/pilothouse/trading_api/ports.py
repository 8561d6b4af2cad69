"""What the traders' door needs of the rooms below it, and of the key store it is handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from pilothouse.language.names import Receipt
from pilothouse.language.rows import Message
from pilothouse.venue.standstill import Standstill


class Key(Protocol):
    """An API key: who it acts for, and what it may do."""

    @property
    def public(self) -> str:
        """Return the public half."""

    @property
    def secret(self) -> bytes:
        """Return the secret half, decoded from base64."""

    @property
    def account(self) -> int:
        """Return the account it acts for."""

    @property
    def may_trade(self) -> bool:
        """Tell whether it may do more than read and cancel."""

    @property
    def may_cancel(self) -> bool:
        """Tell whether it may take orders away."""

    def admits(self, address: str, now_s: int) -> bool:
        """Tell whether it may be used from an address at a moment, seconds since the epoch."""


FindKey = Callable[[str], Key | None]


class Venue(Protocol):
    """The way to the writer: commands go in, receipts come back."""

    async def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send messages and return their receipts, in order."""


class Replica(Protocol):
    """A replica that follows the journal."""

    @property
    def position(self) -> int:
        """Return the position of the last command it has stepped."""

    @property
    def fault(self) -> str | None:
        """Return the sentence why it stopped, None while it follows."""

    @property
    def time(self) -> int:
        """Return the time of the last block it has stepped, microseconds since the epoch."""

    @property
    def now_us(self) -> int:
        """Return the exchange's time now, microseconds since the epoch."""

    @property
    def standstill(self) -> Standstill | None:
        """Say since when nothing new was seen, None while blocks come."""

    @property
    def clock_held(self) -> str:
        """Say why the exchange's time does not follow the machine's clock; empty while it does."""

    def machine(self) -> AbstractContextManager[Any]:
        """Return the machine between two blocks, held while it is read."""
