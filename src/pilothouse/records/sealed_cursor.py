"""A cursor: the one row that says how far a part has read the journal, under a seal.

The seal is made with a key of the folder's secret. Moved with SQL, ahead or back, a cursor would
have what lies between passed over or told twice, without a word. So each part believes its cursor
only while the seal fits, and a row that cannot be read is a cursor that was moved.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from django.conf import settings
from django.db.models import Model

from pilothouse.journal.durable import mark_found
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.records.held import is_passing
from pilothouse.records.seals import is_seal, seal_of_words

M = TypeVar("M", bound=Model)
ONLY: Final = 1
"""The key of the only row of its table."""
CANNOT_BE_READ: Final = "it cannot be read"
OTHER_SEAL: Final = "its seal does not fit"


class SealedCursor(Generic[M]):
    """The cursor of one part: its table, and what the seal is over.

    `of` names the key in `PILOTHOUSE_CURSOR_KEYS`. `words` returns plain values of a row, and of
    whatever else must not be changed while the cursor stands there.
    """

    def __init__(self, of: str, model: type[M], words: Callable[[M], Any]) -> None:
        self._of, self._model, self._words = of, model, words

    def row(self) -> M | None:
        """Return the row as it is, None if there is none; raise what reading it raises."""
        return self._model._default_manager.filter(pk=ONLY).first()

    def fault(self) -> str:
        """Return why the row is not as it was written; empty if it is, or if there is none.

        Raises what the database says when it is held or its disk fails.
        """
        try:
            row = self.row()
            return "" if row is None or self._fits(row) else OTHER_SEAL
        except Exception as error:
            if is_passing(error):
                raise
            return CANNOT_BE_READ

    def seal_of(self, row: M) -> str:
        """Return the seal that a row has if it was written with the folder's secret."""
        key: bytes = settings.PILOTHOUSE_CURSOR_KEYS[self._of]
        return seal_of_words(key, self._words(row))

    def write(self, row: M) -> None:
        """Seal a row and write it over the one that is there, in the caller's transaction."""
        row.pk = ONLY
        row.seal = self.seal_of(row)  # type: ignore[attr-defined]
        row.save()

    def _fits(self, row: M) -> bool:
        return is_seal(row.seal, self.seal_of(row))  # type: ignore[attr-defined]


def unlike_journal(home: Path, block: int, **said: int) -> str:
    """Return why a cursor at a block cannot be of the folder's journal, empty if it can be.

    `said` is what the cursor says of its block, by the names of the block's header.
    """
    if not block or not (home / "journal").is_dir():
        return ""
    reader = Reader(Files(home))
    try:
        head = reader.header_of(block)
    except BadBlock:
        # A journal that is damaged says nothing of a cursor; whoever follows it says so.
        mark = mark_found(Files(home))
        if mark is None or mark >= block:
            return ""
        head = None
    finally:
        reader.close()
    if head is None:
        return f"it is at block {block:,}, beyond the end of the journal"
    if any(getattr(head, name) != value for name, value in said.items()):
        return f"it says something else of block {block:,} than the journal"
    return ""
