"""The arguments of a futures request, from its query, its body or an entry of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pilothouse.records.client_ids import FUTURES_ORDER, number_of_uuid
from pilothouse.trading_api import texts
from pilothouse.trading_api.futures.errors import (
    CONTRACT_NOT_FOUND,
    REQUIRED_ARGUMENT_MISSING,
    Refused,
    invalid,
)
from pilothouse.trading_api.listing import Listing, Market
from pilothouse.trading_api.lists import TooManyNames, names_of

ORDER = FUTURES_ORDER


class Arguments:
    """Fields in their order, a name may come more than once. A wrong one raises Refused."""

    def __init__(self, fields: Sequence[tuple[str, Any]]) -> None:
        self._fields = fields

    def every(self, most: int, *names: str) -> list[str]:
        """Return all texts of a name, each once: sent many times, with [], or separated by commas.

        More than `most` of them are refused.
        """
        wanted = {*names, *(f"{name}[]" for name in names)}
        found: list[str] = []
        for name, value in self._fields:
            if name in wanted:
                values = value if isinstance(value, list) else [value]
                found += [text for one in values if (text := texts.text_of(one))]
        try:
            return names_of(found, most)
        except TooManyNames:
            raise invalid(names[0]) from None

    def text(self, *names: str) -> str | None:
        """Return an argument under any of its names as text, None if absent or empty."""
        for name, value in reversed(self._fields):
            if name in names:
                if isinstance(value, Mapping | list):
                    raise invalid(name)
                return texts.text_of(value) or None
        return None

    def need(self, *names: str) -> str:
        """Return an argument that must be there."""
        found = self.text(*names)
        if found is None:
            raise Refused(REQUIRED_ARGUMENT_MISSING)
        return found

    def flag(self, name: str) -> bool:
        """Return a boolean, False if absent."""
        found = texts.flag_of(self.text(name) or "")
        if found is None:
            raise invalid(name)
        return found

    def choice(self, name: str, known: Mapping[str, Any]) -> Any:
        """Return what one of the known words means; letters' case does not matter."""
        text = self.need(name).lower()
        if text not in known:
            raise invalid(name)
        return known[text]

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, `default` if absent."""
        text = self.text(name)
        found = default if text is None else texts.integer_of(text)
        if found is None or not low <= found <= high:
            raise invalid(name)
        return found

    def date(self, name: str) -> int | None:
        """Return a date or milliseconds as microseconds, None if absent."""
        text = self.text(name)
        if text is None:
            return None
        millis = texts.integer_of(text)
        if millis is not None and abs(millis) < 1 << 50:
            return millis * 1_000
        try:
            made = datetime.fromisoformat(text)
            # A time without a zone is UTC, whatever zone this process is in.
            zoned = made if made.tzinfo else made.replace(tzinfo=UTC)
            return round(zoned.timestamp() * 1_000_000)
        except (ValueError, OverflowError, OSError):
            raise invalid(name) from None

    def contract(self, listing: Listing, name: str = "symbol") -> Market:
        """Return the contract an argument names."""
        found = listing.contract(self.need(name))
        if found is None:
            raise Refused(CONTRACT_NOT_FOUND)
        return found

    def order(self) -> int | None:
        """Return the number of the order that `order_id` names, 0 for none of ours."""
        text = self.text("order_id", "orderId")
        return None if text is None else number_of_uuid(ORDER, text) or 0
