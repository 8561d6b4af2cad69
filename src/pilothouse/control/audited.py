"""What the audit says of differences: which were noted, which two people settled, which ended.

It is folded once and kept in memory; each reading adds the rows that are new. A settlement holds
for one appearance: it ends when the difference is no longer found, and, for credentials, with the
next change of that person that was recorded. The same sentence later is another difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import Final

from django.db.models import Q

from pilothouse.control.believed import believed
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import attempt

NOTED: Final = "reconcile"
CREDENTIALS: Final = "person.credentials"
NO_ROW: Final = "the audit has no row {:,} any more"
ANOTHER_ROW: Final = "row {:,} of the audit is another one now"
BROKEN_BEHIND: Final = "the console found it broken, and row {:,} was the newest in the journal"
"""What the comparison says of a head in the journal, by its row."""
_OF_CREDENTIALS: Final = re.compile(r"The password or second factors of person (\d+) ")


class Verb(StrEnum):
    """What happens to a settlement, as the audit calls it. The machine alone ends one."""

    PROPOSE = "settle.propose"
    SIGN = "settle.sign"
    DECLINE = "settle.decline"
    END = "settle.end"


DEEDS: Final = (*Verb, NOTED, CREDENTIALS)


@dataclass(frozen=True)
class Settlement:
    """Differences that somebody proposed to settle, and why."""

    key: str
    proposer: str
    why: str
    sentences: tuple[str, ...]
    at: datetime
    signer: str = ""
    signed_at: datetime | None = None


@dataclass(frozen=True)
class Noted:
    """A difference as the reconciler wrote it into the audit."""

    position: int
    difference: str
    sentence: str


@dataclass(frozen=True)
class Said:
    """The fold up to one row of the audit. Nobody changes one that was handed out."""

    number: int = 0
    hash: str = audit.NO_HASH
    waiting: dict[str, Settlement] = field(default_factory=dict)
    signed: list[Settlement] = field(default_factory=list)
    settled: dict[str, Settlement] = field(default_factory=dict)
    noted: dict[Noted, AuditRow] = field(default_factory=dict)

    def open(self) -> list[Noted]:
        """Return what was noted and is not settled, oldest first."""
        return [one for one in self.noted if one.sentence not in self.settled]


_lock: Final = Lock()
_kept: Final[list[Said]] = [Said()]


def said() -> Said:
    """Return what the audit says now, with what this transaction wrote."""
    with _lock:
        known = _kept[0] if _is_there(_kept[0]) else Said()
        last = audit.end()
        if last > known.number:
            known = _folded(known, last, _hash_of(last))
        _kept[0] = known
        return known


def _is_there(known: Said) -> bool:
    # A transaction that was undone took its rows with it.
    return (
        not known.number or AuditRow.objects.filter(number=known.number, hash=known.hash).exists()
    )


def _hash_of(number: int) -> str:
    # Of a row that cannot be read there is none, and all is folded again the next time.
    rows = AuditRow.objects.filter(number=number).values_list("hash", flat=True)
    return attempt(rows.first) or audit.NO_HASH


def _folded(known: Said, number: int, told: str) -> Said:
    rows = list(_rows(known.number, number))
    if not rows:
        return replace(known, number=number, hash=told)
    made = Said(
        number,
        told,
        dict(known.waiting),
        list(known.signed),
        dict(known.settled),
        dict(known.noted),
    )
    for row in rows:
        _fold(made, row)
    return made


def _rows(after: int, last: int) -> Iterator[AuditRow]:
    ours = Q(deed__in=DEEDS, outcome=audit.DONE)
    return believed(AuditRow.objects.filter(ours, number__gt=after, number__lte=last))


def _fold(made: Said, row: AuditRow) -> None:
    facts = row.facts if isinstance(row.facts, dict) else {}
    if row.deed == NOTED:
        position = facts.get("position", 0)
        if isinstance(position, int):
            made.noted[Noted(position, str(facts.get("difference", "")), row.sentence)] = row
    elif row.deed == CREDENTIALS:
        person = row.subject.partition(":")[2]
        _end(made, [one for one in made.settled if _person(one) == person])
    elif row.deed == Verb.END:
        _end(made, _texts(facts))
    elif row.deed == Verb.PROPOSE:
        proposed = proposal(row)
        made.waiting[proposed.key] = proposed
    else:
        _answer(made, row)


def _answer(made: Said, row: AuditRow) -> None:
    one = made.waiting.pop(row.subject.partition(":")[2], None)
    if one is None or row.deed != Verb.SIGN or row.actor == one.proposer:
        return
    one = replace(one, signer=row.actor, signed_at=row.at)
    made.signed.append(one)
    made.settled.update(dict.fromkeys(one.sentences, one))


def _end(made: Said, sentences: list[str]) -> None:
    ended = {one for one in sentences if made.settled.pop(one, None)}
    for one in [one for one in made.noted if one.sentence in ended]:
        del made.noted[one]


def _person(sentence: str) -> str:
    found = _OF_CREDENTIALS.match(sentence)
    return found.group(1) if found else ""


def _texts(facts: dict[str, object]) -> list[str]:
    sentences = facts.get("sentences")
    return (
        [one for one in sentences if isinstance(one, str)] if isinstance(sentences, list) else []
    )


def proposal(row: AuditRow) -> Settlement:
    """Return what the row of a proposal proposes."""
    facts = row.facts if isinstance(row.facts, dict) else {}
    key, why = row.subject.partition(":")[2], str(facts.get("why", ""))
    return Settlement(key, row.actor, why, tuple(_texts(facts)), row.at)
