"""API key: a key by which a client's software acts for one account, with its limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network
from typing import Any, Final

from pilothouse.access.keys import new_public
from pilothouse.access.models import StoredKey
from pilothouse.access.roles import Right
from pilothouse.control import forms, powers, refusals
from pilothouse.control.kinds.kind import (
    Counts,
    Difference,
    Direction,
    Fields,
    FormField,
    Question,
    Reversible,
    Unreadable,
    Weight,
)
from pilothouse.control.kinds.power import Power
from pilothouse.control.kinds.registered import NEW
from pilothouse.control.policy import FARTHEST
from pilothouse.control.ports import Reader
from pilothouse.control.powers.api_keys import May, may_of
from pilothouse.control.refusals import Reason, of_the_engine
from pilothouse.language import refusals as engine
from pilothouse.language.texts import NotPlain, check_text

LABEL_MOST: Final = 64
NETWORKS_MOST: Final = 20
KEYS_MOST: Final = 50
"""Keys of one account that live at one time."""
ACCOUNT_DIGITS: Final = 18
IPV6_MOST: Final = 64
"""An IPv6 client counts as its /64, so no narrower network can be told from it."""
_MAY: Final = (
    (May.QUERY.value, "query: read balances, orders and trades"),
    (May.CANCEL.value, "cancel: query, and cancel orders"),
    (May.TRADE.value, "trade: query, cancel, place orders and move money between wallets"),
)
_REPEATS: Final = (("no", "every request is carried out once"), ("yes", "futures without nonces"))


class ApiKeyOfAccount(Power):
    """The kind."""

    NAME = "api_key"
    TITLE = "API key"
    SUBJECT = "key"
    MANAGED_BY = Right.MANAGE_KEYS
    PROTECTS_DIRECTION = (
        "revoking a key protects; a new key acts for a client, so another person signs it"
    )
    QUESTIONS = (Question("keys", "keys of the account that would live"),)

    def subjects(self, reader: Reader) -> tuple[tuple[str, str], ...]:
        """Return a new key, and those that live."""
        live = StoredKey.objects.filter(revoked_at=None).order_by("account", "pk")
        named = ((one.public, f"account {one.account}: {one.public[:8]}…") for one in live)
        return ((NEW, "a new key"), *named)

    def describe(self, reader: Reader, subject: str) -> tuple[FormField, ...]:
        """Return the form of a new key; of one that lives, that it is revoked."""
        if subject != NEW:
            return (FormField("act", "Key is", choices=(("revoke", "revoked"),), value="revoke"),)
        networks = "addresses or networks it may be used from, separated by commas; empty for any"
        return (
            FormField("account", "Account"),
            FormField("may", "May", choices=_MAY, value=May.QUERY),
            FormField("networks", "Only from", hint=networks, wide=True),
            FormField("expires", "Until", "UTC", hint="empty for no end", wide=True),
            FormField("repeats", "Nonces", choices=_REPEATS, value="no"),
            FormField("label", "Label", hint="whose software", wide=True, letters_most=LABEL_MOST),
        )

    def parse(self, form: Mapping[str, str]) -> Fields:
        """Return the wish a form means; raises Unreadable."""
        subject = form.get(self.SUBJECT, NEW)
        if subject != NEW:
            return _revoked(subject)
        if form.get("may") not in set(May):
            raise Unreadable("may", "not one of the choices")
        until = forms.moment(form, "expires") if form.get("expires", "").strip() else None
        return {
            "key": new_public(),
            "account": _account(form),
            "may": form["may"],
            "networks": _networks(form),
            "expires_s": int(until.timestamp()) if until else 0,
            "nonce_optional": form.get("repeats") == "yes",
            "label": _label(form),
            "holds": True,
        }

    def title(self, fields: Fields, reader: Reader) -> str:
        """Return the wish as a heading."""
        key = f"API key {fields['key'][:8]}… of account {fields['account']}"
        return f"{key}: {fields['may']}" if fields["holds"] else f"{key} is revoked"

    def objects(self, fields: Fields) -> tuple[str, ...]:
        """Return what it touches: the one key."""
        return (f"key:{fields['key']}",)

    def base_version(self, fields: Fields, reader: Reader) -> int:
        """Return the version of the key, 0 for one that never was."""
        return powers.version(self.NAME, fields["key"])

    def words(self, fields: Fields, base_version: int, ceiling: Any) -> powers.Give:
        """Return what its keeper will hear."""
        return powers.Give(self.NAME, fields["key"], fields, base_version)

    def check(self, fields: Fields, reader: Reader, now: datetime) -> Reason | None:
        """Return the first reason why it cannot be."""
        return self.check_key(fields, now)

    def check_key(self, fields: Fields, now: datetime) -> Reason | None:
        """Return the first reason why a key cannot be made or revoked, whoever wants it."""
        version = powers.version(self.NAME, fields["key"])
        if not fields["holds"]:
            return None if version == 1 else of_the_engine(engine.NOTHING_TO_CHANGE)
        if version:
            return refusals.KEY_IS_KNOWN
        if fields["expires_s"] and not now.timestamp() < fields["expires_s"]:
            return refusals.TIME_IS_PAST
        if fields["expires_s"] > (now + FARTHEST).timestamp():
            return refusals.TIME_IS_TOO_FAR
        live = StoredKey.objects.filter(account=fields["account"], revoked_at=None).count()
        return refusals.TOO_MANY_KEYS if live >= KEYS_MOST else None

    def before(self, fields: Fields, reader: Reader) -> Fields:
        """Return the key as it is now."""
        return fields | {"holds": powers.version(self.NAME, fields["key"]) == 1}

    def reversible(self, fields: Fields, reader: Reader) -> Reversible:
        """Return that a key that was revoked is gone: a new one has another secret."""
        return Reversible.YES if fields["holds"] else Reversible.NO

    def difference(self, fields: Fields, reader: Reader) -> tuple[Difference, ...]:
        """Return what the key may do, from where and until when, before and after."""
        live = powers.version(self.NAME, fields["key"]) == 1
        told = {
            "may": fields["may"],
            "only from": ", ".join(fields["networks"]) or "any address",
            "until": _moment(fields["expires_s"]),
            "nonces": "repeats futures requests" if fields["nonce_optional"] else "each once",
        }
        return tuple(
            Difference(
                name, text if live else "none", text if fields["holds"] else "none", "changes"
            )
            for name, text in told.items()
        )

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return A for revoking, C for a new key."""
        if not fields["holds"]:
            return Weight("A", ("it takes a right away",), Direction.PROTECTS)
        return Weight("C", ("it acts for a client, or sees what a client has",), Direction.LOOSENS)

    def impact(self, answer: Mapping[str, Any]) -> Counts:
        """Return how many keys of the account would live."""
        return {"keys": int(answer["keys"])} if "keys" in answer else {}

    def holds(self, fields: Fields, reader: Reader) -> bool:
        """Tell whether the key lives, or lives no more."""
        return bool(self.before(fields, reader)["holds"] == fields["holds"])


