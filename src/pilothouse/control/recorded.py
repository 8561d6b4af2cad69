"""A change as the audit recorded it: each row of the audit about it has a digest of all its rows.

Proposer, class, words, undo, signatures and previews stand in rows that somebody who writes the
database can change; the rows of the audit are sealed (`believed`). So each deed leaves the digest
of what it wrote, and the next one goes on from that or not at all. A column is under it unless it
is named here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import BooleanField, DateTimeField, Field, JSONField, Model, Q

from pilothouse.access.moments import moment_of
from pilothouse.control.believed import FOUNDING, believed
from pilothouse.control.canonical import plain_hash
from pilothouse.control.models import Change, ChangeStep, Preview, Signature, Touched
from pilothouse.control.moves import Verb
from pilothouse.control.one_reading import one_reading
from pilothouse.control.stored import storage_class, told
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

RECORD: Final = "record"
"""The fact of an audit row that has the digest of a change as the deed left it."""
RECORDS: Final = "records"
"""The fact that has the digests of all changes as they were when the audit began to have them."""
BEGUN: Final = "records"
"""The deed of the row that begins with them where the founding has none."""
NO_RECORD: Final = ""
"""Left by a deed on a change that was not as recorded: no rows agree with it."""
UNSTORED: Final = "odd "
"""Before the digest of rows with a value that no release stores so: nothing agrees with it."""
NULL: Final = "NULL"
ODD: Final = "it is not as the audit recorded it"
MARK_LETTERS: Final = 12
MODELS: Final[tuple[type[Model], ...]] = (Change, Touched, ChangeStep, Signature, Preview)
BESIDE: Final[dict[type[Model], frozenset[str]]] = {
    ChangeStep: frozenset({"held_since", "watched_at", "waits_for"}),
}
"""Columns that are written each second and read by nobody: `conditions` keeps what it saw."""
OF_A_PAGE: Final = 200
"""Changes that are compared at one time, in about a tenth of a second."""
Numbers = Sequence[int]
Begun = tuple[int, dict[int, str]]
"""The row of the audit after which changes are recorded, and the digests of those of before."""
_SUBJECT: Final = "change:"
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


def columns(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the columns of a model that are under the digest."""
    beside = BESIDE.get(model, frozenset())
    return [one for one in model._meta.concrete_fields if one.attname not in beside]


def digest(change: int) -> str:
    """Return the digest of a change's rows as the database has them now."""
    return _digests([change]).get(change, NO_RECORD)


def _digests(changes: Numbers | None = None) -> dict[int, str]:
    found: dict[int, dict[str, list[dict[str, str]]]] = {}
    for model in MODELS:
        for number, words in _rows(model, changes):
            found.setdefault(number, {}).setdefault(model.__name__, []).append(words)
    return {number: _digest_of(rows) for number, rows in found.items()}


def _digest_of(rows: dict[str, list[dict[str, str]]]) -> str:
    values = (one for each in rows.values() for words in each for one in words.values())
    return (UNSTORED if any(map(_is_odd, values)) else "") + plain_hash(rows)


def _is_odd(value: str) -> bool:
    return value != NULL and not value.startswith("'")


def _rows(model: type[Model], changes: Numbers | None) -> Iterator[tuple[Any, dict[str, str]]]:
    # As bytes, so that a value no release writes is a difference and not a fault, and with its
    # storage class: other bytes of the same letters are another value for a query. What holds its
    # default is left out: a column of a later release changes no digest of before.
    # Of a column beside the digest only what cannot be read is told.
    fields, defaults = _reading(model)
    beside = BESIDE.get(model, frozenset())
    with connection.cursor() as rows:
        rows.execute(_question(model, changes), changes)
        for number, *held in rows:
            values = map(_text, fields, held[len(fields) :], held[: len(fields)])
            words = {
                one.attname: value
                for one, value, usual in zip(fields, values, defaults, strict=True)
                if value != usual and (one.attname not in beside or _is_odd(value))
            }
            yield number if isinstance(number, int) else told(number), words


def _question(model: type[Model], changes: Numbers | None) -> str:
    # Nothing is read more often, and from expressions it took four times as long to write as to
    # answer.
    asked, about, ordered = _words(model)
    among = "" if changes is None else f" WHERE {about} IN ({', '.join(['%s'] * len(changes))})"
    return f"{asked}{among}{ordered}"


@cache
def _words(model: type[Model]) -> tuple[str, str, str]:
    quoted, meta = connection.ops.quote_name, model._meta
    named = {one.attname: quoted(str(one.column)) for one in meta.concrete_fields}
    about, columns = named[_about(model)], list(named.values())
    asked = [about, *(f"CAST({one} AS BLOB)" for one in columns)]
    asked += [f"typeof({one})" for one in columns]
    table, key = quoted(meta.db_table), quoted(str(meta.pk.column))
    return f"SELECT {', '.join(asked)} FROM {table}", about, f" ORDER BY {key}"


@cache
def _reading(model: type[Model]) -> tuple[list[Field[Any, Any]], list[str]]:
    # The columns of a model, and their defaults.
    fields = list(model._meta.concrete_fields)
    return fields, [_text(one, storage_class(one), _default(one)) for one in fields]


def _about(model: type[Model]) -> str:
    return "id" if model is Change else "change_id"


def _text(field: Field[Any, Any], kind: str, value: bytes | None) -> str:
    if value is None:
        return NULL
    try:
        text = value.decode()
        if isinstance(field, DateTimeField):
            moment_of(value)
    except ValueError:
        kind = f"unreadable {kind}"
    return f"'{text}'" if kind == storage_class(field) else f"{kind} {value.hex()}"


