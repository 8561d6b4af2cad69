"""What no release puts into the database: a trigger writes, and a view shows, other rows; a table
without its constraint takes what nobody may sign; an index that is not whole hides rows; a table
whose numbers ran out takes none.

A trigger may be there for a moment only, while somebody changes their password: so it is looked
for while the exchange runs, and what is recorded of a change is never read back from its row.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

from django.apps import apps
from django.db import connection

from pilothouse.control import recorded, stored
from pilothouse.control.canonical import plain_hash
from pilothouse.records import numbering

ASKED: Final = (
    "SELECT type, name, tbl_name FROM sqlite_master WHERE type IN ('view', 'trigger') "
    "ORDER BY name LIMIT 100"
)
MADE: Final = (
    "SELECT name, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') "
    "AND sql IS NOT NULL ORDER BY name"
)
MARK_LETTERS: Final = 12
WHOLE: Final = "ok"
"""What SQLite says of a table whose rows and indexes agree."""


def differences() -> Iterator[str]:
    """Yield a sentence for each view and trigger, a hundred at most, and for each table and index
    that is not as a release makes it, or is numbered as none does.
    """
    with connection.cursor() as cursor:
        cursor.execute(ASKED)
        found = cursor.fetchall()
    for kind, name, table in found:
        on = f" on {table!r}" if kind == "trigger" else ""
        yield f"The database has a {kind} {name!r}{on}; no release makes one."
    yield from _made_otherwise()
    yield from _not_whole()
    yield from numbering.differences()


def _made_otherwise() -> Iterator[str]:
    every = apps.get_models(include_auto_created=True)
    wanted, tables = _wanted(), {model._meta.db_table for model in every}
    with connection.cursor() as cursor:
        cursor.execute(MADE)
        found = {name: _parts(sql) for name, table, sql in cursor.fetchall() if table in tables}
    for name in sorted(wanted.keys() | found.keys()):
        if found.get(name) != wanted.get(name):
            mark = plain_hash(found.get(name))[:MARK_LETTERS] if name in found else "gone"
            yield f"The table or index {name!r} is not as a release makes it ({mark})."


def _not_whole() -> Iterator[str]:
    # SQLite reads what a query finds by an index there, and what it finds without in the table.
    with connection.cursor() as cursor:
        for model in (*recorded.MODELS, *stored.SMALL):
            table = model._meta.db_table
            cursor.execute(f'PRAGMA integrity_check("{table}")')
            faults = [str(one) for (one,) in cursor.fetchall() if one != WHOLE]
            if faults:
                mark = plain_hash(sorted(faults))[:MARK_LETTERS]
                yield f"The table {table!r} is not whole: SQLite finds faults in it ({mark})."


@cache
def _wanted() -> dict[str, list[str]]:
    """Return what a release makes: the parts of each table and index, by its name."""
    editor = connection.SchemaEditorClass(connection, collect_sql=True, atomic=False)
    # Only what is written into the database needs what this would begin.
    editor.deferred_sql = []
    for model in apps.get_models():
        editor.create_model(model)
    made = [*editor.collected_sql, *map(str, editor.deferred_sql)]
    return {sql.split('"')[1]: _parts(sql) for sql in made}


def _parts(sql: str) -> list[str]:
    """Return the parts of a statement in one order.

    A column that a later release added stands elsewhere than in a new table; nothing else differs.
    """
    parts, depth = [""], 0
    for one in " ".join(sql.rstrip(";").split()):
        depth += {"(": 1, ")": -1}.get(one, 0)
        if one == "," and depth == 1:
            parts.append("")
        else:
            parts[-1] += one
    # What stands before the first and behind the last part belongs to the whole.
    head, _, parts[0] = parts[0].partition("(")
    parts[-1], _, tail = parts[-1].rpartition(")")
    return [head.strip(), tail.strip(), *sorted(one.strip() for one in parts)]
