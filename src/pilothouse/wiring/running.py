"""Who runs on a folder: one parent at a time, the parts it names, and what a dead one left.

A parent holds `HOME/up.lock`; no child inherits it, so it is free when the parent is dead. A part
is named in `HOME/processes.json` by its process, and by when that process was started: a number
alone may belong to another one by now.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pilothouse.gate.small_file import is_whole, object_in
from pilothouse.venue import pen

PROCESSES_FILE: Final = "processes.json"
UP_LOCK: Final = "up.lock"
ORPHANS_S: Final = 10
"""How long parts without a parent may take to end by themselves; then they are killed."""
KILLED_S: Final = 10
STRAYS: Final = (
    "*.json.new",
    ".secret-*",
    ".exchange-*",
    ".founding-*",
    "logs/*.log.1.new",
    ".founding-*",
    "replay/*.new",
    "history/*.part",
    "snapshots/*.part",
)
_PROC: Final = Path("/proc")

Facts = dict[str, dict[str, Any]]


class AlreadyRuns(RuntimeError):
    """Somebody who lives runs on the folder; the text names them."""


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Be the only parent on a folder; raise AlreadyRuns with the process that is."""
    with open(home / UP_LOCK, "a+", encoding="utf-8", opener=_itself) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip() or "unknown"
            raise AlreadyRuns(
                f"an exchange runs on {home} already, started by process {who}; see "
                f"`pilothouse status`"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield
        finally:
            lock.truncate(0)


def _itself(path: str, flags: int) -> int:
    # A link would have us empty what belongs to somebody else; a pipe would never open.
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.ENXIO, "it is no file", path)
    return handle


def is_held(home: Path) -> bool:
    """Tell whether a parent lives on a folder."""
    try:
        with open(home / UP_LOCK, "rb", opener=_itself) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def take_over(home: Path, say: Callable[[str], None] = lambda sentence: None) -> bool:
    """End what a parent that died left running; tell whether the run before did not end well.

    Called while `hold`ing. Raises AlreadyRuns with the process that holds the pen and is none of
    them.
    """
    left = (home / PROCESSES_FILE).exists()
    orphans = running_parts(home)
    if orphans:
        say(f"the run before was killed; its {_named(orphans)} must end first")
        _wait(lambda: not running_parts(home), ORPHANS_S)
        for fact in running_parts(home).values():
            with suppress(ProcessLookupError):
                os.kill(fact["pid"], signal.SIGKILL)
        _wait(lambda: not running_parts(home), KILLED_S)
    if not _wait(lambda: not pen.is_held(home), ORPHANS_S if not orphans else KILLED_S):
        holder = pen.holder_of(home)
        raise AlreadyRuns(
            f"a writer runs on {home} already, process {holder or 'unknown'}, which no "
            f"`pilothouse up` that lives has started; stop it, then start again"
        )
    (home / PROCESSES_FILE).unlink(missing_ok=True)
    _sweep(home)
    return left


def _sweep(home: Path) -> None:
    # Files are written beside their names and renamed; a crash leaves the one beside.
    for pattern in STRAYS:
        for one in home.glob(pattern):
            if one.is_file() and not one.is_symlink():
                one.unlink(missing_ok=True)


def _named(parts: Facts) -> str:
    return ", ".join(f"{part} (process {fact['pid']})" for part, fact in parts.items())


def _wait(holds: Callable[[], bool], timeout_s: int) -> bool:
    until = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def written_facts(home: Path) -> Facts:
    """Return what the parent wrote about its parts, whether they live or not."""
    facts = object_in(home / PROCESSES_FILE) or {}
    return {part: fact for part, fact in facts.items() if isinstance(fact, dict)}


def most_failures(home: Path) -> int:
    """Return how often in a row the part that fails most has failed, by its parent's word."""
    counts = [fact.get("failures", 0) for fact in written_facts(home).values()]
    return max((one for one in counts if is_whole(one, least=0)), default=0)


def write_facts(home: Path, facts: Facts) -> None:
    """Write what runs, whole or not at all."""
    beside = home / f"{PROCESSES_FILE}.new"
    beside.write_text(json.dumps(facts))
    beside.replace(home / PROCESSES_FILE)


def running_parts(home: Path) -> Facts:
    """Return the parts that run on a folder, by their names, with pid and port."""
    return {part: fact for part, fact in written_facts(home).items() if _lives(fact)}


def _lives(fact: dict[str, Any]) -> bool:
    pid, started = fact.get("pid"), fact.get("started")
    return isinstance(pid, int) and bool(started) and started_at(pid) == started


def started_at(pid: int) -> str:
    """Return which process has this number now: the boot, and when in it it was started.

    Empty when there is none, or when it is dead and only waits to be noticed.
    """
    if not _PROC.joinpath("self/stat").exists():
        return _by_signal(pid)
    try:
        # The name stands in brackets and may hold anything; behind it are plain words.
        words = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
    return "" if words[0] in "ZX" else f"{boot}/{words[19]}"


def _by_signal(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "runs"
