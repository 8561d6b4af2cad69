"""The names of what change control says: numbers that rise by one, given when a step is sent.

A number is written with the step before the words leave, in one transaction, and is never given
again: not by this database, and not by an older copy of it, because the exchange is asked too.
"""

from __future__ import annotations

from django.db.models import Max

from pilothouse.control.hearers import exchange
from pilothouse.control.models import ChangeStep


def next_number() -> int:
    """Return a number above every one that was given. Called within the deed that writes it."""
    given = ChangeStep.objects.aggregate(highest=Max("name_number"))["highest"] or 0
    return 1 + max(given, exchange.highest_name())
