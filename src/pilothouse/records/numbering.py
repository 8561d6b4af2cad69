"""Which number a new row gets where a number far above all others was put into the database.

SQLite gives a number above the highest that a table ever had, and keeps that one in a row of its
own. With 2^63 - 1 there, or in a row of the table, it gives none: nothing could be proposed,
signed, alerted or stopped. So a row is numbered behind the last one that a release numbered.

With a number of before there, and its row gone, SQLite gives a newcomer the number of somebody who
left, with all that the audit says of them. So no row gets a number that the audit names already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.db import connection, models
from django.db.models.signals import pre_save

FAR: Final = 1 << 40
"""No table of a release ever has so many rows."""
GAP: Final = 1 << 20
"""Numbers in a row that no release leaves free: what stands behind them was put there."""
FURTHEST: Final = (
    'SELECT max(ifnull((SELECT max(rowid) FROM "{table}"), 0), ifnull((SELECT '
    "max(CAST(seq AS INTEGER)) FROM sqlite_sequence WHERE name = '{table}'), 0))"
)
"""The highest number that a table has or ever had, as SQLite counts."""
CALLED: Final = {
    "access_person": "person:",
    "control_change": "change:",
    "desk_delivery": "delivery:",
    "desk_incident": "incident:",
    "watch_alert": "alert:",
}
"""How the audit calls the rows of a table, before their number."""
_AUDIT: Final = "records_auditrow"
_CALLED: Final = (
    f"SELECT CAST(substr(subject, {{length}} + 1) AS INTEGER) AS one FROM {_AUDIT} "
    "WHERE subject >= '{called}' AND subject < '{called}A'"
)
_GRANTS: Final = (
    "SELECT json_extract(facts, '$.grant') AS one "
    f"FROM (SELECT facts FROM {_AUDIT} WHERE deed IN ('person.added', 'grant.revoked')) "
    "WHERE CASE WHEN json_valid(facts) THEN json_type(facts, '$.grant') = 'integer' END"
)
_NAMED: Final = {
    table: _CALLED.format(called=called, length=len(called)) for table, called in CALLED.items()
} | {"access_grant": _GRANTS}
"""The questions for the numbers that the audit names of the rows of each table."""
_FREE: Final = (
    "SELECT one FROM (SELECT one, lead(one) OVER (ORDER BY one) AS next FROM ("
    'SELECT {after} AS one UNION SELECT rowid FROM "{table}" WHERE rowid > {after} '
    "UNION SELECT one FROM ({named}) WHERE one > {after}"
    ")) WHERE next IS NULL OR next - one > {gap} ORDER BY one LIMIT 1"
)
_LAST: Final = (
    "WITH RECURSIVE steps(one) AS (SELECT {after} UNION ALL SELECT ("
    'SELECT {key} FROM "{table}" WHERE {key} > one AND {key} <= one + {gap} '
    "AND typeof({key}) = 'integer' ORDER BY {key} DESC LIMIT 1"
    ") FROM steps WHERE one IS NOT NULL) SELECT max(one) FROM steps"
)
"""From one row to the furthest within reach: a dense table takes one step for as many rows as the
reach is wide, and rows behind the gap are not read, however many somebody put there."""


def listen() -> None:
    """Hear of every row that is to be saved. Called once, when the room is loaded."""
    pre_save.connect(_number, dispatch_uid="pilothouse.numbering")


def last_before_gap(table: str, key: str = "rowid", after: int = 0, gap: int = GAP) -> str:
    """Return the question for the first number from `after` on with the next `gap` free.

    `key` is the column of the numbers, which needs an index.
    """
    return _LAST.format(table=table, key=key, after=after, gap=gap)


def differences() -> Iterator[str]:
    """Yield a sentence for each table that has, or is to go on from, a number too high for it."""
    for model in apps.get_models(include_auto_created=True):
        number = _furthest(model) if _is_numbered(model) else 0
        if number > FAR:
            yield (
                f"The table {model._meta.db_table!r} has the number {number:,}, which no release "
                f"gives; its rows are numbered behind those of before."
            )


def _number(sender: type[models.Model], instance: Any, **_: Any) -> None:
    if instance.pk is not None or not _is_numbered(sender):
        return
    table, furthest = sender._meta.db_table, _furthest(sender)
    last = furthest if furthest <= FAR else answer(last_before_gap(table))
    if _is_named(table, last + 1):
        named = _NAMED[table]
        last = answer(_FREE.format(table=table, after=last, named=named, gap=GAP))
    if last != furthest:
        instance.pk = last + 1


def _is_named(table: str, number: int) -> bool:
    if table in CALLED:
        rows = f"{_AUDIT} WHERE subject = '{CALLED[table]}{number}'"
    elif table in _NAMED:
        rows = f"({_NAMED[table]}) WHERE one = {number}"
    else:
        return False
    return bool(answer(f"SELECT EXISTS (SELECT 1 FROM {rows})"))


def _is_numbered(model: type[models.Model]) -> bool:
    return isinstance(model._meta.pk, models.AutoField)


def _furthest(model: type[models.Model]) -> int:
    return answer(FURTHEST.format(table=model._meta.db_table))


def answer(question: str) -> int:
    """Return the one number that answers a question to the database."""
    with connection.cursor() as cursor:
        cursor.execute(question)
        return int(cursor.fetchone()[0])
