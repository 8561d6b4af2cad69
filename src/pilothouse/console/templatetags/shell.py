"""Tags of the frame: where an asset is, which colour a state has."""

from __future__ import annotations

from typing import Any, Final

from django import template

from pilothouse.console.assets import address
from pilothouse.language.kinds import MarketStatus

register = template.Library()

TONES: Final = {
    "online": "up",
    "applied": "up",
    "verified": "up",
    "holds": "up",
    "post_only": "info",
    "limit_only": "info",
    "previewed": "info",
    "scheduled": "info",
    "approved": "info",
    "applying": "info",
    "reverting": "info",
    "reduce_only": "warn",
    "cancel_only": "warn",
    "running": "info",
    "paused": "warn",
    "interrupted": "warn",
    "held": "warn",
    "suspended": "warn",
    "stale": "warn",
    "inconclusive": "warn",
    "conflicted": "warn",
    "expired": "warn",
    "halted": "down",
    "delisted": "down",
    "failed": "down",
    "rejected": "down",
    "major": "warn",
    "platform": "down",
    "critical": "down",
    "high": "warn",
    "medium": "violet",
    "opened": "down",
    "acknowledged": "warn",
    "mitigated": "info",
    "resolved": "up",
    "raised": "down",
    "unknown": "warn",
    "dead": "down",
    "active": "up",
    "disabled": "down",
    "revoked": "down",
    "no password": "warn",
}
"""Which tone a state's pill has. The word always stands in it: colour is never the only sign."""


@register.simple_tag
def asset(name: str) -> str:
    """Return the address of an asset."""
    return address(name)


@register.inclusion_tag("components/pill.html")
def pill(state: Any) -> dict[str, str]:
    """Draw the pill of a state, a market's status (also as its number) or a class."""
    if isinstance(state, int):
        state = MarketStatus(state)
    word = str(getattr(state, "name", state)).lower()
    return {"word": word, "tone": TONES.get(word, "")}


LABELS: Final = {"incident": "INC", "alert": "AL", "change": "CH"}
"""Objects by the word the audit uses, and what people call one of a number."""


@register.filter
def label_of(subject: str) -> str:
    """Format what the audit calls an object as people call it: incident:7 becomes INC-7."""
    kind, _, number = subject.partition(":")
    return f"{LABELS[kind]}-{number}" if kind in LABELS else subject


@register.filter
def address_of(subject: str) -> str:
    """Return the page of what the audit calls an object."""
    kind, _, number = subject.partition(":")
    return f"/{kind}s/{number}"
