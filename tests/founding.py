"""A founding that the tests of a module share: its rows are written once and stay for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from pilothouse.wiring.founding import Family, found_register


@contextmanager
def founded_for_all(blocker: Any, families: Iterable[Family]) -> Iterator[int]:
    """Found the register in a transaction around those of the tests; undo it at the end.

    Each test's own transaction is a savepoint within it. `blocker` is that of pytest-django.
    """
    around = transaction.atomic()
    with blocker.unblock():
        around.__enter__()
        made = found_register(families)
    try:
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
