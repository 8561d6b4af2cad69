"""The console's process: pages, the replica they read, its rehearsal, and the worker.

The replica follows the journal's files; a slow page or the death of this process costs trading
nothing. The worker does what is due (scheduled steps, verifications, expiries) once a second.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import structlog
import uvicorn

log = structlog.get_logger()
WORK_EVERY_S: Final = 1
STOPPING_S: Final = 5


class Worker:
    """The thread that lets change control do what is due."""

    def __init__(self, work: Callable[[], object], every_s: float = WORK_EVERY_S) -> None:
        self._work = work
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    def start(self) -> None:
        """Start working."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the deed under way."""
        self._ending.set()
        self._thread.join(timeout=STOPPING_S)

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            try:
                self._work()
            except Exception:
                log.exception("worker_failed")
