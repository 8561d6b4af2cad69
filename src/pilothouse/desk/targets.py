"""Targets: where notices go. An address is sealed with the home's secret; people see it masked.

One target is one recipient: two in one address could not be told apart when one of them fails.
"""

from __future__ import annotations

import logging
import re
import secrets
from datetime import datetime
from typing import Final

import apprise
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from pilothouse.access.secret_file import derive, read_secret
from pilothouse.control.said import shortened
from pilothouse.desk.models import Target
from pilothouse.records import audit

NONCE_BYTES: Final = 12
MASKED_MOST: Final = 300
CARRIES_A_HEADER: Final = ("json", "jsons", "xml", "xmls", "form", "forms")
"""Webhooks of Apprise that send the key as the header `Idempotency-Key`."""
# Apprise writes addresses with their secrets into its log: it is heard by nobody but `sending`.
logging.getLogger("apprise").propagate = False
logging.getLogger("apprise").addHandler(logging.NullHandler())
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{1,47}")
_PARAMETERS: Final = re.compile(r"[?&](retry|wait)=", re.IGNORECASE)


class BadTarget(ValueError):
    """A target cannot be so; the text says why and holds no secret."""


def set_target(
    key: str, address: str, *, drops_repeats: bool, actor: str, now: datetime
) -> Target:
    """Set a target's address, in the audit without its secrets. Raises BadTarget."""
    if not _KEY.fullmatch(key):
        raise BadTarget("a target's key has 2 to 48 characters: lower-case letters, digits and _")
    masked = _checked(address, drops_repeats)
    with transaction.atomic():
        target, _ = Target.objects.update_or_create(
            key=key,
            defaults={
                "sealed_address": _seal(key, address),
                "masked": masked,
                "drops_repeats": drops_repeats,
                "failures": 0,
                "not_before": None,
                "set_at": now,
            },
        )
        facts = {"address": masked, "drops_repeats": drops_repeats}
        audit.write(actor, "target.set", f"target:{key}", f"{target} is {masked}", facts=facts)
    return target


def remove_target(key: str, *, actor: str) -> bool:
    """Remove a target; what still waits for it dies and shows. Tell whether it was there."""
    with transaction.atomic():
        gone, _ = Target.objects.filter(key=key).delete()
        if gone:
            audit.write(actor, "target.removed", f"target:{key}", f"target {key} is removed")
    return bool(gone)


def address_of(target: Target) -> str:
    """Return a target's address with its secrets: for sending only."""
    sealed = bytes(target.sealed_address)
    opened = _cipher().decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], target.key.encode())
    return opened.decode()


def _checked(address: str, drops_repeats: bool) -> str:
    if _PARAMETERS.search(address):
        raise BadTarget("retry and wait are the outbox's: leave them out of the address")
    plugin = apprise.Apprise.instantiate(address)
    if plugin is None:
        raise BadTarget("Apprise does not support this address: see its list of services")
    if len(plugin) != 1:
        raise BadTarget(f"it has {len(plugin)} recipients: set one target for each")
    if drops_repeats and _schema(address) not in CARRIES_A_HEADER:
        known = ", ".join(CARRIES_A_HEADER)
        raise BadTarget(f"only a webhook ({known}) can be told the key that drops repeats")
    return _masked(str(plugin.url(privacy=True)), _schema(address))


def _masked(private: str, schema: str) -> str:
    # The path of a webhook is often its secret, and Apprise cannot know that.
    parts = 3 if schema in CARRIES_A_HEADER else None
    return shortened("/".join(private.partition("?")[0].split("/")[:parts]), MASKED_MOST)


def _schema(address: str) -> str:
    return address.partition("://")[0].lower()


def _cipher() -> AESGCM:
    return AESGCM(derive(read_secret(settings.PILOTHOUSE_HOME), "notice targets"))


def _seal(key: str, address: str) -> bytes:
    # The key is bound in, so that a sealed address cannot be moved to another target.
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher().encrypt(nonce, address.encode(), key.encode())
