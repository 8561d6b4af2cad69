"""Approve: another person signs exactly what stands here, by the preview they have read."""

from __future__ import annotations

from datetime import datetime

from pilothouse.access.models import Person
from pilothouse.access.rights import roles_of
from pilothouse.control import evidence, gates, inherited, signing
from pilothouse.control.deed import deed, locked, moment, move
from pilothouse.control.measures import note_signed
from pilothouse.control.models import Change, Signature
from pilothouse.control.moves import State, Verb
from pilothouse.control.ports import ports
from pilothouse.control.refusals import FINGERPRINT_DIFFERS, PREVIEW_IS_MISSING, Refused


def approve(
    change: Change, fingerprint: str, *, by: Person, now: datetime | None = None
) -> Change:
    """Sign a change. `fingerprint` is what the signer has read; it must be what stands here.

    Raises Refused: the proposer, no right, another fingerprint, a missing, old or alarming
    preview. With the last signature its class needs, the change is approved.
    """
    now = moment(now)
    with deed(Verb.APPROVE, by, change.subject):
        change = locked(change)
        gates.pass_gate(Verb.APPROVE, change, by, now)
        if fingerprint != change.fingerprint:
            raise Refused(FINGERPRINT_DIFFERS)
        signature = _sign(change, by, now)
        complete = signing.is_complete(change, signing.live_signatures(change))
        if complete:
            note_signed(change, now)
        target = State.APPROVED if complete else State.PREVIEWED
        facts = {
            "signed": change.fingerprint,
            "preview": signature.preview_hash,
            "position": signature.preview_position,
            "roles": signature.roles,
            "expires": signature.expires_at.isoformat(),
            "prices": signature.prices,
        }
        move(change, Verb.APPROVE, target, by=by, now=now, facts=facts)
        return change


def _sign(change: Change, by: Person, now: datetime) -> Signature:
    preview = evidence.latest(change)
    if preview is None:
        raise Refused(PREVIEW_IS_MISSING)
    return Signature.objects.create(
        change=change,
        person=by,
        proposer=change.proposer,
        roles=sorted(roles_of(by, now)),
        fingerprint=change.fingerprint,
        preview_hash=preview.hash,
        preview_position=preview.position,
        signed_at=now,
        expires_at=signing.expires_at(change, now),
        prices=inherited.prices_of(change, ports().reader),
    )
