"""The names of what change control says: numbers that rise by one, given when a step is sent.

A number is written with the step before the words leave, in one transaction, and is never given
again: not by this database, and not by an older copy of it, because the exchange is asked too.
What stands far above all that the exchange heard was given by nobody: it names nothing.
"""

from __future__ import annotations

from typing import Final

from django.db.models import Max

from pilothouse.control.hearers import exchange
from pilothouse.control.models import ChangeStep

AHEAD_MOST: Final = 1_000
"""Numbers that may be given and not heard yet, while the exchange does not answer: many more than
changes wait then. A number put into a step with SQL skips no more of them at one time."""


def next_number() -> int:
    """Return a number above every one that was given. Called within the deed that writes it."""
    heard = exchange.highest_name()
    # A text or bytes are above every number for SQLite: they are left out too.
    ahead = ChangeStep.objects.filter(
        name_number__gt=heard, name_number__lte=heard + AHEAD_MOST
    ).aggregate(highest=Max("name_number"))["highest"]
    return 1 + int(ahead or heard)
