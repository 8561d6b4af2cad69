"""Changes of credentials through this program, noted in the audit as they are made.

What was changed with SQL before is not made good by a later change: it stays a difference until
two people have settled it. What is noted is what this program wrote, and not what the database
gives back: a trigger that writes something else is a difference too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from pilothouse.access.models import Person
from pilothouse.control import credentials, people_made, settling
from pilothouse.control.credentials import Factor, Held
from pilothouse.records import audit

WORDS: Final = {
    Person: {"username", "password", "is_active"},
    Authenticator: {"user", "user_id", "type", "data"},
}
"""The fields of a row that a digest covers."""
_BEFORE: Final = "_pilothouse_before"


@dataclass(frozen=True)
class Before:
    """What a person had before a change, which agreed with the audit; None for a new one."""

    held: Held | None
    fields: frozenset[str] | None
    """The fields that are written; None where all are."""


def listen() -> None:
    """Hear of every change of credentials. Called once, when the room is loaded."""
    for model in WORDS:
        name = f"pilothouse.credentials.{model.__name__}"
        pre_save.connect(_before, model, dispatch_uid=f"{name}.before")
        pre_delete.connect(_before, model, dispatch_uid=f"{name}.before_delete")
        post_save.connect(_saved, model, dispatch_uid=f"{name}.after")
    post_delete.connect(
        _factor_gone, Authenticator, dispatch_uid="pilothouse.credentials.Authenticator.gone"
    )


def _person_of(row: Any) -> int | None:
    number = row.pk if isinstance(row, Person) else row.user_id
    return int(number) if number else None


def _is_covered(sender: Any, update_fields: Any) -> bool:
    return update_fields is None or bool(WORDS[sender] & set(update_fields))


def _before(sender: Any, instance: Any, update_fields: Any = None, **_: Any) -> None:
    made = None
    if _is_covered(sender, update_fields) and credentials.has_begun():
        made = _agreed(_person_of(instance), update_fields)
    setattr(instance, _BEFORE, made)


def _agreed(number: int | None, fields: Any) -> Before | None:
    written = None if fields is None else frozenset(fields)
    person = Person.objects.filter(pk=number).first() if number else None
    if person is None:
        return Before(None, written)
    settled = settling.settled()
    if all(one in settled for one in credentials.of_people(person)):
        return Before(credentials.held(person), written)
    return None


def _saved(sender: Any, instance: Any, **_: Any) -> None:
    before = getattr(instance, _BEFORE, None)
    if before is None:
        return
    if sender is Person:
        _note(_of_person(instance, before), is_new=before.held is None)
    elif before.held is not None:
        factors = {one.number: one for one in before.held.factors}
        known = factors.get(instance.pk)
        factors[instance.pk] = _factor(instance, before.fields, known)
        _note(replace(before.held, factors=tuple(factors[pk] for pk in sorted(factors))))


def _of_person(row: Person, before: Before) -> Held:
    held = before.held or Held(row.pk, "", "", False, ())
    words = {"username": "name", "password": "password", "is_active": "active"}
    written = {
        ours: getattr(row, field)
        for field, ours in words.items()
        if before.held is None or before.fields is None or field in before.fields
    }
    return replace(held, **written)


def _factor(row: Any, fields: frozenset[str] | None, known: Factor | None) -> Factor:
    # As the database gives it back: JSON has no tuples and no names that are numbers.
    data = json.loads(json.dumps(row.data))
    if known is None or fields is None:
        return Factor(row.pk, str(row.type), data)
    kind = str(row.type) if "type" in fields else known.type
    return Factor(row.pk, kind, data if "data" in fields else known.data)


def _factor_gone(sender: Any, instance: Any, **_: Any) -> None:
    before = getattr(instance, _BEFORE, None)
    if before is None or before.held is None:
        return
    if not Person.objects.filter(pk=before.held.person).exists():
        return
    left = tuple(one for one in before.held.factors if one.number != instance.pk)
    _note(replace(before.held, factors=left))


def _note(now: Held, *, is_new: bool = False) -> None:
    made = credentials.digest_of(now)
    if credentials.recorded(now.person).get(str(now.person)) == made:
        return
    facts = {"digest": made} | ({people_made.MADE: True} if is_new else {})
    with transaction.atomic():
        sentence = f"The password or second factors of {now.name} changed"
        about = f"person:{now.person}"
        audit.write("machine", credentials.CHANGED, about, sentence, facts=facts)
