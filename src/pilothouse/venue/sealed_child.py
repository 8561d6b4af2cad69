"""The process of an older engine release: run by path, with that release's sources alone.

It imports nothing of the running release. Its words are those of `sealed.py`: an order of three
words (what, time, bytes that follow), and answers of words and rows.
"""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

import numpy as np

STEP, FINGERPRINT, TO_BYTES, FROM_BYTES = 1, 2, 3, 4
ROW_WORDS = 16


def words(out: BinaryIO, *values: int) -> None:
    """Write signed words."""
    out.write(np.array(values, np.int64).tobytes())


def step(machine: Any, time: int, body: bytes, out: BinaryIO) -> None:
    """Step a block and write what it did."""
    rows = np.frombuffer(bytearray(body), np.int64).reshape(-1, ROW_WORDS)
    stepped = machine.step(rows, time)
    words(out, machine.position, machine.time, len(stepped.receipts), len(stepped.events))
    out.write(np.ascontiguousarray(stepped.receipts).tobytes())
    out.write(np.ascontiguousarray(stepped.events).tobytes())


def serve(machine_type: Any, source: BinaryIO, out: BinaryIO) -> None:
    """Obey until the other side closes its end."""
    machine = machine_type.empty()
    while len(head := source.read(24)) == 24:
        what, time, size = (int(one) for one in np.frombuffer(head, np.int64))
        body = source.read(size)
        if what == STEP:
            step(machine, time, body, out)
        elif what == FINGERPRINT:
            words(out, *machine.fingerprint())
        elif what == TO_BYTES:
            raw = machine.to_bytes()
            words(out, len(raw))
            out.write(raw)
        elif what == FROM_BYTES:
            machine = machine_type.from_bytes(body)
            words(out, machine.position, machine.time)
        out.flush()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    from pilothouse.engine.machine import Machine

    serve(Machine, sys.stdin.buffer, sys.stdout.buffer)
