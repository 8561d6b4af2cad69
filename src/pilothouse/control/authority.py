"""Authority: signatures, grants and entries of the register as rows, against the audit's facts.

A row that was put in or changed beside the audit gives nobody a right that this does not find:
each has the audit row that was written in its transaction, and is equal to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from django.db.models import Q

from pilothouse.access.models import Person
from pilothouse.access.roles import Role
from pilothouse.control import (
    audited,
    credentials,
    odd_schema,
    people_made,
    recorded,
    register,
    revocations,
    standing,
    stored,
)
from pilothouse.control.believed import believed, below, odd_beginning, unsealed
from pilothouse.control.canonical import plain_hash
from pilothouse.control.models import Change, ChangeStep, Signature
from pilothouse.control.moves import State, Verb
from pilothouse.control.one_reading import one_reading
from pilothouse.control.policy import NEEDS
from pilothouse.control.stored import mark, told
from pilothouse.language.texts import all_shown
from pilothouse.records import audit
from pilothouse.records.held import is_passing
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import Unreadable, attempt, stream

REGISTER: Final = "register."
POWER: Final = (
    Q(deed__in=[standing.GRANTED, standing.DOUBTED, *revocations.DEEDS])
    | Q(deed__in=audited.DEEDS)
    | Q(deed__startswith=REGISTER)
    | recorded.POWER
)
"""The rows of the audit that give a power, take one away, or end a difference."""
MARK_LETTERS: Final = 12


def _rows(subject: str, deed: str) -> list[AuditRow]:
    found = AuditRow.objects.filter(subject=subject, deed=deed, outcome=audit.DONE)
    return list(believed(found))


def _sent(change: Change, step: ChangeStep) -> AuditRow | None:
    for row in reversed(_rows(change.subject, Verb.APPLY)):
        if row.facts.get("to") == State.APPLYING and row.facts.get("step") == step.number:
            return row
    return None


def said_when_sent(change: Change, step: ChangeStep) -> str:
    """Return the hash of what a step said when it was sent, as the audit has it; else empty."""
    row = _sent(change, step)
    return str(row.facts.get("said", "")) if row else ""


def why_unsigned(change: Change, step: ChangeStep) -> str:
    """Return why a step that was executed lacks what its class needs; empty if it has it.

    It is read from the audit alone: which fingerprint was sent, and who signed it before.
    """
    sent = _sent(change, step)
    if sent is None:
        return f"the audit does not say that step {step.number} of change {change.pk} was sent"
    if not _was_approved(change, sent):
        return f"the audit does not say that change {change.pk} was approved as it was sent"
    need = NEEDS.get(str(sent.facts.get("class", change.change_class)))
    if need is None:
        return f"change {change.pk} has no class"
    if not need.signatures:
        return ""
    carrier = sent.facts.get("signed_with") or change.pk
    signed = {
        who: roles
        for who, roles in _signers(int(carrier), sent).items()
        if not (roles and need.roles) or need.roles & set(roles)
    }
    if len(signed) < need.signatures:
        return f"change {carrier} has {len(signed)} of {need.signatures} signatures in the audit"
    roles = {role for held in signed.values() for role in held}
    missing = [one for one in need.each_of if one not in roles] if roles else []
    return f"nobody signed as {missing[0]}" if missing else ""


def _was_approved(change: Change, sent: AuditRow) -> bool:
    rows = AuditRow.objects.filter(
        subject=change.subject,
        deed__in=(Verb.PREVIEW, Verb.APPROVE),
        outcome=audit.DONE,
        number__lt=sent.number,
    )
    fingerprint = sent.facts.get("fingerprint")
    return any(
        one.get("to") == State.APPROVED and one.get("fingerprint") == fingerprint
        for one in (row.facts for row in believed(rows))
    )


def _signers(carrier: int, sent: AuditRow) -> dict[str, list[Role]]:
    change = Change.objects.filter(pk=carrier).first()
    if change is None:
        return {}
    wanted = _signed_when_sent(change, sent)
    proposer = _proposer(change)
    if not proposer:
        return {}
    rows = [
        row
        for row in _rows(change.subject, Verb.APPROVE)
        if row.number < sent.number and row.facts.get("signed") == wanted and row.actor != proposer
    ]
    # The first release did not write down as what somebody signed.
    signed = [(row, standing.roles_of_row(row)) for row in rows]
    return {row.actor: roles for row, roles in signed if roles or not row.facts.get("roles")}


def _signed_when_sent(change: Change, sent: AuditRow) -> str:
    """Return the fingerprint a change was sent with, at that row or, inherited from, before it."""
    rows = [one for one in _rows(change.subject, Verb.APPLY) if one.number <= sent.number]
    away = [one.facts for one in rows if one.facts.get("to") == State.APPLYING]
    return str(away[-1].get("fingerprint", "")) if away else ""


def _proposer(change: Change) -> str:
    """Return who proposed a change, as the audit has it; empty if it does not say."""
    return next((row.actor for row in _rows(change.subject, Verb.PROPOSE)), "")


def differences_of(person: Person) -> list[str]:
    """Return a sentence for each grant of a person that its audit row does not cover, and one for
    their credentials.
    """
    return [*standing.differences(person), *credentials.of_people(person)]


def differences() -> Iterator[str]:
    """Yield a sentence for each row that its audit row does not cover.

    It ends with a mark of what the row says now: changed once more, it is another difference.
    """
    for what, look in _looks().items():
        yield from _looked_at(what, look)


def _looks() -> dict[str, Callable[[], Iterator[str]]]:
    return {
        "The founding": odd_beginning,
        "The audit's numbers": below,
        "The schema": odd_schema.differences,
        "Stored values": stored.differences,
        "The records of changes": recorded.differences,
        "Signatures": _signatures,
        "Grants": standing.differences,
        "The register": _entries,
        "The seals": lambda: unsealed(POWER),
        "Later foundings": credentials.odd_foundings,
        "People's credentials": credentials.of_people,
        "People who are gone": people_made.gone,
        "People's numbers": people_made.made_again,
        "API keys": credentials.of_keys,
        "Sign-ins": standing.doubted_sign_ins,
    }


def _looked_at(what: str, look: Callable[[], Iterator[str]]) -> list[str]:
    # Each by itself: a value that no release writes must not end the comparison of all others.
    # The changes are many, and read by pages.
    try:
        if look is recorded.differences:
            return list(look())
        with one_reading():
            return list(look())
    except Exception as error:
        if is_passing(error):
            raise
        return [f"{what} cannot be compared with the audit ({type(error).__name__})."]


def _signatures() -> Iterator[str]:
    known: dict[tuple[Any, ...], list[AuditRow]] = {}
    for row in believed(AuditRow.objects.filter(deed=Verb.APPROVE, outcome=audit.DONE)):
        known.setdefault((row.subject, row.actor, row.facts.get("signed")), []).append(row)
    for one in stream(Signature.objects.order_by("pk")):
        if isinstance(one, Unreadable):
            yield f"Signature {one.pk} cannot be read."
            continue
        key = (f"change:{one.change_id}", f"person:{one.person_id}", one.fingerprint)
        if not any(attempt(partial(_covers, row, one)) for row in known.get(key, ())):
            yield (
                f"Signature {one.pk} of person {told(one.person_id)} on change "
                f"{told(one.change_id)} is not as the audit recorded it ({mark(one)})."
            )


def _covers(row: AuditRow, one: Signature) -> bool:
    facts = row.facts
    return (
        row.at == one.signed_at
        and facts.get("preview") == one.preview_hash
        and facts.get("position") == one.preview_position
        and facts.get("roles", one.roles) == one.roles
        and facts.get("expires", one.expires_at.isoformat()) == one.expires_at.isoformat()
        and facts.get("prices", one.prices) == one.prices
    )


def _entries() -> Iterator[str]:
    known: dict[tuple[Any, ...], list[AuditRow]] = {}
    for row in believed(AuditRow.objects.filter(deed__startswith=REGISTER)):
        known.setdefault((row.subject, row.facts.get("version")), []).append(row)
    gone = dict.fromkeys(known)
    for one in register.rows():
        if isinstance(one, Unreadable):
            yield f"Row {one.pk} of the register cannot be read."
            continue
        gone.pop((f"{one.kind}:{one.key}", one.version), None)
        rows = known.get((f"{one.kind}:{one.key}", one.version), [])
        if not any(attempt(partial(_wrote, row, one)) for row in rows):
            yield (
                f"Version {told(one.version)} of {told(one.kind)} {told(one.key)} is not as the "
                f"audit recorded it ({_mark_of(one)})."
            )
    for subject, version in gone:
        yield f"Version {version} of {subject} is gone from the register; the audit recorded it."


def recorded_entry(kind: str, key: str) -> register.Entry | None:
    """Return an entry of the register as it holds now, if the audit recorded it so; else None."""
    held = register.newest(kind, key)
    if held is None:
        return None
    rows = AuditRow.objects.filter(deed__startswith=REGISTER, subject=f"{kind}:{key}")
    told = any(
        row.facts.get("version") == held.version and _wrote(row, held) for row in believed(rows)
    )
    return register.entry(kind, key) if told else None


def _wrote(row: AuditRow, one: Any) -> bool:
    return (
        row.actor == register.written_by(one)
        and row.at == one.at
        and row.facts.get("body") == all_shown(one.body)
        and row.facts.get("step", one.step) == one.step
    )


def _mark_of(one: Any) -> str:
    step = told(one.step) if isinstance(one.step, bytes) else one.step
    at = one.at.isoformat() if one.at else ""
    words = [all_shown(one.body), register.written_by(one), step, at]
    return plain_hash(words)[:MARK_LETTERS]
