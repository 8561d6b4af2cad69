"""The register: what the house decides that is no parameter of the exchange, in versions.

An alert rule, a runbook, a product: entries of a kind, each with a key and a body of plain JSON.
They are changed by change control alone, on the path of the exchange's own parameters: the version
an entry had when the change was made is compared and set in one transaction with its audit row.
The entries of the founding are signed by nobody and say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Model, OuterRef

from pilothouse.control.models import RegisterRow
from pilothouse.language.names import Receipt
from pilothouse.language.refusals import BASE_VERSION_HAS_MOVED
from pilothouse.records import audit
from pilothouse.records.readable import Unreadable, stream

Body = dict[str, Any]

TABLE: Final[type[Model]] = RegisterRow
"""What holds the entries, for the comparison of how its values are stored."""


@dataclass(frozen=True)
class Entry:
    """An entry as it holds now. `change` is the change that wrote it; None at the founding."""

    kind: str
    key: str
    version: int
    body: Body
    change: int | None


@dataclass(frozen=True)
class Write:
    """What a change says to the register: this body in the place of that version.

    No body takes the entry out. The base version of an entry that never was is 0.
    """

    kind: str
    key: str
    body: Body | None
    base_version: int


def entries(kind: str) -> tuple[Entry, ...]:
    """Return the entries of a kind that hold now, by key."""
    newer = RegisterRow.objects.filter(
        kind=kind, key=OuterRef("key"), version__gt=OuterRef("version")
    )
    rows = RegisterRow.objects.filter(~Exists(newer), kind=kind, body__isnull=False)
    return tuple(_entry(row) for row in rows.order_by("key"))


def entry(kind: str, key: str) -> Entry | None:
    """Return an entry as it holds now, or None if there is none or it was taken out."""
    row = newest(kind, key)
    return _entry(row) if row is not None and row.body is not None else None


def keys(kind: str) -> tuple[str, ...]:
    """Return the keys of a kind that were ever written, in order."""
    rows = RegisterRow.objects.filter(kind=kind).order_by("key")
    return tuple(rows.values_list("key", flat=True).distinct())


def versions(kind: str, key: str) -> tuple[Entry, ...]:
    """Return what an entry has been, oldest first; a version that took it out is empty."""
    return tuple(_entry(row) for row in RegisterRow.objects.filter(kind=kind, key=key))


def version(kind: str, key: str) -> int:
    """Return the newest version of an entry, 0 if it never was."""
    row = newest(kind, key)
    return row.version if row else 0


def rows() -> Iterator[RegisterRow | Unreadable]:
    """Yield every version that was ever written, oldest first."""
    return stream(RegisterRow.objects.order_by("pk"))


def position() -> int:
    """Return how far the register has come: the number of its newest row, 0 when empty."""
    return RegisterRow.objects.order_by("-id").values_list("id", flat=True).first() or 0


def row_at(position: int) -> Entry | None:
    """Return what was written at a position of the register, or None if nothing was."""
    row = RegisterRow.objects.filter(pk=position).first()
    return _entry(row) if row else None


def write(words: Write, *, change: int, step: int, now: datetime) -> Receipt:
    """Write a version in the name of a change's step, within the transaction of its deed.

    The position of the receipt is that of the register. The same step again gets its first
    receipt; another base version than what holds is refused. Raises NoTransaction outside a deed.
    """
    known = RegisterRow.objects.filter(change=change, step=step).first()
    if known is not None:
        return Receipt(known.pk, 0, made=known.version, repeated=True)
    if version(words.kind, words.key) != words.base_version:
        return Receipt(position(), int(BASE_VERSION_HAS_MOVED))
    row = _add(words, now, change=change, step=step)
    return Receipt(row.pk, 0, made=row.version)


@transaction.atomic
def found(defaults: Iterable[tuple[str, str, Body]], now: datetime) -> int:
    """Write the first version of entries that never were; return how many. Signed by nobody.

    This is the founding's: an entry that exists, or was taken out by people, stays as it is.
    """
    wanted = [Write(*one, base_version=0) for one in defaults]
    missing = [one for one in wanted if version(one.kind, one.key) == 0]
    for one in missing:
        _add(one, now)
    return len(missing)


def _add(
    words: Write, now: datetime, *, change: int | None = None, step: int | None = None
) -> RegisterRow:
    # The audit refuses what is no deed, so it is asked before anything is written.
    row = RegisterRow(
        kind=words.kind,
        key=words.key,
        version=words.base_version + 1,
        body=words.body,
        change_id=change,
        step=step,
        at=now,
    )
    who = written_by(row)
    by = f"by change {change}" if change else "at the founding, signed by nobody"
    deed = "register.write" if words.body is not None else "register.take_out"
    facts = {"version": row.version, "body": words.body, "step": step}
    audit.write(who, deed, f"{words.kind}:{words.key}", f"{row}, {by}", facts=facts, at=now)
    row.save()
    return row


def written_by(row: RegisterRow) -> str:
    """Return what the audit calls who wrote a version: a change, or the founding."""
    return f"change:{row.change_id}" if row.change_id else "genesis"


def newest(kind: str, key: str) -> RegisterRow | None:
    """Return the newest version of an entry as its row, also one that took it out."""
    found: RegisterRow | None = (
        RegisterRow.objects.filter(kind=kind, key=key).order_by("-version").first()
    )
    return found


def _entry(row: RegisterRow) -> Entry:
    return Entry(row.kind, row.key, row.version, row.body or {}, row.change_id)
