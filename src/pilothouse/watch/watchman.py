"""The watchman: a thread that looks once a second, measures, keeps, judges and names.

What it saw last is read by pages. When it stops, what they show grows old and they say so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.db import connections

from pilothouse.control.ports import NotConnected
from pilothouse.journal.steady import steady_us
from pilothouse.journal.threads import is_dead
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.follower import ReplicaIsSealed, ReplicaStopped
from pilothouse.watch import alerts
from pilothouse.watch.evaluation import STEP_MAX_US
from pilothouse.watch.hearing import Heard, Hearing
from pilothouse.watch.history import History
from pilothouse.watch.judging import Judge
from pilothouse.watch.measuring import Seen, Values, measure
from pilothouse.watch.normal import Normal
from pilothouse.watch.noted import noted
from pilothouse.watch.reasons import NamedMarket, named_market
from pilothouse.watch.taking import Clock, Lend, Reading, Taker

log = structlog.get_logger()
INTERVAL_S: Final = 1
CATCHING_UP_S: Final = 0.1
"""How long it waits instead while the replica is still reading the journal."""
STALE_AFTER_US: Final = 5 * SECOND_US
CAUGHT_UP_US: Final = 5 * SECOND_US
"""A replica whose last block is younger has caught up with the journal."""
CAUGHT_UP_BLOCKS: Final = 100
"""The same while the clock is held: so few durable blocks are still to be stepped."""
STANDS_STILL_US: Final = SECOND_US
"""A replica that did not move for so long has caught up too, however old its last block is."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Watchman:
    """The thread, and what it saw last. `looked_us` is the steady clock of the last look."""

    def __init__(
        self,
        lend: Lend,
        hearing: Hearing,
        wall: Clock = wall_clock_us,
        steady: Clock = steady_us,
        clock_is_held: Callable[[], bool] = lambda: False,
        blocks_behind: Callable[[], int] = lambda: 0,
        house: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self.reading: Reading | None = None
        self.named: tuple[NamedMarket, ...] = ()
        self.looked_at: datetime | None = None
        self.history = History()
        self._lend, self._hearing = lend, hearing
        self._wall, self._steady = wall, steady
        self._clock_is_held, self._blocks_behind = clock_is_held, blocks_behind
        self._taker, self._normals = Taker(wall, clock_is_held, house), dict[int, Normal]()
        self._judge: Judge | None = None
        self._before: tuple[int, int] | None = None
        self._caught_up, self._position, self._moved_us = False, -1, 0
        self._came_round_us = steady()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchman", daemon=True)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the look under way."""
        self._ending.set()
        self._thread.join(timeout=10)

    @property
    def is_stale(self) -> bool:
        """Tell whether the last look is too long ago to be trusted, by the steady clock."""
        return self._before is None or self._steady() - self._before[1] > STALE_AFTER_US

    @property
    def silent_us(self) -> int:
        """Return since when no look came to its end; one that had nothing to judge did."""
        return self._steady() - self._came_round_us

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""
        return is_dead(self._thread) and not self._ending.is_set()

    def _run(self) -> None:
        pause_s: float = 0
        while not self._ending.wait(pause_s):
            try:
                self.look()
            except Exception:
                log.exception("look_failed")
            pause_s = INTERVAL_S if self.looked_at else CATCHING_UP_S
        connections.close_all()

    def look(self) -> None:
        """Look once: read, measure, keep, judge, name."""
        self._look()
        self._came_round_us = self._steady()

    def _look(self) -> None:
        at_us = self._wall()
        now = EPOCH + timedelta(microseconds=at_us)
        self._note_jump(at_us)
        try:
            if self._is_catching_up():
                return
            reading = self._taker.take(self._lend)
        except ReplicaIsSealed:
            return  # it still replays what an older release wrote: nothing of it is judged
        except (ReplicaStopped, NotConnected) as away:
            log.warning("nothing_to_watch", reason=str(away))
            reading = None
        values: Values = {}
        if reading is not None:
            heard = self._hearing.heard()
            values = measure(reading, heard, self._normals)
            self.history.keep(at_us, values)
            self.history.note(at_us, noted(reading))
        # Judged first: what pages are told may rest on a row that cannot be read.
        self._judge = self._judge or Judge()
        self._judge.judge(reading, values, at_us, now)
        if reading is not None:
            self.named = self._name(reading, heard)
        self.reading, self.looked_at = reading or self.reading, now
        self._before = (at_us, self._steady())

    def _is_catching_up(self) -> bool:
        # A replica that is still reading the journal stands in the past: nothing of it is judged.
        if self._caught_up:
            return False
        with self._lend() as machine:
            position, time_us = machine.position, machine.time
        if position != self._position:
            self._position, self._moved_us = position, self._steady()
        stands_still = self._steady() - self._moved_us >= STANDS_STILL_US
        # A clock that is not followed says nothing of how far behind the replica is.
        held = self._clock_is_held() and self._blocks_behind() <= CAUGHT_UP_BLOCKS
        self._caught_up = self._wall() - time_us <= CAUGHT_UP_US or stands_still or held
        return not self._caught_up

    def _note_jump(self, at_us: int) -> None:
        # The clock on the wall against the steady one: what differs is a jump, and people did
        # not wait for it.
        if self._before is None:
            return
        passed = (at_us - self._before[0]) - (self._steady() - self._before[1])
        if abs(passed) > STEP_MAX_US:
            log.warning("clock_jumped", microseconds=passed)
            alerts.put_off(timedelta(microseconds=passed))

    def _name(self, reading: Reading, heard: Heard) -> tuple[NamedMarket, ...]:
        titles: dict[str, list[str]] = {}
        for alert in alerts.open_alerts():
            named = f"{alert.title}: {alert.source}" if alert.source else alert.title
            titles.setdefault(alert.market, []).append(named)
        return tuple(
            named_market(
                Seen(reading, of, heard, self._normals[of.market.number]),
                titles.get(of.market.symbol, ()),
            )
            for of in reading.markets
        )
