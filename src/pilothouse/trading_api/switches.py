"""Dead man's switches: a key's open orders are cancelled unless it says in time that it lives.

A switch is the state of the gateway that took it, one for each key and API. It is written to the
folder within a second, so that a gateway that starts again goes on with it: one that became due
while there was no gateway fires at once. What a crash can lose is the last second: an extension,
and then the orders are cancelled earlier than asked, or a switch that was new.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from pilothouse.venue.clock import wall_clock_us

SWITCHES_MAX: Final = 10_000
SECONDS_MAX: Final = 86_400
"""The longest time a switch may wait: Kraken's, a day."""
LOOK_S: Final = 0.5
AGAIN_S: Final = 1.0
"""How long a switch that could not be carried out waits until it is tried again."""
BYTES_MAX: Final = 8 << 20
SECOND_US: Final = 1_000_000
PPM: Final = 1_000_000

_log: Final = logging.getLogger(__name__)


class Full(Exception):
    """The gateway has as many switches as it takes."""


class Switch(msgspec.Struct):
    """One switch, as it is kept: whose orders it cancels, in pairs or in contracts, and when."""

    public: str
    account: int
    spot: bool
    due_us: int
    """By the machine's clock, microseconds since the epoch."""


class Holder(msgspec.Struct, frozen=True):
    """A key as far as a switch needs it: who asks, and for which account."""

    public: str
    account: int
    secret: bytes = b""
    may_trade: bool = False

    @property
    def may_cancel(self) -> bool:
        """Tell that it takes orders away: that is all a switch does."""
        return True

    def admits(self, address: str, now_s: int) -> bool:
        """Tell that it fires wherever its key is used from, also when that has expired."""
        return True


Fire = Callable[[Holder, bool], Awaitable[None]]
"""Cancel an account's open orders, in pairs or in contracts."""


class Switches:
    """The switches of one gateway. They are due by the steady clock while it runs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[tuple[str, bool], tuple[float, Switch]] = {}
        self._firing: dict[tuple[str, bool], Switch] = {}
        """Those that are being carried out: they stay on disk until they are."""
        self._path: Path | None = None
        self._writing = threading.Lock()
        self._written = self._changes = 0
        self.refused = 0

    @property
    def busiest_ppm(self) -> int:
        """Return how full the table is."""
        return PPM * len(self._due) // SWITCHES_MAX

    def set(self, public: str, account: int, *, spot: bool, seconds: int) -> None:
        """Have a key's orders cancelled in so many seconds, instead of what it asked before.

        0 ends its switch. Raises Full for a key more than there is room for.
        """
        place = public, spot
        if seconds and place not in self._due and len(self._due) >= SWITCHES_MAX:
            self.refused += 1
            raise Full
        self._changes += 1
        self._due.pop(place, None)
        if seconds:
            due_us = wall_clock_us() + seconds * SECOND_US
            self._due[place] = self._clock() + seconds, Switch(public, account, spot, due_us)

    def take_due(self) -> list[Switch]:
        """Return the switches that are due, to be carried out; each is over with `done`."""
        now = self._clock()
        found = [(place, one) for place, (due, one) in self._due.items() if due <= now]
        for place, one in found:
            del self._due[place]
            self._firing[place] = one
        return [one for _, one in found]

    async def run(self, fire: Fire) -> None:
        """Carry out what is due, and keep the switches on disk; until it is cancelled."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                for one in self.take_due():
                    task = asyncio.create_task(self._carried_out(fire, one))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                # A sync may take long, and everybody's requests share this loop.
                await asyncio.to_thread(self._store, *self._changed())
                await asyncio.sleep(LOOK_S)
        finally:
            for task in under_way:
                task.cancel()
            self.write()

    async def _carried_out(self, fire: Fire, one: Switch) -> None:
        try:
            await fire(Holder(one.public, one.account), one.spot)
            self.done(one)
            _log.warning("the switch of account %d ran out; its orders are cancelled", one.account)
        except Exception as error:
            _log.warning("the switch of account %d is tried again: %s", one.account, error)
            self._again(one)
        except asyncio.CancelledError:
            self._again(one)
            raise

    def done(self, one: Switch) -> None:
        """End a switch that was carried out."""
        self._changes += 1
        self._firing.pop((one.public, one.spot), None)

    def _again(self, one: Switch) -> None:
        # What its key asked since counts, and room was made for it before.
        self.done(one)
        self._due.setdefault((one.public, one.spot), (self._clock() + AGAIN_S, one))

    # On disk -----------------------------------------------------------------------------------

    def keep_in(self, path: Path) -> None:
        """Go on with the switches of a file, and keep them there. A damaged file has none."""
        self._path = path
        for one in _read(path)[:SWITCHES_MAX]:
            left_s = (one.due_us - wall_clock_us()) / SECOND_US
            left_s = max(0.0, min(left_s, SECONDS_MAX))
            self._due[one.public, one.spot] = self._clock() + left_s, one

    def write(self) -> None:
        """Write the switches, if any changed since; whole or not at all."""
        self._store(*self._changed())

    def _changed(self) -> tuple[int, bytes]:
        if self._path is None or self._written == self._changes:
            return self._changes, b""
        waiting = [one for _, one in self._due.values()]
        return self._changes, msgspec.json.encode([*waiting, *self._firing.values()])

    def _store(self, changes: int, raw: bytes) -> None:
        if self._path is None or not raw:
            return
        part = self._path.with_suffix(".part")
        with self._writing:
            # A thread that was overtaken has older ones.
            if changes > self._written:
                self._replace(changes, raw, part)

    def _replace(self, changes: int, raw: bytes, part: Path) -> None:
        assert self._path is not None
        try:
            self._path.parent.mkdir(exist_ok=True)
            with open(part, "wb", opener=_for_its_owner) as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self._path)
            self._written = changes
        except OSError as error:
            _log.warning("the dead man's switches could not be written: %s", error)


def _read(path: Path) -> list[Switch]:
    with contextlib.suppress(FileNotFoundError):
        try:
            if path.is_file() and path.stat().st_size <= BYTES_MAX:
                return msgspec.json.decode(path.read_bytes(), type=list[Switch])
            if path.exists():
                _log.warning("%s is no file of switches; it is passed over", path.name)
        except (ValueError, OSError) as error:
            _log.warning("%s could not be read; it is passed over: %s", path.name, error)
    return []


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
