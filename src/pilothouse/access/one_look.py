"""One look: what a page asks about a person again and again is read once while it is made.

A page draws a dozen buttons and lists, and each asks for the same roles. Inside a look the first
answer stays, so all that is shown is of one reading. A deed always reads anew: what is pressed is
checked as it is then.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

Asked = ParamSpec("Asked")
T = TypeVar("T")
_seen: Final[ContextVar[dict[Hashable, Any] | None]] = ContextVar("one_look", default=None)


def once(about: Hashable, read: Callable[[], T]) -> T:
    """Return what was read about something in this look, or read it; outside a look, read it."""
    seen = _seen.get()
    if seen is None:
        return read()
    if about not in seen:
        seen[about] = read()
    found: T = seen[about]
    return found


def in_one_look(view: Callable[Asked, T]) -> Callable[Asked, T]:
    """Make a page in one look. What it starts for later must not outlive it."""

    @wraps(view)
    def made(*given: Asked.args, **named: Asked.kwargs) -> T:
        with _looking({}):
            return view(*given, **named)

    return made


@contextmanager
def anew() -> Iterator[None]:
    """Read everything anew inside, whatever look this is part of."""
    with _looking(None):
        yield


@contextmanager
def _looking(seen: dict[Hashable, Any] | None) -> Iterator[None]:
    before = _seen.set(seen)
    try:
        yield
    finally:
        _seen.reset(before)
