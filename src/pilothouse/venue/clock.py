"""The venue's clock: the one place where time enters the exchange, and it never goes back.

The wall clock is followed as long as it agrees with the steady one: what they differ by is made up
slowly. A wall clock that jumps further is not followed: the exchange's time goes on by the steady
clock, until the wall clock agrees again or a person accepts it. At a start on another boot of the
machine nothing says how much time passed: then a wall clock before the last block, or more than a
day after it, lets time stand until it agrees or is accepted. So does a `clock.json` that is lost
or has another shape, unless the wall clock still shows the last block's time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pilothouse.journal.steady import boot_id, steady_us
from pilothouse.language.numbers import HOUR_US, SECOND_US
from pilothouse.venue.held import (
    Acceptance,
    Hold,
    is_kept,
    read_state,
    take_acceptance,
    write_state,
)

BOUND_US: Final = 2 * SECOND_US
"""How far the wall clock may be off and still be followed: a leap second, a small step."""
DAY_US: Final = 24 * HOUR_US
"""After a longer pause the wall clock is not believed without a person."""
SLEW: Final = 100
"""While both agree, time is at most one part in so many faster or slower than the steady clock."""
CATCHING_UP: Final = 2
"""After a person accepted an earlier time: time goes at half speed until it is reached."""
NOTED_EVERY_US: Final = 60 * SECOND_US
LOOK_US: Final = SECOND_US // 2
"""How often a held clock looks for a person's word."""


def wall_clock_us() -> int:
    """Return the time in microseconds since the epoch, as the machine's clock has it."""
    return time.time_ns() // 1_000


class Clock:
    """Stamps blocks. `hold` says why the wall clock is not followed, None while it is.

    `last` is the last block's time, 0 without one. With a `home` the state outlives this process.
    `doubts` is false where nothing is at stake: then a start of any age believes the wall clock.
    """

    def __init__(
        self,
        last: int,
        now: Callable[[], int] = wall_clock_us,
        steady: Callable[[], int] = steady_us,
        home: Path | None = None,
        say: Callable[[str], None] = lambda sentence: None,
        doubts: bool = True,
    ) -> None:
        self.hold: Hold | None = None
        self._wall, self._steady, self._home, self._say = now, steady, home, say
        self._seen = self._noted = self._looked = steady()
        self._accepted_us = 0
        self._time, self._window_us = last, DAY_US
        self._begin(last, doubts)
        self._note()

    def stamp(self) -> int:
        """Return the time of the next block in microseconds since the epoch."""
        steady, wall = self._steady(), self._wall()
        passed = max(0, steady - self._seen)
        self._seen = max(steady, self._seen)
        if self.hold is not None and self._is_accepted(wall):
            self._go_on(wall)
        elif self.hold is not None and self.hold.stands:
            if self._may_start_at(wall):
                self._release()
                self._time = max(self._time, wall)
        else:
            self._pass(passed, wall)
        if self._seen - self._noted >= NOTED_EVERY_US:
            self._note()
        return self._time

    def note(self) -> None:
        """Write how the clock stands, for the next process."""
        self._note()

    def _begin(self, last: int, doubts: bool) -> None:
        wall, state = self._wall(), read_state(self._home) if self._home else None
        if state is not None and state.boot and state.boot == boot_id() and last:
            known = state.hold is None or not state.hold.stands
            reached = self._steady() + state.offset_us
            # A file that was edited, or a pause of days: then the wall clock has to agree.
            near = reached <= last + DAY_US or abs(reached - wall) <= BOUND_US
            if known and near and reached >= last - BOUND_US:
                self._time, self.hold = max(last, reached), state.hold
                # Only an exchange that was ahead was accepted so: its last block shows it.
                self._accepted_us = state.accepted_us if last > wall else 0
                self._pass(0, wall)
                return
        if not doubts:
            self._time = max(last, wall)
            return
        before = state.hold if state is not None else None
        # It was held, and the machine started anew since: only a person knows.
        asks = before is not None and (before.asks or not before.stands)
        if last and self._home is not None and state is None:
            # It may have been held as well.
            why = "cannot be read" if is_kept(self._home) else "is missing"
            self._say(f"clock.json {why}: nothing says whether the clock was held.")
            asks = True
        self._window_us = BOUND_US if asks else DAY_US
        if last and not self._may_start_at(wall):
            self._hold(wall, stands=True, asks=asks)
        else:
            self._time = max(last, wall)

    def _may_start_at(self, wall: int) -> bool:
        return self._time - BOUND_US <= wall <= self._time + self._window_us

    def _pass(self, passed: int, wall: int) -> None:
        """Let time pass by the steady clock, and come nearer to a wall clock that agrees."""
        apart = wall - (self._time + passed)
        as_accepted = abs(wall - self._seen - self._accepted_us) <= BOUND_US
        if self._accepted_us and as_accepted and -apart > BOUND_US:
            # The person accepted that this lasts: only a further jump is held.
            self._time += passed // CATCHING_UP
            return
        self._accepted_us = 0
        self._time += passed
        self._compare(wall)
        if self.hold is None:
            most = passed // SLEW
            self._time += max(-most, min(most, apart))

    def _compare(self, wall: int) -> None:
        if abs(wall - self._time) <= BOUND_US:
            self._release()
        elif self.hold is None:
            self._hold(wall, stands=False)

    def _hold(self, wall: int, stands: bool, asks: bool = False) -> None:
        self.hold = Hold(self._time, wall, stands, asks)
        self._say(self.hold.said())
        self._note()

    def _release(self) -> None:
        if self.hold is not None:
            self.hold = None
            self._say("This machine's clock agrees with the exchange again and is followed.")
            self._note()

    def _is_accepted(self, wall: int) -> bool:
        """Tell whether a person said of this hold that the wall clock is right, as it is now."""
        if self._home is None or self._seen - self._looked < LOOK_US:
            return False
        self._looked = self._seen
        found = take_acceptance(self._home)
        if found is None or self.hold is None:
            return False
        if found.hold == self.hold.name and _still_holds(found, wall, self._seen):
            self._say(f"{found.by} accepted this machine's clock: {found.why}.")
            return True
        self._say("The clock has changed since it was accepted; look again.")
        return False

    def _go_on(self, wall: int) -> None:
        self._accepted_us = wall - self._seen if wall < self._time - BOUND_US else 0
        self._time = max(self._time, wall)
        self.hold = None
        self._note()

    def _note(self) -> None:
        self._noted = self._seen
        if self._home is not None:
            # Without it the next start knows less, and asks a person.
            with contextlib.suppress(OSError):
                write_state(self._home, self._time - self._seen, self.hold, self._accepted_us)


def _still_holds(found: Acceptance, wall: int, steady: int) -> bool:
    return abs((wall - found.wall_us) - (steady - found.steady_us)) <= BOUND_US
