"""Acknowledgements and errors of WebSocket v2, their fields in the order of the alphabet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.trading_api.figures import iso_micros
from pilothouse.venue.catalogue import to_json
from pilothouse.venue.clock import wall_clock_us


class Answering:
    """The answers to one request: each says when it came and when it was answered."""

    def __init__(self, method: str | None = None, number: int | None = None) -> None:
        self.method, self.number = method, number
        self._came = wall_clock_us()

    def success(self, result: Mapping[str, Any]) -> bytes:
        """Return an acknowledgement."""
        made: dict[str, Any] = {"method": self.method, "result": result, "success": True}
        return self._stamped(made)

    def failure(self, error: str, told: Mapping[str, str]) -> bytes:
        """Return an error; `told` is what it says about the request."""
        made: dict[str, Any] = {"error": error, **told}
        if self.method is not None:
            # What an unsubscription was refused for is told of the subscription.
            made["method"] = "subscribe" if self.method == "unsubscribe" else self.method
        return self._stamped(made | {"success": False})

    def pong(self) -> bytes:
        """Return the answer to a ping."""
        return self._stamped({"method": "pong"})

    def _stamped(self, made: dict[str, Any]) -> bytes:
        if self.number is not None:
            made["req_id"] = self.number
        made["time_in"] = iso_micros(self._came)
        made["time_out"] = iso_micros(wall_clock_us())
        return to_json(dict(sorted(made.items())))
