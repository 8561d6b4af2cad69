"""API keys: public halves in the open, secrets sealed with the home's secret."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import timezone

from pilothouse.access.models import StoredKey
from pilothouse.access.secret_file import derive, read_secret

PUBLIC_BYTES: Final = 42
SECRET_BYTES: Final = 64
NONCE_BYTES: Final = 12


@dataclass(frozen=True)
class ApiKey:
    """A key as the traders' door needs it. `secret` is the raw secret that signs."""

    public: str
    secret: bytes
    account: int
    may_trade: bool

    def __repr__(self) -> str:
        return f"ApiKey({self.public!r}, account={self.account}, may_trade={self.may_trade})"


def make_key(account: int, *, may_trade: bool, label: str = "") -> ApiKey:
    """Make a key for an account. Its secret is told here and never again in the clear."""
    public = base64.b64encode(secrets.token_bytes(PUBLIC_BYTES)).decode()
    secret = secrets.token_bytes(SECRET_BYTES)
    StoredKey.objects.create(
        public=public,
        sealed_secret=_seal(public, secret),
        account=account,
        may_trade=may_trade,
        label=label,
    )
    return ApiKey(public, secret, account, may_trade)


def secret_text(key: ApiKey) -> str:
    """Return the secret as clients write it: base64."""
    return base64.b64encode(key.secret).decode()


def find_key(public: str) -> ApiKey | None:
    """Return the key with this public half, or nothing if there is none or it was revoked."""
    stored = StoredKey.objects.filter(public=public, revoked_at__isnull=True).first()
    if stored is None:
        return None
    secret = _open(public, bytes(stored.sealed_secret))
    return ApiKey(public, secret, stored.account, stored.may_trade)


def revoke_key(public: str) -> bool:
    """End a key; tell whether it was alive."""
    alive = StoredKey.objects.filter(public=public, revoked_at__isnull=True)
    return bool(alive.update(revoked_at=timezone.now()))


def _cipher() -> AESGCM:
    return AESGCM(derive(read_secret(settings.PILOTHOUSE_HOME), "api keys"))


def _seal(public: str, secret: bytes) -> bytes:
    # The public half is bound in, so that a sealed secret cannot be moved to another key.
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, secret, public.encode())


def _open(public: str, sealed: bytes) -> bytes:
    return _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], public.encode())