def _default(field: Field[Any, Any]) -> bytes | None:
    value = field.get_default()
    if value is None:
        return None
    if isinstance(field, JSONField):
        return json.dumps(value).encode()
    return (str(int(value)) if isinstance(field, BooleanField) else str(value)).encode()


def left(change: Change) -> str:
    """Return the digest that a deed leaves: none if it did not go on from a recorded one."""
    return digest(change.pk) if change.is_recorded else NO_RECORD


def is_as_recorded(change: Change) -> bool:
    """Tell whether a change is as the last deed left it."""
    if _is_as_recorded(change.pk):
        return True
    # A page reads outside a transaction, and a deed may end between two of its queries.
    with transaction.atomic():
        return _is_as_recorded(change.pk)


def _is_as_recorded(change: int) -> bool:
    return _agrees(digest(change), _known([change]).get(change))


def _agrees(now: str, known: str | None) -> bool:
    return bool(known) and now == known and not now.startswith(UNSTORED)


def _known(changes: Numbers, begun: Begun | None = None) -> dict[int, str]:
    number, first = begun or _beginning()
    known = {one: first[one] for one in changes if one in first}
    subjects = [f"{_SUBJECT}{one}" for one in changes]
    rows = AuditRow.objects.filter(outcome=audit.DONE, number__gt=number, subject__in=subjects)
    proposed = {f"{_SUBJECT}{one}" for one in first}
    twice: set[str] = set()
    for row in believed(rows):
        if row.deed == Verb.PROPOSE:
            (twice if row.subject in proposed else proposed).add(row.subject)
        if RECORD in row.facts:
            known[int(row.subject.removeprefix(_SUBJECT))] = str(row.facts[RECORD])
    # Proposed twice by one number it is two changes, and hides the first: nothing agrees with it.
    return known | dict.fromkeys((int(one.removeprefix(_SUBJECT)) for one in twice), NO_RECORD)


def _beginning() -> Begun:
    rows = AuditRow.objects.filter(deed__in=(FOUNDING, BEGUN), outcome=audit.DONE)
    begun = [one for one in believed(rows) if isinstance(one.facts.get(RECORDS), dict)]
    if not begun:
        return 0, {}
    first = begun[-1].facts[RECORDS].items()
    whole = {int(number): str(one) for number, one in first if _NUMBER.fullmatch(number)}
    return begun[-1].number, whole


def baseline() -> dict[str, str]:
    """Return the digests of all changes as they are now, to be written once, at the founding."""
    return {str(number): made for number, made in sorted(_digests().items())}


def begin() -> None:
    """Write the digests of all changes once where the founding is of a release without them.

    Where records were written since, their beginning was taken away and is not made again.
    """
    if not _has_begun():
        audit.write(
            "machine",
            BEGUN,
            "changes",
            "From here on every change is recorded",
            facts={RECORDS: baseline()},
        )


def _has_begun() -> bool:
    return bool(_beginning()[0]) or any(_with_record())


def _with_record() -> Iterator[AuditRow]:
    rows = AuditRow.objects.filter(subject__startswith=_SUBJECT, outcome=audit.DONE)
    return (one for one in believed(rows) if RECORD in one.facts)


def differences() -> Iterator[str]:
    """Yield a sentence for each change that is not as the audit recorded it.

    Before the records begin there is nothing to compare. They are read a page at a time, each as
    it stands at one moment, and nobody waits for it.
    """
    with one_reading():
        begun = _beginning()
        every = _named(begun) if _has_begun() else set()
    # No release numbers a change so.
    yield from (_differs(one, NO_RECORD) for one in sorted(every, key=str) if not _is_whole(one))
    numbers = sorted(filter(_is_whole, every))
    for start in range(0, len(numbers), OF_A_PAGE):
        yield from _of_page(numbers[start : start + OF_A_PAGE], begun)


def _of_page(numbers: Numbers, begun: Begun) -> list[str]:
    # A deed may end between two pages, but none within one.
    with one_reading():
        known, now = _known(numbers, begun), _digests(numbers)
    told = ((one, now.get(one, NO_RECORD)) for one in numbers)
    return [_differs(one, made) for one, made in told if not _agrees(made, known.get(one))]


def _differs(number: Any, made: str) -> str:
    mark = made[:MARK_LETTERS] or "gone"
    return f"Change {number} is not as the audit recorded it ({mark})."


def _named(begun: Begun) -> set[Any]:
    """Return what any row of a change, of the audit or of its beginning calls a change."""
    named: set[Any] = set(begun[1])
    for model in MODELS:
        held = model._default_manager.order_by().values_list(_about(model), flat=True)
        named.update(one if isinstance(one, int) else told(one) for one in held)
    rows = AuditRow.objects.filter(outcome=audit.DONE, subject__startswith=_SUBJECT).order_by()
    subjects = rows.values_list("subject", flat=True).distinct()
    said = (one.removeprefix(_SUBJECT) for one in subjects)
    # A row that somebody wrote with SQL may name none; whether it is believed is seen later.
    return named | {int(one) for one in said if _NUMBER.fullmatch(one)}


def _is_whole(number: Any) -> bool:
    return isinstance(number, int)


POWER: Final = Q(subject__startswith=_SUBJECT) | Q(deed=BEGUN)
"""The rows of the audit from which a change is known."""
