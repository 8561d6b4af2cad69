"""Hand-made blocks for tests of folds: commands with receipts, and events as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilothouse.language.names import Name, Receipt, Sender
from pilothouse.language.rows import Happened, Message, Rows, to_rows
from pilothouse.language.schema import ROW_WORDS, Command


@dataclass(frozen=True)
class Span:
    first_position: int
    time: int
    rows: Rows
    receipts: NDArray[np.int64]
    events: Rows


def event_row(happened: Happened) -> list[int]:
    words = [happened.event.number, happened.position, happened.time, happened.account]
    words += [int(getattr(happened.event, slot.name)) for slot in happened.event.layout.slots]
    return words + [0] * (ROW_WORDS - len(words))


def span(
    first_position: int,
    time: int,
    asked: Sequence[tuple[Command, Receipt]] = (),
    events: Sequence[Happened] = (),
) -> Span:
    rows = [
        to_rows(Message(command, Name(Sender.GATEWAY, 1, first_position + k)))
        for k, (command, _) in enumerate(asked)
    ]
    receipts = [[one.position, one.outcome, one.made, one.repeated] for _, one in asked]
    return Span(
        first_position,
        time,
        np.concatenate(rows) if rows else np.zeros((0, ROW_WORDS), np.int64),
        np.array(receipts, np.int64).reshape(-1, 4),
        np.array([event_row(one) for one in events], np.int64).reshape(-1, ROW_WORDS),
    )
