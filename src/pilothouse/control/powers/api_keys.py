"""API keys of clients: made and revoked, each with its audit row; the secret is shown once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from pilothouse.access import keys
from pilothouse.access.keys import Limits
from pilothouse.access.models import StoredKey
from pilothouse.records import audit
from pilothouse.records.models import AuditRow

MADE: Final = "key.made"
ENDED: Final = "key.ended"
COMMAND_LINE: Final = "command line"
"""Prints the secret itself; one that a change made is shown on the page of keys."""


class May(StrEnum):
    """What a key may do: each what the one before may, and more."""

    QUERY = "query"
    CANCEL = "cancel"
    TRADE = "trade"


def version(public: str) -> int:
    """Return 0 for a key that never was, 1 for one that lives, 2 for one that was revoked."""
    row = StoredKey.objects.filter(public=public).first()
    if row is None:
        return 0
    return 2 if row.revoked_at else 1


def counted(body: Mapping[str, Any]) -> dict[str, int]:
    """Return how many keys of the account would live."""
    others = StoredKey.objects.filter(account=body["account"], revoked_at=None)
    return {"keys": others.exclude(public=body["key"]).count() + int(body["holds"])}


def give(body: Mapping[str, Any], by: str, facts: Mapping[str, Any], now: datetime) -> AuditRow:
    """Make the key as it was signed, or revoke it."""
    if not body["holds"]:
        keys.revoke_key(body["key"])
        sentence = f"API key {body['key'][:8]}… of account {body['account']} was revoked"
        return audit.write(by, ENDED, _about(body), sentence, facts=dict(facts), at=now)
    limits = limits_of(body)
    keys.make_key(
        body["account"],
        may_trade=body["may"] == May.TRADE,
        label=body["label"],
        nonce_optional=body["nonce_optional"],
        limits=limits,
        public=body["key"],
        shown=by == COMMAND_LINE,
    )
    said = {name: body[name] for name in ("account", "may", "networks", "expires_s", "label")}
    sentence = f"API key {body['key'][:8]}… of account {body['account']} was made: {body['may']}"
    return audit.write(by, MADE, _about(body), sentence, facts={**said, **facts}, at=now)


def limits_of(body: Mapping[str, Any]) -> Limits:
    """Return the limits of a key as its wish says them."""
    return Limits(body["may"] == May.CANCEL, tuple(body["networks"]), body["expires_s"])


def may_of(row: StoredKey) -> May:
    """Return what a key may do, as its row says."""
    if row.may_trade:
        return May.TRADE
    return May.CANCEL if row.may_cancel else May.QUERY


def _about(body: Mapping[str, Any]) -> str:
    return f"key:{body['key']}"
