"""Emitters: one function for each event of the language, made from its definition.

`emit.order_filled(s, account, market=…, …)` writes one row: the event's number, the position and
time of the step, the account, then the event's words in the order of its class.
"""

from __future__ import annotations

import re
from typing import Any

from pilothouse.engine.pointers import fetch_row
from pilothouse.engine.state import State
from pilothouse.language import events as _events
from pilothouse.language.schema import EVENTS, Event
from pilothouse.rules.compiled import inner

assert _events

WRITTEN_AHEAD = 8
"""So many rows ahead memory is asked for the lines that events will fill."""


@inner
def _write_head(s: State, number: int, account: int) -> int:
    k = s.scratch[0].events
    s.scratch[0].events = k + 1
    fetch_row(s.events, k + WRITTEN_AHEAD)
    row = s.events[k]
    row.w0 = number
    row.w1 = s.exchange[0].position
    row.w2 = s.exchange[0].time
    row.w3 = account
    return k


def emitter(cls: type[Event]) -> Any:
    """Return the compiled function that writes events of one class."""
    words = list(cls.layout.word_names())
    lines = [f"def emit(s, account, {', '.join(name for name, _ in words)}):"]
    lines += [f"    row = s.events[head(s, {cls.number}, account)]"]
    lines += [f"    row.w{place} = {name}" for name, place in words]
    lines += [f"    row.w{place} = 0" for place in range(cls.layout.fixed_words, 16)]
    scope: dict[str, Any] = {"head": _write_head}
    # The one place where source is made from a definition: a kernel has no other way to a
    # function of named words, and a field stays one line.
    exec("\n".join(lines), scope)
    return inner(scope["emit"])


for _cls in EVENTS.values():
    _name = re.sub(r"(?<!^)(?=[A-Z])", "_", _cls.__name__).lower()
    globals()[_name] = emitter(_cls)


def __getattr__(name: str) -> Any:
    raise AttributeError(f"no event is called {name}")
