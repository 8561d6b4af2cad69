"""What takes longer than a page may wait: alternatives, play-out, shocks. It can be left.

One thread works them off in order. A page asks again until its part is kept with the change.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog
from django.db import connections

from pilothouse.control import preview
from pilothouse.control.models import Change

log = structlog.get_logger()
_POOL: Final = ThreadPoolExecutor(1, thread_name_prefix="preview")
_counting: Final[set[int]] = set()
_lock: Final = threading.Lock()


def count_in_background(change: Change) -> None:
    """Count the slow parts of a change's preview; asked twice, it is done once."""
    with _lock:
        if change.pk in _counting:
            return
        _counting.add(change.pk)
    _POOL.submit(_count, change.pk)


def is_counting(number: int) -> bool:
    """Tell whether parts of a change's preview are still being counted."""
    with _lock:
        return number in _counting


def _count(number: int) -> None:
    try:
        for part in (preview.instead, preview.play_out, preview.shocks):
            part(Change.objects.get(pk=number))
    except Exception:
        # The page then says that it was not counted; a new preview tries again.
        log.exception("preview_part_failed", change=number)
    finally:
        with _lock:
            _counting.discard(number)
        connections.close_all()
