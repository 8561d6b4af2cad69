"""Appending: a block is written and synced before anybody acts on it or is told of it."""

from __future__ import annotations

from pilothouse.journal.blocks import Header, Pen, seal_block
from pilothouse.journal.crash import crash_point
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.segments import FOLDER, SEGMENT_BYTES, segment_name, segment_starts
from pilothouse.journal.storage import AppendFile, Storage
from pilothouse.language.rows import Rows


class JournalFailed(OSError):
    """A block could not be made durable. Nobody may use this journal again before recovery.

    After a failed sync the disk may have dropped pages that still look written, so trying again
    would prove nothing: the writer dies and what is on the disk is read anew.
    """


class Appender:
    """The end of the journal, held by the one process that has the pen."""

    def __init__(
        self,
        storage: Storage,
        pen: Pen,
        tail: Header | None,
        segment_bytes: int = SEGMENT_BYTES,
    ) -> None:
        self.tail = tail
        self.failed = False
        self._storage = storage
        self._pen = pen
        self._segment_bytes = segment_bytes
        self._mark = DurableMark(storage)
        self._file: AppendFile | None = None
        self._make_tail_durable()

    def append(self, rows: Rows, commands: int, time: int) -> Header:
        """Make a block of rows durable and raise the mark; return its header.

        `time` is in microseconds since the epoch and not below the tail's. Raises JournalFailed.
        """
        if self.failed:
            raise JournalFailed("the journal failed before; start the writer anew")
        header, raw = seal_block(self._pen, self.tail, rows, commands, time)
        try:
            file = self._file_for(header.number)
            file.write(raw)
            crash_point("append")
            file.write(rows)
            crash_point("fsync")
            file.sync()
        except OSError as error:
            self.failed = True
            raise JournalFailed(f"block {header.number} is not durable: {error}") from error
        self.tail = header
        self._mark.set(header.number)
        return header

    def close(self) -> None:
        """Give the file back; every block that was appended is durable already."""
        if self._file:
            self._file.close()
            self._file = None

    def _make_tail_durable(self) -> None:
        # A writer that was killed may have left whole blocks that only the page cache holds.
        starts = segment_starts(self._storage)
        if starts:
            self._file = self._storage.open_append(segment_name(starts[-1]))
            self._file.sync()
            self._storage.sync_folder(FOLDER)
        self._mark.set(self.tail.number if self.tail else 0)

    def _file_for(self, block: int) -> AppendFile:
        if self._file and self._file.size() < self._segment_bytes:
            return self._file
        self.close()
        self._file = self._storage.open_append(segment_name(block))
        self._storage.sync_folder(FOLDER)
        return self._file
