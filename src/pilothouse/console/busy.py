"""A database that another program holds: pages wait for it a short time, and then say so.

The console's threads wait longer, for nobody sits before them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from pilothouse.records.held import is_held

WAIT_S: Final = 5
"""How long a page waits for each thing it writes or reads."""
_IS_A_PAGE: ContextVar[bool] = ContextVar("is_a_page", default=False)


class WaitsLess:
    """Middleware: a connection that is opened for a page waits as long as a person may."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        before = _IS_A_PAGE.set(True)
        try:
            if connection.connection is not None:
                _wait_less(connection)
            return self.answer(request)
        finally:
            _IS_A_PAGE.reset(before)


@receiver(connection_created)
def _opened(connection: Any, **_: Any) -> None:
    if _IS_A_PAGE.get():
        _wait_less(connection)


def _wait_less(connection: Any) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout = {WAIT_S * 1_000}")


class NotBusy(logging.Filter):
    """Writes no traceback of a database that is held: it is no fault of a page."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether an entry is written."""
        return not (record.exc_info and is_held(record.exc_info[1]))
