"""Appending: a block is written and synced before anybody acts on it or is told of it."""

from __future__ import annotations

import contextlib

from pilothouse.journal.blocks import Header, Pen, seal_block
from pilothouse.journal.closed import note_closed
from pilothouse.journal.crash import crash_point
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.renewal import proven_end, rescue
from pilothouse.journal.segments import FOLDER, SEGMENT_BYTES, segment_name, segment_starts
from pilothouse.journal.storage import AppendFile, Storage
from pilothouse.language.rows import Rows


class JournalFailed(OSError):
    """A block could not be made durable. Nobody may use this journal again before recovery.

    After a failed sync the disk may have dropped pages that still look written, so trying again
    would prove nothing: the writer ends, and the next one writes the last segment anew.
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
        self._mark = DurableMark(storage, anew=True)
        self._file: AppendFile | None = None
        self._segment = ""
        self._prove_end()

    def append(self, rows: Rows, commands: int, time: int) -> Header:
        """Make a block of rows durable and raise the mark; return its header.

        `time` is in microseconds since the epoch and not below the tail's. Raises JournalFailed.
        """
        if self.failed:
            raise JournalFailed("the journal failed before; start the writer anew")
        header, raw = seal_block(self._pen, self.tail, rows, commands, time)
        size = 0
        try:
            file = self._file_for(header.number)
            size = file.size()
            file.write(raw)
            crash_point("append")
            file.write(rows)
            crash_point("fsync")
            file.sync()
        except OSError as error:
            self.failed = True
            if size:
                rescue(self._storage, self._segment, self.tail, size)
            raise JournalFailed(f"block {header.number} is not durable: {error}") from error
        self.tail = header
        self._mark.set(header.number)
        return header

    def close(self) -> None:
        """Give the file back; every block that was appended is durable already.

        If no sync ever failed, it is noted that the journal ended well.
        """
        if self._file:
            self._file.close()
            self._file = None
        if self.tail and not self.failed:
            # Without the note the next start only takes longer.
            with contextlib.suppress(OSError):
                self._mark.sync()
                note_closed(self._storage, self.tail)

    def _prove_end(self) -> None:
        # A writer that did not end well may have left what only the page cache holds.
        try:
            self._file = proven_end(self._storage, self.tail)
            self._segment = segment_name([0, *segment_starts(self._storage)][-1])
            self._mark.set(self.tail.number if self.tail else 0)
            self._mark.sync()
        except OSError as error:
            self.failed = True
            raise JournalFailed(f"the end of the journal is not durable: {error}") from error

    def _file_for(self, block: int) -> AppendFile:
        if self._file and self._file.size() < self._segment_bytes:
            return self._file
        if self._file:
            self._file.close()
        self._segment = segment_name(block)
        self._file = self._storage.open_append(self._segment)
        self._storage.sync_folder(FOLDER)
        return self._file
