"""GET /keys?account=: the API keys, newest first, for those who manage keys or see clients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pilothouse.access.models import Person, StoredKey
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.errors import refused
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.console.query import row_number
from pilothouse.console.rights import needs, person_of, record_refusal
from pilothouse.control import revocations, standing
from pilothouse.control.key_secrets import is_showable
from pilothouse.control.powers.api_keys import may_of
from pilothouse.control.said import SENTENCE_MOST
from pilothouse.records.readable import each

LINES_MOST: Final = 100
MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True)
class KeyLine:
    """One key. `expires` is microseconds, None for never; `state` is a word."""

    number: int
    public: str
    account: int
    label: str
    may: str
    networks: list[str]
    repeats: bool
    made: int
    expires: int | None
    state: str
    showable: bool


def sees_keys(person: Person, now: datetime) -> bool:
    """Tell whether a person may see whose keys there are."""
    return may(person, Right.MANAGE_KEYS, now) or standing.sees_clients(person)


@needs(Right.VIEW)
def keys(request: HttpRequest) -> HttpResponse:
    """Answer the keys, of all accounts or of one."""
    person, now = person_of(request), timezone.now()
    if not sees_keys(person, now):
        sentence = f"{person} neither manages keys nor sees clients"
        record_refusal(request, sentence)
        return refused(request, sentence)
    wanted = row_number(request.GET.get("account", "").strip())
    drawing = {
        "nav": "keys",
        "wanted": request.GET.get("account", "").strip()[:18],
        "may_manage": may(person, Right.MANAGE_KEYS, now),
        "why_most": SENTENCE_MOST,
    }
    return answer(request, "keys/page.html", _facts(wanted, now), drawing)


def _facts(account: int | None, now: datetime) -> dict[str, Any]:
    rows = (
        StoredKey.objects.all() if account is None else StoredKey.objects.filter(account=account)
    )
    found = each(rows.order_by("revoked_at", "-pk"), LINES_MOST)
    revoked = revocations.revoked()
    lines = [_line(one, revoked, now) for one in found if isinstance(one, StoredKey)]
    return {"keys": lines, "count": rows.count(), "live": rows.filter(revoked_at=None).count()}


def _line(one: StoredKey, revoked: frozenset[str], now: datetime) -> KeyLine:
    return KeyLine(
        number=one.pk,
        public=one.public,
        account=one.account,
        label=one.label,
        may=may_of(one).value,
        networks=[part for part in one.networks.split(",") if part],
        repeats=one.nonce_optional,
        made=microseconds(one.made_at),
        expires=one.expires_s * MICROSECONDS if one.expires_s else None,
        state=_state(one, revoked, now),
        showable=is_showable(one, now),
    )


def _state(one: StoredKey, revoked: frozenset[str], now: datetime) -> str:
    if one.revoked_at is not None or one.public in revoked:
        return "revoked"
    return "expired" if 0 < one.expires_s <= now.timestamp() else "active"
