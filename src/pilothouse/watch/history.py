"""What was measured: the last hours in memory, and everything in the archive's table `measures`.

Where this process keeps no archive, the memory is all there is; what it does not reach back to is
said as not recorded.
"""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pilothouse.language.numbers import HOUR_US, SECOND_US
from pilothouse.records.archive import running
from pilothouse.records.archive.connection import rows_of
from pilothouse.watch.measuring import Key, Values
from pilothouse.watch.rules import EXCHANGE

KEPT_US: Final = 2 * HOUR_US
FORGET_EVERY_US: Final = 60 * SECOND_US
NOTED_EVERY_US: Final = 5 * SECOND_US
"""How often what is only drawn is kept: a fifth of the samples of a measure."""
TABLE: Final = "measures"
BEAT: Final = "block_age"
"""The measure that is there at every look, and so tells when the watch looked."""
Samples = list[tuple[int, int]]
Column = npt.NDArray[np.int64]


class History:
    """The samples of the last hours by measure and scope, oldest first."""

    def __init__(self, kept_us: int = KEPT_US) -> None:
        self._lock = threading.Lock()
        self._kept_us, self._forgot_us, self._noted_us = kept_us, 0, 0
        self._times: dict[Key, array[int]] = defaultdict(lambda: array("q"))
        self._values: dict[Key, array[int]] = defaultdict(lambda: array("q"))

    def keep(self, at_us: int, values: Values) -> None:
        """Keep the samples of one look, here and in the archive if this process has one."""
        taken = _taken(values)
        with self._lock:
            self._add(at_us, taken)
            if not 0 <= at_us - self._forgot_us < FORGET_EVERY_US:
                self._forget(at_us)
        _archive(at_us, taken)

    def note(self, at_us: int, values: Values) -> None:
        """Keep what is only drawn, here alone and at its slower pace."""
        if 0 <= at_us - self._noted_us < NOTED_EVERY_US:
            return
        self._noted_us = at_us
        with self._lock:
            self._add(at_us, _taken(values))

    def _add(self, at_us: int, taken: dict[Key, int]) -> None:
        for key, value in taken.items():
            self._times[key].append(at_us)
            self._values[key].append(value)

    def _forget(self, now_us: int) -> None:
        self._forgot_us = now_us
        for key, times in list(self._times.items()):
            old = sum(1 for at_us in times if at_us < now_us - self._kept_us)
            del times[:old], self._values[key][:old]
            if not times:
                del self._times[key], self._values[key]

    def samples(self, key: Key, since_us: int = 0) -> Samples:
        """Return the samples of one measure from a moment on."""
        with self._lock:
            both = zip(self._times.get(key, ()), self._values.get(key, ()), strict=True)
            return [one for one in both if one[0] >= since_us]

    def columns(self, key: Key) -> tuple[Column, Column]:
        """Return the times and the values of one key that are kept, oldest first, as copies."""
        with self._lock:
            both = (self._times.get(key, ()), self._values.get(key, ()))
            times, values = (np.array(one, np.int64) for one in both)
        return times, values

    def latest(self, key: Key) -> int | None:
        """Return the last value of one key, None without one."""
        with self._lock:
            values = self._values.get(key)
            return values[-1] if values else None

    @property
    def since_us(self) -> int:
        """Return the time of the first look that is kept, 0 before it."""
        with self._lock:
            times = self._times.get((BEAT, EXCHANGE))
            return times[0] if times else 0


def _taken(values: Values) -> dict[Key, int]:
    return {key: value for key, value in values.items() if value is not None}


def _archive(at_us: int, taken: dict[Key, int]) -> None:
    try:
        archive = running.archive()
    except running.NoArchive:
        return
    rows = {
        "time": pa.array([at_us] * len(taken), pa.timestamp("us")),
        "measure": [name for name, _ in taken],
        "scope": [scope for _, scope in taken],
        "value": pa.array(list(taken.values()), pa.int64()),
    }
    archive.append(TABLE, pa.table(rows))


def recorded(
    history: History, keys: Iterable[Key], since_us: int, until_us: int
) -> dict[Key, Samples]:
    """Return the samples of measures between two moments: from the archive, then from memory."""
    wanted = list(keys)
    made = _from_archive(wanted, since_us, until_us)
    for key in wanted:
        older = made.setdefault(key, [])
        known_us = older[-1][0] if older else since_us - 1
        older += [one for one in history.samples(key, since_us) if known_us < one[0] <= until_us]
    return made


def _from_archive(keys: list[Key], since_us: int, until_us: int) -> dict[Key, Samples]:
    try:
        home = running.archive().home
    except running.NoArchive:
        return {}
    names, scopes = ([key[place] for key in keys] for place in (0, 1))
    query = (
        f"SELECT measure, scope, time_us, value FROM {TABLE} WHERE time_us BETWEEN ? AND ? "
        "AND measure IN (SELECT unnest(?)) AND scope IN (SELECT unnest(?)) ORDER BY time_us"
    )
    asked = [since_us, until_us, sorted(set(names)), sorted(set(scopes))]
    made: dict[Key, Samples] = {}
    for name, scope, at_us, value in rows_of(home, query, asked):
        made.setdefault((name, scope), []).append((at_us, value))
    return made
