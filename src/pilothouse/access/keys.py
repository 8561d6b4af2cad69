"""API keys: public halves in the open, secrets sealed with the home's secret."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Final

import structlog
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pilothouse.access.models import StoredKey
from pilothouse.access.sealing import bound, bound_before, seal, unseal

log = structlog.get_logger()
PUBLIC_BYTES: Final = 42
SECRET_BYTES: Final = 64


@dataclass(frozen=True)
class ApiKey:
    """A key as the traders' door needs it. `secret` is the raw secret that signs."""

    public: str
    secret: bytes
    account: int
    may_trade: bool
    nonce_optional: bool = False

    def __repr__(self) -> str:
        return f"ApiKey({self.public!r}, account={self.account}, may_trade={self.may_trade})"


def make_key(
    account: int, *, may_trade: bool, label: str = "", nonce_optional: bool = False
) -> ApiKey:
    """Make a key for an account. Its secret is told here and never again in the clear.

    With `nonce_optional` the same futures request without a nonce is carried out as often as it
    comes, no matter who sends it.
    """
    public = base64.b64encode(secrets.token_bytes(PUBLIC_BYTES)).decode()
    secret = secrets.token_bytes(SECRET_BYTES)
    StoredKey.objects.create(
        public=public,
        sealed_secret=seal(
            settings.PILOTHOUSE_HOME, bound(public, account, may_trade, nonce_optional), secret
        ),
        account=account,
        may_trade=may_trade,
        label=label,
        nonce_optional=nonce_optional,
    )
    return ApiKey(public, secret, account, may_trade, nonce_optional)


def secret_text(key: ApiKey) -> str:
    """Return the secret as clients write it: base64."""
    return base64.b64encode(key.secret).decode()


def find_key(public: str) -> ApiKey | None:
    """Return the key with this public half, or nothing if there is none or it was revoked.

    A row that was changed after the key was made opens nothing.
    """
    stored = StoredKey.objects.filter(public=public, revoked_at__isnull=True).first()
    if stored is None:
        return None
    secret = _secret_of(stored)
    if secret is None:
        log.warning("key_is_not_as_it_was_made", key=stored.pk)
        return None
    return ApiKey(public, secret, stored.account, stored.may_trade, stored.nonce_optional)


def revoke_key(public: str) -> bool:
    """End a key for ever: its secret is gone; tell whether it was alive."""
    with transaction.atomic():
        alive = StoredKey.objects.filter(public=public, revoked_at__isnull=True).first()
        if alive is None:
            return False
        # Saved as a row, not updated by a query: change control hears of it and audits it.
        alive.revoked_at, alive.sealed_secret = timezone.now(), b""
        alive.save(update_fields=["revoked_at", "sealed_secret"])
    return True


def is_as_made(stored: StoredKey) -> bool:
    """Tell whether a key's row is what it was when the key was made, but for its label."""
    return _secret_of(stored) is not None


def seal_anew() -> int:
    """Bind account and rights into the seals of an earlier release; return how many there were.

    Called once in the life of a folder: later an old seal opens nothing.
    """
    count = 0
    for one in StoredKey.objects.filter(revoked_at__isnull=True):
        secret = _opened(one, bound_before(one.public))
        if secret is not None:
            one.sealed_secret = seal(settings.PILOTHOUSE_HOME, _bound(one), secret)
            one.save(update_fields=["sealed_secret"])
            count += 1
    return count


def _bound(stored: StoredKey) -> bytes:
    return bound(stored.public, stored.account, stored.may_trade, stored.nonce_optional)


def _secret_of(stored: StoredKey) -> bytes | None:
    try:
        return _opened(stored, _bound(stored))
    except TypeError:
        # Bytes for a text or a number: no seal is made of them.
        return None


def _opened(stored: StoredKey, bound_in: bytes) -> bytes | None:
    try:
        return unseal(settings.PILOTHOUSE_HOME, bound_in, bytes(stored.sealed_secret))
    except (InvalidTag, ValueError):
        return None
