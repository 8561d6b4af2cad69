"""A block of commands as kernels read it: the same bytes as rows of each command's class."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from pilothouse.engine.pointers import TablesType, register
from pilothouse.engine.records import Records
from pilothouse.language import commands as _commands
from pilothouse.language.rows import Rows
from pilothouse.language.schema import COMMAND_HEAD, COMMANDS, ROW_WORDS, Command, Layout
from pilothouse.rules.compiled import UNCOMPILED

assert _commands


def _dtype(names: list[str]) -> np.dtype[Any]:
    padded = names + [f"unused_{k}" for k in range(ROW_WORDS - len(names))]
    return np.dtype([(name, "i8") for name in padded])


def _head_names(layout: Layout) -> list[str]:
    return list(COMMAND_HEAD) + [name for name, place in layout.word_names() if place < ROW_WORDS]


def _tail_names(layout: Layout) -> list[str]:
    return [name for name, place in layout.word_names() if place >= ROW_WORDS]


def _field(cls: type[Command]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


_VIEWS: dict[str, np.dtype[Any]] = {"head": _dtype(list(COMMAND_HEAD))}
for _cls in COMMANDS.values():
    _VIEWS[_field(_cls)] = _dtype(_head_names(_cls.layout))
    if 0 < len(_tail_names(_cls.layout)) <= ROW_WORDS:
        _VIEWS[_field(_cls) + "_tail"] = _dtype(_tail_names(_cls.layout))


class Block:
    """One table for each command, called as the command, and `…_tail` for its second row.

    They are all the same rows, which must outlive them.
    """

    def __init__(self, words: Any) -> None:
        rows = len(words) // ROW_WORDS
        self._addresses = np.empty(2 * len(_VIEWS), np.int64)
        self._addresses[0::2] = words.ctypes.data
        self._addresses[1::2] = rows
        self.address = self._addresses.ctypes.data
        if UNCOMPILED:
            for name, dtype in _VIEWS.items():
                setattr(self, name, Records(words.view(dtype)))


register(Block, TablesType("Block", _VIEWS, constant=True))


def view_block(rows: Rows) -> tuple[Any, Any]:
    """Return (tables, words) of contiguous rows, which must outlive them."""
    words = rows.reshape(-1)
    return Block(words), words
