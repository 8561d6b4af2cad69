"""What no release puts into the database: a trigger writes, and a view shows, other rows.

A trigger may be there for a moment only, while somebody changes their password: so it is looked
for while the exchange runs, and what is recorded of a change is never read back from its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db import connection

ASKED: Final = (
    "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('view', 'trigger') "
    "ORDER BY name LIMIT 100"
)


def differences() -> Iterator[str]:
    """Yield a sentence for each view and trigger, a hundred at most."""
    with connection.cursor() as cursor:
        cursor.execute(ASKED)
        found = cursor.fetchall()
    for kind, name, table in found:
        on = f" on {table!r}" if kind == "trigger" else ""
        yield f"The database has a {kind} {name!r}{on}; no release makes one."
