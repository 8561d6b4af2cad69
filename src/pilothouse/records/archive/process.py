"""The console's side of a process that answers: begun, watched, bounded, ended."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any, Final

import pyarrow as pa

from pilothouse.records.archive.answering import BYTES_MAX
from pilothouse.records.archive.child import BEGUN
from pilothouse.records.archive.refusals import (
    ANSWER_IS_TOO_LARGE,
    ENDED,
    NEEDS_TOO_MUCH_MEMORY,
    TOOK_TOO_LONG,
    Refused,
    by_number,
)

LOADING_S: Final = 60
"""Until it has begun: what a busy machine needs to load it, before the statement is looked at."""
GRACE_S: Final = 5
"""After its own time is over: then it is killed."""
BODY_MAX: Final = 2 * BYTES_MAX
_MODULE: Final = "pilothouse.records.archive.child"


@dataclass(frozen=True)
class Told:
    """What the process answered."""

    facts: Mapping[str, Any]
    rows: pa.Table


def told_by_a_process(request: Mapping[str, Any]) -> Told:
    """Return what a process of its own answers to a request. Raises Refused."""
    place = tempfile.mkdtemp(prefix="pilothouse-sql-")
    try:
        with tempfile.TemporaryFile() as asked:
            asked.write(json.dumps(request).encode())
            asked.seek(0)
            return _told(asked, place, float(request["seconds_max"]))
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _told(asked: IO[bytes], place: str, seconds_max: float) -> Told:
    process = subprocess.Popen(
        [sys.executable, "-m", _MODULE, str(os.getpid())],
        stdin=asked,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=place,
        env=_environment(place),
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = _read(process.stdout, seconds_max)
        status = process.wait(timeout=GRACE_S)
    except subprocess.TimeoutExpired:
        raise Refused(TOOK_TOO_LONG) from None
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return _understood(said, status)


def _environment(place: str) -> dict[str, str]:
    # No secret, no proxy, no address; the code that this process runs, and one pool of memory.
    return {
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
        "HOME": place,
        "TMPDIR": place,
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
        "OMP_NUM_THREADS": "1",
    }


def _read(pipe: IO[bytes], seconds_max: float) -> bytes:
    # Bounded in bytes and in time: the clock of the statement runs from its first byte.
    made = bytearray()
    until = time.monotonic() + LOADING_S
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while True:
            if not waiting.select(max(0.0, until - time.monotonic())):
                raise Refused(TOOK_TOO_LONG, f"more than {seconds_max:g} seconds")
            piece = os.read(pipe.fileno(), 1 << 16)
            if not piece:
                return bytes(made)
            if not made:
                until = time.monotonic() + seconds_max + GRACE_S
            made += piece
            if len(made) > BODY_MAX:
                raise Refused(ANSWER_IS_TOO_LARGE, f"more than {BODY_MAX >> 20} MB")


def _understood(said: bytes, status: int) -> Told:
    head, _, body = said.removeprefix(BEGUN).partition(b"\n")
    if status or not head:
        raise _ended(status)
    with contextlib.suppress(ValueError, KeyError, pa.ArrowException):
        facts = json.loads(head)
        if "refused" in facts:
            raise Refused(by_number(facts["refused"]), facts["detail"])
        rows = pa.ipc.open_stream(body).read_all() if body else pa.table({})
        return Told(facts, rows)
    raise Refused(ENDED, "its answer cannot be read")


def _ended(status: int) -> Refused:
    if status == -signal.SIGXCPU:
        return Refused(TOOK_TOO_LONG, "all its processor time is used up")
    if status in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGBUS):
        # The kernel's choice when memory is short, or the database's when it gets none.
        return Refused(NEEDS_TOO_MUCH_MEMORY)
    name = signal.Signals(-status).name if status < 0 else f"status {status}"
    return Refused(ENDED, name)