def _revoked(public: str) -> Fields:
    row = StoredKey.objects.filter(public=public).first()
    if row is None:
        raise Unreadable("key", "there is no such key")
    return {
        "key": public,
        "account": row.account,
        "may": may_of(row).value,
        "networks": [one for one in row.networks.split(",") if one],
        "expires_s": row.expires_s,
        "nonce_optional": row.nonce_optional,
        "label": row.label,
        "holds": False,
    }


def _account(form: Mapping[str, str]) -> int:
    text = form.get("account", "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > ACCOUNT_DIGITS or not int(text):
        raise Unreadable("account", "enter the number of an account")
    return int(text)


def _networks(form: Mapping[str, str]) -> list[str]:
    parts = [one.strip() for one in form.get("networks", "").split(",") if one.strip()]
    if len(parts) > NETWORKS_MOST:
        raise Unreadable("networks", f"use at most {NETWORKS_MOST}")
    return [_network(one) for one in dict.fromkeys(parts)]


def _network(text: str) -> str:
    try:
        found = ip_network(text, strict=False)
    except ValueError:
        raise Unreadable("networks", f"{text[:64]} is no address or network") from None
    if found.version == 6 and found.prefixlen > IPV6_MOST:
        return str(found.supernet(new_prefix=IPV6_MOST))
    return str(found)


def _label(form: Mapping[str, str]) -> str:
    text = form.get("label", "").strip()
    if len(text) > LABEL_MOST:
        raise Unreadable("label", f"use at most {LABEL_MOST} characters")
    try:
        return check_text(text)
    except NotPlain as hides:
        raise Unreadable("label", str(hides)) from None


def _moment(seconds: int) -> str:
    if not seconds:
        return "no end"
    return f"{datetime.fromtimestamp(seconds, forms.EPOCH.tzinfo):%Y-%m-%d %H:%M} UTC"


KIND: Final = ApiKeyOfAccount()
NAME: Final = KIND.NAME
