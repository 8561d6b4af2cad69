"""The arguments of a spot request, read one by one in Kraken's spelling."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from pilothouse.records.client_ids import ORDER, number_of_txid
from pilothouse.trading_api import texts
from pilothouse.trading_api.listing import Listing, Market
from pilothouse.trading_api.lists import NAMES_MAX, TooManyNames, names_of
from pilothouse.trading_api.spot.errors import UNKNOWN_PAIR, Refused, invalid

SECONDS_MAX: Final = 10**11
"""A whole number above it is meant in nanoseconds, below it in seconds."""


class Arguments:
    """Named texts; what was sent empty counts as absent. A wrong one raises Refused."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        """Tell whether an argument was sent with something in it."""
        return self.text(name) is not None

    def any_named(self, prefix: str) -> bool:
        """Tell whether any argument's name begins like that (close[ordertype])."""
        return any(name.startswith(prefix) for name in self._values)

    def text(self, name: str) -> str | None:
        """Return an argument as text, None if it is absent or empty."""
        value = self._values.get(name)
        if isinstance(value, Mapping | list):
            raise invalid(name)
        return texts.text_of(value) or None

    def need(self, name: str) -> str:
        """Return an argument that must be there."""
        found = self.text(name)
        if found is None:
            raise invalid(name)
        return found

    def items(self, name: str, most: int) -> list[Any]:
        """Return an argument that must be a JSON list of at most so many entries."""
        found = self._values.get(name)
        if not isinstance(found, list) or len(found) > most:
            raise invalid(name)
        return found

    def count(self, name: str) -> int:
        """Return how many entries an argument has, 0 if it is no list."""
        found = self._values.get(name)
        return len(found) if isinstance(found, list) else 0

    def names(self, name: str, most: int = NAMES_MAX) -> list[str]:
        """Return at most so many texts, each once: separated by commas, or a JSON list."""
        value = self._values.get(name)
        values = value if isinstance(value, list) else [self.text(name)]
        try:
            return names_of((texts.text_of(one) or "" for one in values), most)
        except TooManyNames:
            raise invalid(name) from None

    def flag(self, name: str) -> bool:
        """Return a boolean, False if absent."""
        found = texts.flag_of(self.text(name) or "")
        if found is None:
            raise invalid(name)
        return found

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, `default` if absent."""
        text = self.text(name)
        found = default if text is None else texts.integer_of(text)
        if found is None or not low <= found <= high:
            raise invalid(name)
        return found

    def choice(self, name: str, known: Mapping[str, Any], default: str | None = None) -> Any:
        """Return what one of the known words means; letters' case does not matter."""
        text = self.text(name) or default
        if text is None or text.lower() not in known:
            raise invalid(name)
        return known[text.lower()]

    def moment(self, name: str) -> int | None:
        """Return a Unix time as microseconds, None if it is absent."""
        found = self.nanoseconds(name)
        return None if found is None else found // 1_000

    def nanoseconds(self, name: str) -> int | None:
        """Return a Unix time as nanoseconds, None if it is absent.

        Seconds may be broken; a whole number too large for seconds is one of nanoseconds, as our
        own answers give them.
        """
        text = self.text(name)
        if text is None:
            return None
        known = texts.integer_of(text)
        if known is not None and known > SECONDS_MAX:
            return known
        whole, _, rest = text.partition(".")
        found = texts.decimal_of(f"{whole}.{rest[:9]}" if rest else whole, 9)
        if found is None:
            raise invalid(name)
        return found

    def date(self, name: str) -> int | None:
        """Return an RFC 3339 time as microseconds, None if absent."""
        text = self.text(name)
        if text is None:
            return None
        try:
            made = datetime.fromisoformat(text)
            if made.tzinfo is None:
                raise invalid(name)
            return round(made.timestamp() * 1_000_000)
        except (ValueError, OverflowError):
            raise invalid(name) from None

    def pair(self, listing: Listing, name: str = "pair") -> Market:
        """Return the pair an argument names."""
        return self.named_pair(listing, name)[1]

    def named_pair(self, listing: Listing, name: str = "pair") -> tuple[str, Market]:
        """Return the pair an argument names, after the name it is answered under."""
        wanted = self.need(name)
        found = listing.pair(wanted)
        if found is None:
            raise Refused(UNKNOWN_PAIR)
        return found.key_for(wanted), found

    def pairs(self, listing: Listing, name: str = "pair") -> dict[str, Market]:
        """Return the pairs an argument names by the names they are answered under, each once, all
        if it names none.
        """
        wanted = self.names(name, NAMES_MAX + len(listing.spot))
        found: dict[int, tuple[str, Market]] = {}
        for one in wanted:
            pair = listing.pair(one)
            if pair is None:
                raise Refused(UNKNOWN_PAIR)
            found.setdefault(pair.number, (pair.key_for(one), pair))
        return dict(found.values()) if wanted else {one.symbol: one for one in listing.spot}

    def orders(self, most: int, name: str = "txid") -> list[int]:
        """Return the order numbers of a list of ids; 0 for what is no id of ours."""
        return [number_of_txid(ORDER, one) or 0 for one in self.names(name, most)]
