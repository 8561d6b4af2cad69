"""Faults in the parts of a whole exchange: this folder first on their path has Python load it.

The folder that `PILOTHOUSE_TEST_FAULTS` names says what is wrong: `clock` holds the nanoseconds
the wall clock is off by; `write` or `fdatasync` the number of the error that the writer's next
such call meets. An error is met once: its file is taken away by the process that met it.
"""

import contextlib
import os
import sys
import time

FOLDER = os.environ.get("PILOTHOUSE_TEST_FAULTS", "")


def _said(name: str) -> int:
    try:
        with open(os.path.join(FOLDER, name)) as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return 0


def _shift_clock() -> None:
    now, now_ns = time.time, time.time_ns
    time.time = lambda: now() + _said("clock") / 10**9
    time.time_ns = lambda: now_ns() + _said("clock")


def _break(name: str) -> None:
    real = getattr(os, name)

    def broken(handle: int, *more):
        number = _said(name)
        if number and os.readlink(f"/proc/self/fd/{handle}").endswith(".blocks"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(FOLDER, name))
                raise OSError(number, os.strerror(number))
        return real(handle, *more)

    setattr(os, name, broken)


if FOLDER:
    _shift_clock()
    # While it starts `sys.argv` is not there yet: what was asked for stands in `orig_argv`.
    if "writer" in sys.orig_argv:
        _break("write")
        _break("fdatasync")
