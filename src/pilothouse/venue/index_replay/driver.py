"""The driver: it walks a replay through real time and sends what it says, nothing twice.

A step's commands have names made of the replay's number, the step and the source. What is about to
be sent is written down first; after a restart the same commands leave again under the same names,
and the exchange answers their first receipts. While the price stands (a pause, a slow walk) it is
told again each second under further names, so that the index does not grow stale.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.names import Name, Receipt, Sender
from pilothouse.language.numbers import SECOND_US
from pilothouse.language.refusals import NAME_IS_TOO_OLD, describe
from pilothouse.language.rows import Message
from pilothouse.rules.index import SOURCES_MAX
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.run import Progress, Run, State
from pilothouse.venue.index_replay.walking import Way
from pilothouse.venue.wire import WriterIsAway

BEAT_S: Final = 0.1
LATE_US: Final = SECOND_US
"""A beat that comes later than this counts as one that came then: missed time is left out."""
TOLD_MOST: Final = 10
"""Steps of one beat that are told one by one; beyond, the extremes and the last."""


class Exchange(Protocol):
    """What a replay needs of a venue client."""

    def submit(self, messages: Sequence[Message]) -> list[Receipt]:
        """Send messages; return their receipts."""
        ...


class ReplayRefused(RuntimeError):
    """The exchange refuses the replay's prices; the text says why."""


class Driver:
    """One replay on its way. `progress` is what was written last."""

    def __init__(self, home: Path, run: Run, way: Way, exchange: Exchange) -> None:
        self.run, self.way = run, way
        self.progress = files.read_progress(home) or Progress()
        self._home, self._exchange = home, exchange
        self._last_us = self._moved_us = 0

    def beat(self, now_us: int) -> Progress:
        """Let time pass until `now_us`: send what is due and write how far it came.

        Raises WriterIsAway with nothing lost (the next beat sends it again), ReplayRefused.
        """
        if self.progress.sending:
            self._send(self.progress.sending, now_us)
        self._take_wish()
        passed = min(now_us - self._last_us, LATE_US) if self._last_us else 0
        self._last_us = now_us
        if self.progress.state is State.STOPPED:
            return self._write(beat_us=now_us)
        at_us = self.progress.at_us + passed * self.progress.speed_milli // 1_000
        step = min(at_us // SECOND_US, self.way.steps - 1)
        self.progress = replace(self.progress, at_us=at_us)
        if step > self.progress.told:
            self._go(self.way.told(self.progress.told + 1, step, TOLD_MOST), now_us)
        elif now_us - self._moved_us >= SECOND_US:
            self._stand(now_us)
        if self.progress.told == self.way.steps - 1:
            return self._write(state=State.FINISHED, beat_us=now_us)
        return self._write(beat_us=now_us)

    def _take_wish(self) -> None:
        wanted = files.read_wanted(self._home)
        state = State.RUNNING if wanted.speed_milli else State.PAUSED
        self.progress = replace(
            self.progress,
            speed_milli=wanted.speed_milli,
            state=State.STOPPED if wanted.stop else state,
        )

    def _go(self, steps: Sequence[int], now_us: int) -> None:
        self._write(sending=tuple(steps), beat_us=now_us)
        self._send(steps, now_us)

    def _stand(self, now_us: int) -> None:
        # Durable before it is sent: a later step must never get the name of this second.
        held = self.progress.held + 1
        self.progress = replace(self.progress, held=held, sending=(self.progress.told,))
        files.write(self._home, self.progress, durable=True)
        self._send(self.progress.sending, now_us)

    def _send(self, steps: Sequence[int], now_us: int) -> None:
        messages = [one for step in steps for one in self._messages(step)]
        refused = self.progress.refused
        for receipt in self._exchange.submit(messages):
            if receipt.outcome and receipt.outcome != NAME_IS_TOO_OLD:
                refused += 1
        if refused - self.progress.refused == len(messages):
            raise ReplayRefused(f"the exchange refuses it: {describe(receipt.outcome)}")
        last = steps[-1]
        self._moved_us = now_us
        self._write(told=last, sending=(), price_e12=self.way.price(last), refused=refused)

    def _messages(self, step: int) -> list[Message]:
        tick, price = step + self.progress.held, self.way.price(step)
        return [
            Message(
                SetIndexPrice(asset=self.run.asset, source=source, price_e12=price),
                Name(Sender.INDEX, self.run.number, tick * SOURCES_MAX + source - 1),
            )
            for source in self.run.sources
        ]

    def _write(self, **facts: object) -> Progress:
        self.progress = replace(self.progress, **facts)  # type: ignore[arg-type]
        files.write(self._home, self.progress)
        return self.progress


def drive(
    driver: Driver,
    leaving: Callable[[], bool],
    tell: Callable[[Progress], None] = lambda progress: None,
) -> Progress:
    """Beat ten times a second until the replay ends or `leaving` holds; wait for a writer away."""
    while not leaving():
        try:
            progress = driver.beat(wall_clock_us())
            tell(progress)
            if progress.state in (State.FINISHED, State.STOPPED):
                break
        except WriterIsAway:
            # What was to be sent stands in the progress; the next beat sends it.
            pass
        time.sleep(BEAT_S)
    return driver.progress
