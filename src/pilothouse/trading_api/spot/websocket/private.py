"""What the private channels share: a subscription, whose messages are numbered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pilothouse.trading_api.feeds.socket import Outlet
from pilothouse.trading_api.spot.websocket.options import Options
from pilothouse.venue.catalogue import to_json


@dataclass
class Subscription:
    """One client's subscription of its own account."""

    channel: str
    account: int
    options: Options
    outlet: Outlet
    sequence: int = 0

    def message(self, kind: str, rows: list[dict[str, Any]]) -> bytes:
        """Return the next message; messages of a subscription are numbered from one."""
        self.sequence += 1
        made = {"channel": self.channel, "type": kind, "data": rows, "sequence": self.sequence}
        return to_json(made)
