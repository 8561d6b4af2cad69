"""The `params` of a request, read one by one; a wrong one raises Refused in Kraken's words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from pilothouse.trading_api.spot.websocket.errors import Refused, unsupported_field, wrong_type

SYMBOLS_MAX: Final = 200
"""Pairs that one request may name."""


class Params:
    """Named JSON values."""

    def __init__(self, method: str, values: Mapping[str, Any]) -> None:
        self.method, self._values = method, values

    def only(self, known: Collection[str]) -> None:
        """Refuse a field that is not known."""
        for name in self._values:
            if name not in known:
                raise unsupported_field(name, self.method)

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        found = self._values.get(name)
        if not isinstance(found, str):
            raise wrong_type(name, "a string")
        return found

    def flag(self, name: str, default: bool) -> bool:
        """Return a boolean, `default` if it is absent."""
        found = self._values.get(name, default)
        if not isinstance(found, bool):
            raise wrong_type(name, "a boolean")
        return found

    def integer(self, name: str, default: int) -> int:
        """Return a whole number, `default` if it is absent."""
        found = self._values.get(name, default)
        if not isinstance(found, int) or isinstance(found, bool):
            raise wrong_type(name, "an integer")
        return found

    def choice(self, name: str, known: Collection[str], default: str) -> str:
        """Return one of the known words, `default` if it is absent."""
        found = self._values.get(name, default)
        if found not in known:
            raise wrong_type(name, f"one of {', '.join(known)}")
        return str(found)

    def symbols(self) -> list[str]:
        """Return the pairs a request names: a list that must be there, and not endless."""
        found = self._values.get("symbol")
        if not isinstance(found, list) or not found:
            raise wrong_type("symbol", "an array")
        if len(found) > SYMBOLS_MAX:
            raise wrong_type("symbol", f"an array of at most {SYMBOLS_MAX} strings")
        if not all(isinstance(one, str) for one in found):
            raise wrong_type("symbol", "an array of strings")
        return list(dict.fromkeys(found))


def read(message: Any) -> tuple[str, Params, int | None]:
    """Return the method, the parameters and the id of a request; raise Refused."""
    if not isinstance(message, dict) or not isinstance(message.get("method"), str):
        raise Refused("Malformed request")
    number = message.get("req_id")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise wrong_type("req_id", "an integer")
    values = message.get("params", {})
    if not isinstance(values, dict):
        raise wrong_type("params", "an object")
    return message["method"], Params(message["method"], values), number
