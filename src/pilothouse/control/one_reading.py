"""Reading several tables as they stand at one moment, without keeping anybody from writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction


@contextmanager
def one_reading() -> Iterator[None]:
    """Hold what is read inside as it is at the first query; nothing is to be written there.

    Every other transaction takes the writer's lock when it begins. Inside one it is part of that.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    usual = connection.transaction_mode
    if not connection.in_atomic_block:
        connection.transaction_mode = "DEFERRED"
    try:
        with transaction.atomic():
            connection.transaction_mode = usual
            yield
    finally:
        connection.transaction_mode = usual
