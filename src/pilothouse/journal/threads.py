"""Threads that last as long as their process."""

from __future__ import annotations

import threading


def is_dead(thread: threading.Thread) -> bool:
    """Tell whether a thread was started and has ended."""
    return thread.ident is not None and not thread.is_alive()
