"""Supervision: a part that died or hangs is started again, later each time, for as long as we run.

The writer alone stays down when it refuses what it found: then everything ends, with its sentence
and its code. A part hangs when its loop gives no sign of life. Silence is counted in looks of ours
and not by a clock, so that a parent that was itself stopped accuses nobody; and a part whose loop
waits for the writer is judged only while the writer gives signs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from pilothouse.wiring.parts import Code, Part
from pilothouse.wiring.processes import Child, PartFailed, Processes

LOOK_S: Final = 0.2
LOOK_MAX_S: Final = 1.0
"""A look counts for at most so much silence, however late it comes."""
SILENT_S: Final = 20.0
"""A part that gave signs and is silent for so long hangs: within 30 s another one runs."""
STARTING_S: Final = 300.0
"""The same before the first sign, anew whenever it says how far it is."""
WRITER_IS_WELL_S: Final = 2.0
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 60.0
STEADY_S: Final = 60.0
"""A part that ran so long has recovered: its failures in a row are forgotten."""
ALARM_AT: Final = 3
"""Failures in a row that are an alarm; and where one that never came up is given up."""
ENDS_BY_ITSELF: Final = (Part.REPLAY,)


def wait_after(failures: int) -> float:
    """Return how long is waited after so many failures in a row: 0.5 s doubled up to 60 s."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 10))


@dataclass
class Kept:
    """A part that is to run, and how it does. Failures are counted in a row."""

    part: Part
    port: int
    failures: int = 0
    restarts: int = 0
    next_try: float = 0.0
    began: float = 0.0
    silent_s: float = 0.0
    has_signed: bool = False
    ever_signed: bool = False
    why: str = ""
    progress: str = ""


@dataclass
class Supervisor:
    """Keeps parts of one folder running. `say` hears failures, `alarm` a third in a row."""

    processes: Processes
    say: Callable[[str], None] = lambda sentence: None
    alarm: Callable[[str], None] = lambda sentence: None
    now: Callable[[], float] = time.monotonic
    kept: dict[Part, Kept] = field(default_factory=dict)
    after_failure: Callable[[Part], None] = lambda part: None
    _looked: float = 0.0
    _said_unwritten: bool = False
    _said_unbounded: bool = False

    def keep(self, part: Part, port: int = 0) -> None:
        """Start a part and keep it running from now on."""
        self.kept[part] = Kept(part, port)
        self._start(self.kept[part])

    def runs(self, part: Part) -> bool:
        """Tell whether a part is kept and its process lives."""
        return part in self.processes.children

    def has_failed(self, part: Part) -> bool:
        """Tell whether a part failed since it ran well the last time."""
        return self.kept[part].failures > 0

    def tend(self) -> None:
        """Look at every part once: start again what is due, and cut logs that grew too long.

        Raises PartFailed when the writer refuses, or cannot be brought up at all.
        """
        self._bound_logs()
        now = self.now()
        silence, self._looked = min(now - self._looked, LOOK_MAX_S), now
        for one in list(self.kept.values()):
            child = self.processes.children.get(one.part)
            if child is None:
                if now >= one.next_try:
                    self._start(one)
            elif child.process.poll() is not None:
                self._ended(one, child)
            else:
                self._listen(one, child, silence)
        self._write_again()

    def _bound_logs(self) -> None:
        # Said once for as long as it lasts, as what cannot be written down is.
        self.processes.bound_logs()
        why = self.processes.unbounded
        if why and not self._said_unbounded:
            self._tell(self.say, f"{why}; the parts go on")
        self._said_unbounded = bool(why)

    def _write_again(self) -> None:
        # Said once for as long as it lasts; what runs is written down when the disk has room.
        if self.processes.unwritten:
            if not self._said_unwritten:
                self._tell(self.say, f"{self.processes.unwritten}; the parts go on")
            self.processes.write()
        self._said_unwritten = bool(self.processes.unwritten)

    def _tell(self, how: Callable[[str], None], sentence: str) -> None:
        # What is said may go to a file on the same full disk.
        with contextlib.suppress(OSError):
            how(sentence)

    def _start(self, one: Kept) -> None:
        one.began, one.silent_s, one.has_signed = self.now(), 0.0, False
        if one.failures:
            one.restarts += 1
        self._note(one)
        try:
            self.processes.start(one.part, one.port)
        except OSError as error:
            self._failed(one, f"{one.part} could not be started: {error}", None)

    def _ended(self, one: Kept, child: Child) -> None:
        code = child.process.returncode
        if code == Code.WELL and one.part in ENDS_BY_ITSELF:
            del self.kept[one.part]
            self.processes.also.pop(one.part, None)
            self.processes.forget(one.part)
            return
        if one.part is Part.WRITER and code == Code.REFUSES:
            raise PartFailed(
                f"the writer refuses and stays down\n{child.last_sentence()}", Code.REFUSES
            )
        self.processes.forget(one.part)
        self._failed(one, f"{one.part} ended with code {code}", child)

    def _listen(self, one: Kept, child: Child, silence: float) -> None:
        if child.line.heard():
            one.silent_s, one.has_signed, one.ever_signed = 0.0, True, True
        elif one.part is Part.WRITER or self._writer_is_well():
            one.silent_s += silence
        said = child.progress()
        if said != one.progress:
            one.progress, one.silent_s = said, 0.0
        if one.silent_s > (SILENT_S if one.has_signed else STARTING_S):
            self.processes.give_up(one.part)
            self._failed(one, f"{one.part} hung for {int(one.silent_s)} s and was killed", child)
        elif one.failures and one.has_signed and self.now() - one.began > STEADY_S:
            one.failures, one.why = 0, ""
            self._note(one)
            self.processes.write()

    def _writer_is_well(self) -> bool:
        writer = self.kept.get(Part.WRITER)
        return writer is None or (writer.has_signed and writer.silent_s < WRITER_IS_WELL_S)

    def _failed(self, one: Kept, what: str, child: Child | None) -> None:
        if self.now() - one.began > STEADY_S:
            one.failures = 0
        one.failures += 1
        said = child.last_sentence() if child else ""
        one.why = f"{what}: {said or 'it said nothing'}"
        never_up = one.part is Part.WRITER and not one.ever_signed
        if one.failures >= ALARM_AT and (never_up or one.part in ENDS_BY_ITSELF):
            lines, code = (child.last_lines(), child.process.returncode) if child else ("", 0)
            raise PartFailed(f"{what}\n{lines}", code or (1 if child else Code.DISK))
        wait = wait_after(one.failures)
        one.next_try = self.now() + wait
        with contextlib.suppress(OSError):
            self.after_failure(one.part)
        self._note(one, wait)
        self.processes.write()
        again = f"starting it again in {wait:g} s{said and f'. It said: {said}'}"
        self._tell(self.say, f"{what}; {again}")
        if one.failures == ALARM_AT:
            self._tell(
                self.alarm,
                f"{one.part} failed {ALARM_AT} times in a row and is still started again, at "
                f"least every {int(LONGEST_WAIT_S)} s. See logs/{one.part}.log",
            )

    def _note(self, one: Kept, wait: float = 0.0) -> None:
        # `next_try` is a time of day, because the reader is another process.
        told: dict[str, Any] = {"restarts": one.restarts, "failures": one.failures}
        if one.why:
            told |= {"why": one.why[:1_000], "next_try": round(time.time() + wait)}
        self.processes.also[one.part] = told
