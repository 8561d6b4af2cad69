"""Who else hears of alerts. `wiring` connects them; this room knows no name of theirs.

A listener is called within the transaction of the deed: what it writes stands or falls with the
alert. What it raises undoes the deed, so a listener writes rows and sends nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pilothouse.access.models import Person
from pilothouse.watch.moves import Verb

OnAlert = Callable[[Any, Verb, Person | None, datetime], None]
"""Called with the alert, the verb, who did it (None: the machine), and when."""

_listeners: list[OnAlert] = []


def connect(on_alert: OnAlert) -> None:
    """Have a listener told of every deed on an alert; once, however often it is connected."""
    if on_alert not in _listeners:
        _listeners.append(on_alert)


def disconnect() -> None:
    """Forget every listener."""
    _listeners.clear()


def tell(alert: Any, verb: Verb, by: Person | None, now: datetime) -> None:
    """Tell every listener of a deed."""
    for one in _listeners:
        one(alert, verb, by, now)
