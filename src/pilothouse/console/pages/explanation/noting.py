"""Looks at clients' accounts in the audit: who saw what and why, and who asked in vain.

Each question takes of its person's daily room, also one that is not answered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from pilothouse.console.rights import person_of
from pilothouse.control.believed import believed
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.room import ROOM
from pilothouse.venue.explanation.facts import Explanation

SEEN: Final = "explanation.seen"
REFUSED: Final = "explanation.refused"


def has_room(request: HttpRequest, asked: dict[str, Any]) -> bool:
    """Tell whether the audit has room today for one more question of this person."""
    return not ROOM.is_used_up(_actor(request), asked)


def note(request: HttpRequest, made: Explanation, purpose: str) -> None:
    """Write the look to the audit, and take its room."""
    person, actor = person_of(request), _actor(request)
    sentence = f"{person} looked at why a {made.what} happened to account {made.account}"
    facts = {"purpose": purpose, "position": made.moment.position, "what": str(made.what)}
    with transaction.atomic():
        about = f"account:{made.account}"
        audit.write(actor, SEEN, about, f"{sentence}: {purpose}", facts=facts)
    ROOM.take(actor, facts)


def was_seen(person: int, account: int) -> bool:
    """Tell whether a person gave a purpose for looking at an account within a session's time."""
    since = timezone.now() - timedelta(seconds=settings.PILOTHOUSE_SESSION_ABSOLUTE_S)
    mine = AuditRow.objects.filter(actor=f"person:{person}", deed=SEEN, outcome=audit.DONE)
    return any(believed(mine.filter(subject=f"account:{account}", at__gte=since)))


def note_refusal(request: HttpRequest, account: int, why: str) -> None:
    """Record that there was no explanation, bounded like every refusal, and take its room."""
    sentence = f"{person_of(request)} was not shown an explanation of account {account}: {why}"
    facts = {"account": account, "why": why}
    audit.write_refusal(_actor(request), REFUSED, f"account:{account}", sentence, facts)
    ROOM.take(_actor(request), facts)


def note_part(request: HttpRequest, account: int, change: int) -> None:
    """Take the room of a part that belongs to a look which the audit has."""
    ROOM.take(_actor(request), {"account": account, "change": change})


def _actor(request: HttpRequest) -> str:
    return f"person:{person_of(request).pk}"
