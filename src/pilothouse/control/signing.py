"""Signatures: which live, which have fallen, and whether a change has those its class needs."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import recorded
from pilothouse.control.models import Change, ChangeStep, Signature
from pilothouse.control.policy import NEEDS, SIGNATURE_LASTS, Need

_EXECUTED: Final = (ChangeStep.At.APPLIED, ChangeStep.At.VERIFIED)


def need_of(change: Change) -> Need:
    """Return what the class of a change needs."""
    return NEEDS[change.change_class]


def live_signatures(change: Change) -> list[Signature]:
    """Return the signatures on exactly what stands here now, whether or not they have expired."""
    return list(
        change.signatures.filter(void_at__isnull=True, fingerprint=change.fingerprint)
        .select_related("person")
        .order_by("signed_at", "id")
    )


def void_signatures(change: Change, why: str, now: datetime) -> int:
    """Void every live signature of a change; return how many fell."""
    live = change.signatures.filter(void_at__isnull=True)
    return live.update(void_at=now, void_reason=why)


def expires_at(change: Change, now: datetime) -> datetime:
    """Return when a signature given now ends: after a day, or with the plan's last window."""
    windows = change.steps.exclude(not_after=None).values_list("not_after", flat=True)
    return max([now + SIGNATURE_LASTS, *(one for one in windows if one)])


def counts_for(change: Change, person: Person, now: datetime) -> bool:
    """Tell whether a person's signature counts for the class of a change."""
    roles = need_of(change).roles
    return not roles or bool(roles & roles_of(person, now))


def is_complete(change: Change, signatures: list[Signature]) -> bool:
    """Tell whether these signatures are all its class needs."""
    need = need_of(change)
    roles = {Role(role) for one in signatures for role in one.roles}
    enough = len({one.person_id for one in signatures}) >= need.signatures
    return enough and set(need.each_of) <= roles


def still_needed(change: Change) -> str:
    """Return what is missing in words, empty when nothing is."""
    signatures = live_signatures(change)
    if is_complete(change, signatures):
        return ""
    return f"{need_of(change).sentence}; {len(signatures)} of {need_of(change).signatures} given"


def who_lost_the_right(change: Change, now: datetime) -> list[str]:
    """Return the signers who may not sign this any more."""
    lost = []
    for one in live_signatures(carried_by(change)):
        if not (may(one.person, Right.SIGN, now) and counts_for(change, one.person, now)):
            lost.append(one.person.username)
    return lost


def carried_by(change: Change) -> Change:
    """Return the change whose signatures carry this one: its own, or that which it undoes."""
    if change.reverts is None or not undo_is_signed(change):
        return change
    own = live_signatures(change)
    return change if own and is_complete(change, own) else change.reverts


def undo_is_signed(change: Change) -> bool:
    """Tell whether this is the very undo that was signed together with the change it undoes.

    Its wishes are those of the signed undo, its ceilings zero, and its base is what the change
    left behind, and that one is as recorded. Whatever is edited, or laid on another version, needs
    signatures of its own.
    """
    if not change.preapproved or change.reverts is None:
        return False
    if not recorded.is_as_recorded(change.reverts):
        return False
    steps = list(change.steps.exclude(state=ChangeStep.At.REPLACED).order_by("number"))
    applied = change.reverts.steps.filter(state__in=_EXECUTED).order_by("-number").first()
    if applied is None or not steps:
        return False
    return (
        [one.fields for one in steps] == change.reverts.rollback
        and all(one.ceiling is not None and not any(one.ceiling.values()) for one in steps)
        and steps[0].base_version == applied.base_version + 1
    )
