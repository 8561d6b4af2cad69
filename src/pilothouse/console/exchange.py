"""The machine that pages read: this process's replica, lent between two blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pilothouse.control.ports import NotConnected, ports
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.past import Past
from pilothouse.venue.standstill import words_of


class ExchangeIsAway(RuntimeError):
    """No exchange is followed by this process yet."""


def reach() -> None:
    """Make sure that the exchange can be read."""
    with machine():
        return


@contextmanager
def machine() -> Iterator[Any]:
    """Lend the replica's machine. Read what a page needs and let go: the journal waits."""
    try:
        follower = ports().follower
    except NotConnected:
        raise ExchangeIsAway("the exchange has not answered yet") from None
    with follower.machine() as lent:
        yield lent


def standstill() -> str:
    """Say since when nothing new of the exchange was seen; empty while blocks come."""
    try:
        return words_of(ports().follower.standstill, wall_clock_us())
    except NotConnected:
        return ""


_pasts: list[Past] = []


def past() -> Past:
    """Return the past of the exchange that this process follows; its machines are its own."""
    try:
        home = ports().follower.home
    except NotConnected:
        raise ExchangeIsAway("the exchange has not answered yet") from None
    if not _pasts or _pasts[0].home != home:
        _pasts[:] = [Past(home)]
    return _pasts[0]
