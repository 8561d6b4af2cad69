"""What is done about people at once, each with its audit row: sessions end, an invitation is made.

Roles and access are changes (`kinds/role`, `kinds/sign_in`); those that take away are carried out
here in one go, by the same verbs.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from pilothouse.access import invitations, signed_in
from pilothouse.access.models import Person, SignedIn
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.control import apply, many, preview, propose, refusals
from pilothouse.control.deed import actor, deed, moment
from pilothouse.control.kinds.kind import Fields
from pilothouse.control.models import Change
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.records import audit

END_SESSIONS: Final = "sessions.end"
INVITE: Final = "person.invite"


def may_manage(person: Person, about: Person, now: datetime) -> bool:
    """Tell whether a person may see and end the sessions of another, or of themselves."""
    return person.pk == about.pk or any(
        may(person, right, now) for right in (Right.MANAGE_PEOPLE, Right.MANAGE_KEYS)
    )


def end_sessions(
    about: Person, *, by: Person, only: int | None = None, now: datetime | None = None
) -> int:
    """End every session of a person, or the one of this row; return how many ended.

    People end their own; those who manage people or keys end anybody's. Raises Refused.
    """
    now = moment(now)
    with deed(END_SESSIONS, by, f"person:{about.pk}"):
        if not may_manage(by, about, now):
            raise Refused(refusals.NO_RIGHT, END_SESSIONS)
        count = signed_in.end_all(about) if only is None else _end_one(about, only)
        sentence = f"{by} ended {count} session{'s' if count != 1 else ''} of {about}"
        facts = {"sessions": count}
        audit.write(actor(by), END_SESSIONS, f"person:{about.pk}", sentence, facts=facts, at=now)
        return count


def _end_one(about: Person, row: int) -> int:
    found = SignedIn.objects.filter(person=about, pk=row).first()
    if found is None:
        raise Refused(refusals.SESSION_IS_OVER)
    signed_in.end(found)
    return 1


def invite(about: Person, *, by: Person, now: datetime | None = None) -> str:
    """Return the path by which a person without a password sets one, once, within a day.

    Raises Refused where the person has a password or is disabled, and for those who manage nobody.
    """
    now = moment(now)
    with deed(INVITE, by, f"person:{about.pk}"):
        if not may(by, Right.MANAGE_PEOPLE, now):
            raise Refused(refusals.NO_RIGHT, INVITE)
        about.refresh_from_db()
        if not invitations.is_invitable(about):
            raise Refused(refusals.NO_INVITATION)
        sentence = f"{by} made an invitation for {about}, who has no password"
        audit.write(actor(by), INVITE, f"person:{about.pk}", sentence, at=now)
        return invitations.path_for(about)


def take_away(
    kind: str, fields: Fields, why: str, *, by: Person, now: datetime | None = None
) -> Change:
    """Propose, preview and apply what takes a power away, if one person may do that alone.

    Where it needs a second person the change is returned as it waits for them. Raises Refused.
    """
    change = propose.propose(kind, fields, by=by, why=why, now=now)
    change = preview.first(change, by=by, now=now)
    if change.state == State.APPROVED and many.is_stop(change):
        return apply.apply(change, by=by, now=now)
    return change
