"""A change of which somebody made a value unreadable with SQL, as far as it can be read.

Ending it is what protects, so it must not wait until somebody puts the row right: it could be put
right a second before it is due. Such a change is never as recorded, so it can be ended and no
more. Its state is the one that the audit recorded last, for nothing else says where it stands; a
value that cannot be read stays in its row as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import CharField, Field, QuerySet, TextField

from pilothouse.control.believed import believed
from pilothouse.control.models import Change
from pilothouse.control.moves import OPEN, State
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import attempt

CANNOT_BE_READ: Final = "(cannot be read)"
DEED: Final = ("state", "state_reason", "state_at")
"""What ending a change writes, whatever stands there."""
_STATES: Final = frozenset(State)
_TEXT: Final = (CharField, TextField)
_ALL: Final = Change._meta.concrete_fields


def read(rows: QuerySet[Change], number: int) -> Change:
    """Return a change with every column that can be read; `unread` names the others.

    Raises Change.DoesNotExist, and what the database says when it is held or its disk fails.
    """
    found = attempt(rows.filter(pk=number).first)
    if found is not None and not any(_is_odd(one, getattr(found, one.attname)) for one in _ALL):
        return found
    if not rows.filter(pk=number).exists():
        raise Change.DoesNotExist(number)
    return _in_part(rows.filter(pk=number), number)


def _in_part(rows: QuerySet[Change], number: int) -> Change:
    made = Change(pk=number)
    unread = set()
    for field in _ALL:
        value = attempt(rows.values_list(field.attname).get)
        if value is None or _is_odd(field, value[0]):
            unread.add(field.attname)
            value = (_usual(field),)
        setattr(made, field.attname, value[0])
    made._state.adding, made._state.db = False, rows.db
    made.unread = frozenset(unread)
    return made


def _is_odd(field: Field[Any, Any], value: Any) -> bool:
    # Bytes in the column of a text are no words.
    return isinstance(field, _TEXT) and not isinstance(value, str)


def _usual(field: Field[Any, Any]) -> Any:
    return CANNOT_BE_READ if isinstance(field, _TEXT) else field.get_default()


def with_state(change: Change) -> Change:
    """Return a change with a state: where its own is none, that of the audit."""
    return change if change.state in _STATES else as_said(change)


def as_said(change: Change) -> Change:
    """Give a change that is not as recorded the state in which the audit left it.

    One whose row has an open state of its own keeps it: from there it can be ended.
    """
    if change.state in OPEN and isinstance(change.state_at, datetime):
        return change
    said = _last_said(change)
    if said is None:
        return change
    state, at = said
    if change.state not in _STATES or state in OPEN:
        change.state, change.state_at = state, at
    if not isinstance(change.state_at, datetime):
        change.state_at = at
    return change


def _last_said(change: Change) -> tuple[State, datetime] | None:
    rows = AuditRow.objects.filter(subject=change.subject, outcome=audit.DONE)
    said = None
    for row in believed(rows):
        state = row.facts.get("to") if isinstance(row.facts, dict) else None
        if said is None or state in _STATES:
            said = State(state if state in _STATES else State.PROPOSED), row.at
    return said


def save(change: Change) -> None:
    """Write a change; of one that is not as recorded only what ends it, so that all that somebody
    wrote there stays as it is.
    """
    change.save(update_fields=None if change.is_recorded else DEED)
