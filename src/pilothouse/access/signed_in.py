"""Who is signed in where: one row for each session, so that it can be listed and ended.

A row names its session by the keyed hash under which the table of sessions has it, so that who
reads it has no cookie. At most `often.SESSIONS_MOST` of one person live at one time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from pilothouse.access.models import Person, SignedIn
from pilothouse.access.session_store import row_key
from pilothouse.language.texts import shown

ADDRESS_MOST: Final = 64
BROWSER_MOST: Final = 200


def note(request: HttpRequest, now: datetime) -> None:
    """Write down that the person of a request did something in its session."""
    person = request.user
    assert isinstance(person, Person)
    row = SignedIn(
        person=person,
        session=row_key(request.session.session_key or ""),
        began_at=now,
        seen_at=now,
        address=str(request.META.get("REMOTE_ADDR", ""))[:ADDRESS_MOST],
        browser=shown(str(request.META.get("HTTP_USER_AGENT", "")))[:BROWSER_MOST],
    )
    # One statement, whether the session is known or not: it is part of showing a page.
    SignedIn.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["session"],
        update_fields=["seen_at", "address", "browser"],
    )


def of(person: Person) -> list[SignedIn]:
    """Return the sessions of a person that still live, newest first."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = SignedIn.objects.filter(person=person, session__in=live)
    return list(rows.order_by("-began_at", "-pk"))


def end(row: SignedIn) -> None:
    """End one session: its next request is nobody's."""
    Session.objects.filter(pk=row.session).delete()
    row.delete()


def end_all(person: Person) -> int:
    """End every session of a person; return how many lived."""
    rows = of(person)
    for one in rows:
        end(one)
    SignedIn.objects.filter(person=person).delete()
    return len(rows)


def clear(most: int) -> int:
    """Forget rows of sessions that are over, so many at a time; return how many there were."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    over = SignedIn.objects.exclude(session__in=live).values_list("pk", flat=True)[:most]
    return SignedIn.objects.filter(pk__in=list(over)).delete()[0]
