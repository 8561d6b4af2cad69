"""What the verbs ask of whoever hears a change's words. A hearer is a module with these names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from pilothouse.control.powers import Give
from pilothouse.control.register import Write
from pilothouse.language.names import Receipt
from pilothouse.language.schema import Command

Words = Command | Write | Give
"""What one step of a change says."""

Answered = Callable[[datetime], Receipt]
"""Gives the receipt of what was said. It is called within the transaction that writes the receipt
down, so that what is kept in the same database is written there and then."""


class Hearer(Protocol):
    """The exchange, the register or the keepers of powers.

    `number` is that of the step within its change.
    """

    def stored(self, words: Any) -> dict[str, Any]:
        """Return words as JSON for a step's row."""

    def words(self, stored: dict[str, Any]) -> Words:
        """Return the words that a step's row holds."""

    def signed(self, words: Any, change: int, number: int) -> str:
        """Return the very bytes that are signed, as hexadecimal text."""

    def impact(self, words: Any, change: int, number: int, after: Sequence[Any] = ()) -> Any:
        """Rehearse the words, after those of earlier stages; nothing is changed.

        The answer has `position` and `outcome`.
        """

    def play_out(self, words: Any, change: int, number: int, after: Sequence[Any] = ()) -> Any:
        """Rehearse on and on until nothing moves, or return None where nothing ever moves."""

    def shocks(self, words: Any, change: int, number: int, after: Sequence[Any] = ()) -> Any:
        """Rehearse under moved marks, or return None where marks do not matter."""

    def say(self, words: Any, change: int, number: int, name: int) -> Answered:
        """Say the words of a step; said again under the same name they are heard once.

        Raises ConnectionError or TimeoutError when nobody answers.
        """

    def wait_for(self, position: int, timeout_s: float) -> bool:
        """Wait until what was said at a position can be read back; tell whether it can."""

    def event_at(self, position: int) -> dict[str, Any] | None:
        """Return what came of the words said at a position, or None if it is not known yet."""
