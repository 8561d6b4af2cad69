"""Verbs in the palette. None is done there: each opens the page that says what would happen."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from pilothouse.access.models import Person
from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.pages.search.place import Place
from pilothouse.control import gates
from pilothouse.control.kinds.kind import Kind
from pilothouse.control.ports import NotConnected, ports
from pilothouse.desk import inbox
from pilothouse.desk.inbox import Wants

ALSO: Final[dict[str, str]] = {
    "market_status": "halt stop pause resume reopen cancel only post reduce delist trading",
    "margin_schedule": "leverage initial maintenance requirement raise lower",
    "price_band": "collar limit width",
    "notice_route": "page mail chat webhook",
    "api_key": "revoke api token secret client software",
    "role": "grant right permission person people user",
    "sign_in": "disable enable lock leaver password second factor reset person people user",
}
"""What people call the kinds of change besides their titles."""
WORDS: Final[dict[Wants, str]] = {
    Wants.SIGN: "Sign",
    Wants.APPLY: "Apply",
    Wants.FIX: "Fix",
    Wants.COMMAND: "Work on",
    Wants.ANSWER: "Acknowledge",
}
"""What is wanted of the person, as the palette says it."""


def verbs(person: Person, now: datetime) -> list[Place]:
    """Return what a person may set about: what waits for them, then what they may begin."""
    begun = [_waiting(one) for one in inbox.lines(person, now) if one.wants in WORDS]
    made = [*begun]
    if may(person, Right.RESPOND, now):
        made.append(Place("Open an incident", "verb", "/incidents/open", also="report problem"))
    made += [one for kind in gates.kinds_for(person, now) for one in _proposals(kind)]
    return made


def _waiting(line: inbox.Line) -> Place:
    return Place(f"{WORDS[line.wants]} {line.label}", "verb", line.address, line.title)


def _proposals(kind: Kind) -> list[Place]:
    try:
        subjects = kind.subjects(ports().reader)
    except NotConnected:
        return []
    return [_proposal(kind, value, words) for value, words in subjects]


def _proposal(kind: Kind, value: str, words: str) -> Place:
    asked = urlencode({"kind": kind.NAME, kind.SUBJECT: value})
    label = f"Propose {kind.TITLE.lower()}: {words}"
    return Place(label, "verb", f"/changes/propose?{asked}", "", ALSO.get(kind.NAME, ""))
