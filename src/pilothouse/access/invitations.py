"""Invitations: a person without a password sets one by a link that works once, for a day.

Nothing of it is stored: the link is made with the folder's secret of what the person is now, so
it ends when a password is set, when their access changes, and when they sign in.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.encoding import force_str
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from pilothouse.access.models import Person

PATH: Final = "/sign-in/invited/"
ROW_MOST: Final = 2**63


class _Invitations(PasswordResetTokenGenerator):
    key_salt = "pilothouse.access.invitations"

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        words = (user.pk, user.username, user.password, user.access_version, user.last_login)
        return f"{words}{timestamp}"


_TOKENS: Final = _Invitations()


def is_invitable(person: Person) -> bool:
    """Tell whether a person may set a password by an invitation: active, and without one."""
    return person.is_active and not person.has_usable_password()


def path_for(person: Person) -> str:
    """Return the path of a new invitation; earlier ones of the same day work as well."""
    whose = urlsafe_base64_encode(str(person.pk).encode())
    return f"{PATH}{whose}/{_TOKENS.make_token(person)}/"


def invited(whose: str, token: str) -> Person | None:
    """Return whom an invitation is for, None if it is over, was used, or never was one."""
    try:
        number = int(force_str(urlsafe_base64_decode(whose)))
    except (ValueError, OverflowError):
        return None
    person = Person.objects.filter(pk=number).first() if 0 < number < ROW_MOST else None
    if person is None or not is_invitable(person) or not _TOKENS.check_token(person, token):
        return None
    return person
