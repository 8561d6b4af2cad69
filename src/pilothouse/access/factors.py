"""Second factors sealed with the folder's secret: who reads the database makes no code.

What was not sealed here opens nothing, for a known text put in with SQL would make known codes.
Factors of an earlier release are sealed once, when the founding is written into the audit.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.exceptions import InvalidTag
from django.conf import settings

from pilothouse.access.sealing import FACTORS, seal, unseal

BOUND: Final = b"second factor"
UNKNOWN_BYTES: Final = 20
TEXTS: Final = ("secret", "seed")
LISTS: Final = ("migrated_codes",)
"""What of a factor's data is secret: an app's secret, and a seed or list of recovery codes."""


class SealedFactors(DefaultMFAAdapter):  # type: ignore[misc]
    """allauth's adapter with its secrets sealed."""

    def encrypt(self, text: str) -> str:
        """Return a secret as the database is to hold it."""
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret; one that nobody knows where it was not sealed here."""
        opened = opened_text(encrypted_text)
        return _that_nobody_knows() if opened is None else opened


def _that_nobody_knows() -> str:
    # Not an empty one: its codes can be computed by anybody.
    return base64.b32encode(secrets.token_bytes(UNKNOWN_BYTES)).decode()


def sealed(text: str) -> str:
    """Return a text sealed for this folder."""
    made = seal(settings.PILOTHOUSE_HOME, BOUND, text.encode(), FACTORS)
    return base64.b64encode(made).decode()


def opened_text(text: object) -> str | None:
    """Return what was sealed, None if it was not sealed here."""
    try:
        raw = base64.b64decode(str(text).encode(), validate=True)
        return unseal(settings.PILOTHOUSE_HOME, BOUND, raw, FACTORS).decode("ascii")
    except (InvalidTag, ValueError):
        return None


def seal_anew() -> int:
    """Seal the factors of an earlier release; return how many there were.

    Called once in the life of a folder: later one that is not sealed opens nothing.
    """
    count = 0
    for one in Authenticator.objects.order_by("pk"):
        data = {name: _each(name, value) for name, value in one.data.items()}
        if data != one.data:
            one.data = data
            one.save(update_fields=["data"])
            count += 1
    return count


def _each(name: str, value: Any) -> Any:
    if name in TEXTS:
        return _once(value)
    return [_once(one) for one in value] if name in LISTS else value


def _once(value: Any) -> Any:
    return value if opened_text(value) is not None else sealed(str(value))
