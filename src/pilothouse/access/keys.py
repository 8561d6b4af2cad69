"""API keys: public halves in the open, secrets sealed with the home's secret."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from ipaddress import ip_network
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
class Limits:
    """What a key may do less than any: cancel alone, from some networks, until a moment."""

    may_cancel: bool = False
    networks: tuple[str, ...] = ()
    expires_s: int = 0
    """Seconds since the epoch, 0 for never."""


@dataclass(frozen=True)
class ApiKey:
    """A key as the traders' door needs it. `secret` is the raw secret that signs."""

    public: str
    secret: bytes
    account: int
    may_trade: bool
    nonce_optional: bool = False
    limits: Limits = Limits()

    @property
    def may_cancel(self) -> bool:
        """Tell whether it may take orders away."""
        return self.may_trade or self.limits.may_cancel

    def admits(self, address: str, now_s: int) -> bool:
        """Tell whether it may be used from an address, an IPv4 or an IPv6 /64, at a moment."""
        if 0 < self.limits.expires_s <= now_s:
            return False
        return not self.limits.networks or any(
            _is_within(address, one) for one in self.limits.networks
        )

    def __repr__(self) -> str:
        return f"ApiKey({self.public!r}, account={self.account}, may_trade={self.may_trade})"


NO_LIMITS: Final = Limits()


def make_key(
    account: int,
    *,
    may_trade: bool,
    label: str = "",
    nonce_optional: bool = False,
    limits: Limits = NO_LIMITS,
    public: str = "",
    shown: bool = True,
) -> ApiKey:
    """Make a key for an account. Its secret is told here and never again in the clear.

    With `nonce_optional` the same futures request without a nonce is carried out as often as it
    comes, no matter who sends it. `public` is a half that `new_public` made before. With `shown`
    the caller tells the secret; without, it is shown once later.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    row = StoredKey(
        public=public or new_public(),
        account=account,
        may_trade=may_trade,
        label=label,
        nonce_optional=nonce_optional,
        may_cancel=limits.may_cancel,
        networks=",".join(limits.networks),
        expires_s=limits.expires_s,
        shown_at=timezone.now() if shown else None,
    )
    row.sealed_secret = seal(settings.PILOTHOUSE_HOME, _bound(row), secret)
    row.save(force_insert=True)
    return _key_of(row, secret)


def new_public() -> str:
    """Return a new public half: 42 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(PUBLIC_BYTES)).decode()


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
    return _key_of(stored, secret)


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


def secret_of(public: str) -> str:
    """Return the secret of a key that lives as clients write it; empty where nothing opens it."""
    found = find_key(public)
    return secret_text(found) if found else ""


def _key_of(stored: StoredKey, secret: bytes) -> ApiKey:
    networks = tuple(one for one in stored.networks.split(",") if one)
    limits = Limits(stored.may_cancel, networks, stored.expires_s)
    rights = (stored.may_trade, stored.nonce_optional)
    return ApiKey(stored.public, secret, stored.account, *rights, limits)


def _is_within(address: str, network: str) -> bool:
    try:
        inner, outer = ip_network(address, strict=False), ip_network(network)
    except ValueError:
        return False
    return inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]


def _bound(stored: StoredKey) -> bytes:
    return bound(stored.public, vars(stored))


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
