"""Sign-ins in the audit: who came, who left, and who was turned away."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction

from pilothouse.access.models import Person
from pilothouse.control import standing
from pilothouse.records import audit


def listen() -> None:
    """Hear Django's signals of sign-ins. Called once, when the room is loaded."""
    user_logged_in.connect(_came, dispatch_uid="pilothouse.came")
    user_logged_out.connect(_left, dispatch_uid="pilothouse.left")
    user_login_failed.connect(_turned_away, dispatch_uid="pilothouse.turned_away")


def _came(user: Any, **_: Any) -> None:
    # Who came with what is not theirs puts it back afterwards: the row stays, and is a difference.
    doubted = standing.why_doubted(user)
    with transaction.atomic():
        about, sentence = f"person:{user.pk}", f"{user} signed in"
        if doubted:
            audit.write(about, standing.DOUBTED, about, f"{sentence}: {doubted}")
        audit.write(about, "sign_in", about, sentence)


def _left(user: Any, **_: Any) -> None:
    if user is None:
        return
    with transaction.atomic():
        audit.write(f"person:{user.pk}", "sign_out", f"person:{user.pk}", f"{user} signed out")


def _turned_away(credentials: dict[str, Any], **_: Any) -> None:
    # A name nobody has is not written down, for people type passwords into the wrong field.
    known = Person.objects.filter(username=str(credentials.get("username", ""))).first()
    subject = f"person:{known.pk}" if known else "sign_in"
    audit.write_refusal("nobody", "sign_in", subject, "a sign-in was refused")
