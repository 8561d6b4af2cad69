"""The venue client for an event loop: one connection, many calls under way at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from pilothouse.language.commands import OpenDoor
from pilothouse.language.doors import Doorway
from pilothouse.language.names import Name, Receipt
from pilothouse.language.rows import Message, Rows
from pilothouse.venue.sockets import address_of, socket_path
from pilothouse.venue.wire import (
    HEAD,
    NO_ANSWER,
    PATIENCE_S,
    RECEIPT_WORDS,
    RETRY_S,
    FrameRefused,
    Receipts,
    WriterIsAway,
    WriterIsBusy,
    answer_size,
    ask,
    frames_of,
    opened,
    read_answer,
    rows_of,
    to_receipts,
)


@dataclass
class _Pending:
    raw: bytes
    answered: asyncio.Future[Receipts]


PENDING_BYTES_MAX: Final = 64 << 20
"""So much may wait for the writer's answers; what comes then is refused, and not executed."""


class AsyncVenueClient:
    """Like VenueClient, for one event loop and one door. Frames keep their order, also when sent
    again.

    No call waits longer than the patience, whether the writer is away or hangs: it raises
    WriterIsAway, and whether the commands were executed is not known.
    """

    def __init__(
        self, home: Path, patience_s: float = PATIENCE_S, door: Doorway = Doorway.GATEWAY
    ) -> None:
        self._home, self._door = Path(home), door
        self._patience_s = patience_s
        self._numbers, self._pending_bytes = itertools.count(1), 0
        self._pending: dict[int, _Pending] = {}
        self._out: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None

    async def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send commands and return their receipts in order; raise WriterIsAway, FrameRefused."""
        return to_receipts(await self.submit_rows(rows_of(messages))) if messages else []

    async def submit_rows(self, rows: Rows) -> Receipts:
        """Send commands as rows and return receipts of shape (commands, 4)."""
        answered = await asyncio.gather(*[self._ask(piece) for piece in frames_of(rows)])
        return np.concatenate(answered) if answered else np.zeros((0, RECEIPT_WORDS), np.int64)

    async def open_door(self, sender: int) -> int:
        """Open a sender's door; return the `hi` of its names from now on. Raises DoorStaysShut."""
        return opened(await self.submit([Message(OpenDoor(), Name(sender, 0, 0))]))

    async def close(self) -> None:
        """Close the connection; calls under way raise WriterIsAway."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._disconnect()
        self._give_up("this client was closed")

    async def _ask(self, rows: Rows) -> Receipts:
        number = next(self._numbers)
        pending = _Pending(ask(number, rows), asyncio.get_running_loop().create_future())
        if self._pending_bytes + len(pending.raw) > PENDING_BYTES_MAX:
            raise WriterIsBusy("too much waits for the exchange's writer; nothing was executed")
        self._pending[number] = pending
        self._pending_bytes += len(pending.raw)
        if self._out is not None:
            self._out.write(pending.raw)
        elif self._task is None or self._task.done():
            self._task = asyncio.create_task(self._stay_connected())
        try:
            return await asyncio.wait_for(pending.answered, self._patience_s)
        except TimeoutError:
            raise WriterIsAway(NO_ANSWER) from None
        finally:
            self._pending.pop(number, None)
            self._pending_bytes -= len(pending.raw)

    async def _stay_connected(self) -> None:
        """Connect, send what is pending, read answers; again while anything is pending."""
        while True:
            source = await self._connect()
            if source is None:
                self._give_up(NO_ANSWER)
                return
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._read_answers(source)
            self._disconnect()
            if not self._pending:
                return

    async def _connect(self) -> asyncio.StreamReader | None:
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while True:
            try:
                with address_of(socket_path(self._home, self._door)) as address:
                    source, self._out = await asyncio.open_unix_connection(address)
            except OSError:
                if asyncio.get_running_loop().time() >= deadline:
                    return None
                await asyncio.sleep(RETRY_S)
                continue
            for number in sorted(self._pending):
                self._out.write(self._pending[number].raw)
            return source

    async def _read_answers(self, source: asyncio.StreamReader) -> None:
        while True:
            head = await source.readexactly(HEAD.size)
            body = await source.readexactly(answer_size(head))
            number, made = read_answer(head, body)
            pending = self._pending.get(number)
            if pending is None or pending.answered.done():
                continue
            if isinstance(made, FrameRefused):
                pending.answered.set_exception(made)
            else:
                pending.answered.set_result(made)

    def _disconnect(self) -> None:
        if self._out is not None:
            self._out.close()
            self._out = None

    def _give_up(self, why: str) -> None:
        for pending in self._pending.values():
            if not pending.answered.done():
                pending.answered.set_exception(WriterIsAway(why))
