"""Settling differences between journal and records: one person says why, a second one signs.

The audit alone holds it: a proposal and its signature are rows of it, chained like all others, so
that no other row of the database can settle anything and `pilothouse verify` reads the same. What
is settled is one appearance of the very sentence of a difference: one that reads otherwise, or
comes again after it was gone, is another difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may, roles_of
from pilothouse.access.roles import Right
from pilothouse.control import audited, authority, refusals
from pilothouse.control.audited import Settlement, Verb
from pilothouse.control.canonical import plain_hash
from pilothouse.control.deed import actor, deed, moment
from pilothouse.control.models import Reconciled
from pilothouse.control.policy import NEEDS
from pilothouse.control.refusals import Reason, Refused
from pilothouse.control.said import said
from pilothouse.language.texts import shown
from pilothouse.records import audit
from pilothouse.records.counted import count
from pilothouse.records.models import AuditRow

AT_ONCE_MOST: Final = 100
"""Differences of one settlement: its signer reads each of them."""
WHY_MOST: Final = 1_000
KEY_LETTERS: Final = 16
SIGNERS: Final = NEEDS["C"].roles
"""Whose signature settles: the same as for a major change."""


OPEN_MOST: Final = 20
"""Proposals of one person that wait for a signature."""
A_DAY_MOST: Final = 20
"""Proposals that one person makes within a day, the declined ones included."""
DAY: Final = timedelta(days=1)


def waiting() -> list[Settlement]:
    """Return the settlements that wait for a second person, oldest first."""
    return list(audited.said().waiting.values())


def signed() -> list[Settlement]:
    """Return the settlements that two people agreed on, oldest first."""
    return audited.said().signed


def settled() -> dict[str, Settlement]:
    """Return what is settled: the sentence of each difference, with its settlement."""
    return audited.said().settled


def propose(
    numbers: Sequence[int], why: str, *, by: Person, now: datetime | None = None
) -> Settlement:
    """Propose to settle open differences, with a reason. The same again is the same proposal."""
    now = moment(now)
    with deed(Verb.PROPOSE, by, "journal"):
        _pass(why_not_propose(by, now))
        why = said(why, refusals.REASON_IS_MISSING, WHY_MOST)
        sentences = _sentences(numbers)
        facts: dict[str, Any] = {"why": why, "sentences": sentences}
        key = plain_hash({**facts, "by": by.pk})[:KEY_LETTERS]
        known = audited.said().waiting
        if key in known:
            return known[key]
        _bound(by, known, now)
        proposed = {text for one in known.values() for text in one.sentences}
        if proposed & set(sentences):
            raise Refused(refusals.SETTLEMENT_WAITS)
        sentence = f"{by} proposes to settle {len(sentences)} differences: {why}"
        row = audit.write(actor(by), Verb.PROPOSE, _subject(key), sentence, facts=facts, at=now)
        return audited.proposal(row)


def sign(key: str, *, by: Person, now: datetime | None = None) -> Settlement:
    """Sign a settlement that another person proposed; signing it again changes nothing."""
    now = moment(now)
    with deed(Verb.SIGN, by, _subject(key)):
        said_now = audited.said()
        waits = said_now.waiting
        again = [one for one in said_now.signed if one.key == key and one.signer == actor(by)]
        if again and key not in waits:
            return again[-1]
        one = _waiting(key, waits)
        _pass(why_not_sign(one, by, now))
        facts = {
            "why": one.why,
            "proposer": one.proposer,
            "sentences": list(one.sentences),
            "roles": sorted(roles_of(by, now)),
        }
        sentence = f"{by} signs the settlement of {len(one.sentences)} differences: {one.why}"
        audit.write(actor(by), Verb.SIGN, _subject(key), sentence, facts=facts, at=now)
        return replace(one, signer=actor(by), signed_at=now)


def decline(key: str, why: str, *, by: Person, now: datetime | None = None) -> Settlement:
    """Decline a settlement, or take one's own back: its differences stay open."""
    now = moment(now)
    with deed(Verb.DECLINE, by, _subject(key)):
        one = _waiting(key, audited.said().waiting)
        _pass(why_not_decline(one, by, now))
        why = said(why, refusals.REASON_IS_MISSING, WHY_MOST)
        facts = {"why": why, "proposer": one.proposer}
        sentence = f"{by} declines to settle {len(one.sentences)} differences: {why}"
        audit.write(actor(by), Verb.DECLINE, _subject(key), sentence, facts=facts, at=now)
        return one


def why_not_propose(person: Person, now: datetime) -> Reason | None:
    """Return why a person cannot propose a settlement, None if they can."""
    if not may(person, Right.PROPOSE, now):
        return refusals.NO_RIGHT
    return _why_untrusted(person)


def why_not_sign(one: Settlement, person: Person, now: datetime) -> Reason | None:
    """Return why a person cannot sign a settlement, None if they can."""
    if not may(person, Right.SIGN, now) or not SIGNERS & roles_of(person, now):
        return refusals.NO_RIGHT
    if one.proposer == actor(person):
        return refusals.PROPOSER_CANNOT_SETTLE
    return _why_untrusted(person)


def why_not_decline(one: Settlement, person: Person, now: datetime) -> Reason | None:
    """Return why a person cannot decline a settlement, None if they can: its proposer takes it
    back, and who could sign it may decline it.
    """
    if one.proposer == actor(person) and may(person, Right.PROPOSE, now):
        return None
    if may(person, Right.SIGN, now) and SIGNERS & roles_of(person, now):
        return None
    return refusals.NO_RIGHT


def _why_untrusted(person: Person) -> Reason | None:
    # Who was given a role with SQL would settle that very difference.
    return refusals.RIGHTS_DIFFER if authority.differences_of(person) else None


def _bound(by: Person, known: dict[str, Settlement], now: datetime) -> None:
    # The audit keeps every proposal permanently, also one that is declined at once.
    open_now = sum(one.proposer == actor(by) for one in known.values())
    made = AuditRow.objects.filter(deed=Verb.PROPOSE, outcome=audit.DONE, actor=actor(by))
    of_a_day = made.filter(at__gt=now - DAY)
    if open_now >= OPEN_MOST or count(of_a_day, A_DAY_MOST) >= A_DAY_MOST:
        raise Refused(refusals.TOO_MANY_SETTLEMENTS)


def _pass(reason: Reason | None) -> None:
    if reason is not None:
        raise Refused(reason)


def _subject(key: str) -> str:
    return f"settlement:{shown(key)[:KEY_LETTERS]}"


def _waiting(key: str, waits: dict[str, Settlement]) -> Settlement:
    if key not in waits:
        raise Refused(refusals.NO_SUCH_SETTLEMENT)
    return waits[key]


def _sentences(numbers: Sequence[int]) -> list[str]:
    wanted = set(numbers)
    if not wanted:
        raise Refused(refusals.NOTHING_TO_SETTLE)
    if len(wanted) > AT_ONCE_MOST:
        raise Refused(refusals.TOO_MANY_TO_SETTLE, f"{len(wanted)} were chosen")
    found = Reconciled.objects.filter(pk__in=wanted, verdict=Reconciled.Verdict.DIFFERS)
    sentences = [one.sentence for one in found.order_by("pk")]
    open_now = {one.sentence for one in audited.said().open()}
    if len(sentences) < len(wanted) or not set(sentences) <= open_now:
        raise Refused(refusals.NOT_OPEN)
    return sentences
