"""Looks at clients' accounts in the audit: who saw what and why, and who asked in vain."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from pilothouse.console.rights import person_of
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.room import ROOM
from pilothouse.venue.explanation.facts import Explanation

SEEN: Final = "explanation.seen"
REFUSED: Final = "explanation.refused"


def note(request: HttpRequest, made: Explanation, purpose: str) -> bool:
    """Write the look to the audit; tell whether it has room for it today, of this person."""
    person, actor = person_of(request), f"person:{person_of(request).pk}"
    sentence = f"{person} looked at why a {made.what} happened to account {made.account}"
    facts = {"purpose": purpose, "position": made.moment.position, "what": str(made.what)}
    if ROOM.is_used_up(actor, facts):
        return False
    with transaction.atomic():
        about = f"account:{made.account}"
        audit.write(actor, SEEN, about, f"{sentence}: {purpose}", facts=facts)
    ROOM.take(actor, facts)
    return True


def was_seen(person: int, account: int) -> bool:
    """Tell whether a person gave a purpose for looking at an account within a session's time."""
    since = timezone.now() - timedelta(seconds=settings.PILOTHOUSE_SESSION_ABSOLUTE_S)
    mine = AuditRow.objects.filter(actor=f"person:{person}", deed=SEEN, outcome=audit.DONE)
    return mine.filter(subject=f"account:{account}", at__gte=since).exists()


def note_refusal(request: HttpRequest, account: int, why: str) -> None:
    """Record that there was no explanation; bounded like every refusal."""
    person = person_of(request)
    sentence = f"{person} was not shown an explanation of account {account}: {why}"
    facts = {"account": account, "why": why}
    audit.write_refusal(f"person:{person.pk}", REFUSED, f"account:{account}", sentence, facts)
