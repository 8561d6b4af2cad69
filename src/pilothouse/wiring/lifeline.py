"""The line between a part and its parent: each learns from it whether the other is alive.

It is one pair of sockets; the child has its end as standard input. The parent's end closes with
the parent, however it ended, and then the child leaves. The child writes a byte whenever the loop
that does its work has come round, so silence is a part that hangs, however well its process looks.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from typing import Final

SIGN_EVERY_S: Final = 0.1
"""A loop that comes round more often gives no more signs than these."""
LEAVING_S: Final = 30
"""How long a child that lost its parent may take to end well."""


class ParentsEnd:
    """The parent's end of the line to one child."""

    def __init__(self) -> None:
        # Neither end is inherited by other children: a line ends with the two it joins.
        self._mine, self.childs = socket.socketpair()
        self._mine.setblocking(False)

    def given(self) -> None:
        """Close the child's end here, once the child has it."""
        self.childs.close()

    def heard(self) -> bool:
        """Tell whether the child gave a sign of life since it was asked last."""
        any_sign = False
        with contextlib.suppress(OSError):
            while self._mine.recv(4_096):
                any_sign = True
        return any_sign

    def close(self) -> None:
        """Let go of the child; one that lives leaves."""
        self._mine.close()


class Sign:
    """The child's side of giving signs; where there is no parent, nothing is given."""

    def __init__(self) -> None:
        self._line: socket.socket | None = None
        self._given = 0.0
        with contextlib.suppress(OSError, ValueError):
            self._line = socket.socket(fileno=os.dup(sys.stdin.fileno()))

    def __call__(self) -> None:
        """Say that the loop came round; never waits."""
        now = time.monotonic()
        if self._line is not None and now - self._given >= SIGN_EVERY_S:
            self._given = now
            # A parent that does not read has signs enough waiting.
            with contextlib.suppress(OSError):
                self._line.send(b"!", socket.MSG_DONTWAIT)


def leave_with_parent() -> None:
    """Have this process end when its parent does: asked first, and killed if it does not."""
    threading.Thread(target=_wait_for_the_end, name="leave-with-parent", daemon=True).start()


def _wait_for_the_end() -> None:
    # A blocked read costs the writer's one computing thread nothing.
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LEAVING_S)
    os.kill(os.getpid(), signal.SIGKILL)
