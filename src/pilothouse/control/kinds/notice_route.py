"""Notice route: which target is told what, by severity and by the role it belongs to.

A target's address holds secrets and is set on the command line; a route names it by its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilothouse.control import register
from pilothouse.control.kinds.entry_fields import Choice, EntryField
from pilothouse.control.kinds.kind import Direction, Fields, Question, Weight
from pilothouse.control.kinds.registered import Registered
from pilothouse.control.owners import roles
from pilothouse.control.ports import Reader
from pilothouse.control.severity import ORDER, Severity

ANY: Final = "any"


def _severities() -> tuple[tuple[str, str], ...]:
    return tuple((one.value, f"{one.value} or worse") for one in reversed(ORDER))


def _owners() -> tuple[tuple[str, str], ...]:
    return ((ANY, "any role"), *roles())


class NoticeRoute(Registered):
    """The kind."""

    NAME = "notice_route"
    TITLE = "Notice route"
    PROTECTS_DIRECTION = (
        "a route that notifies more people sooner protects; without one an alert can go unnoticed"
    )
    QUESTIONS = (Question("targets_set", "targets of this key that have an address"),)
    FIELDS = (
        EntryField("title", "Title"),
        Choice("severity", "Tells of", of=_severities),
        Choice("owner", "That belongs to", of=_owners),
        EntryField("target", "Target", hint="a key set with pilothouse notice-target"),
    )

    def weight(self, fields: Fields, reader: Reader) -> Weight:
        """Return B for a route that tells as much as before or more, C for one that tells less."""
        was, becomes = self.before(fields, reader)["body"], fields["body"]
        if was is None or (becomes is not None and _tells_as_much(becomes, was)):
            return Weight("B", ("people are notified as much or more",), Direction.PROTECTS)
        return Weight("C", ("somebody is notified less than before",), Direction.LOOSENS)


def _tells_as_much(becomes: register.Body, was: register.Body) -> bool:
    same_place = becomes["target"] == was["target"]
    as_mild = _rank(becomes) >= _rank(was)
    return same_place and as_mild and becomes["owner"] in (ANY, was["owner"])


def _rank(body: Mapping[str, Any]) -> int:
    return ORDER.index(Severity(body["severity"]))


def fits(body: register.Body, severity: str, owner: str) -> bool:
    """Tell whether a route tells of what is as bad and belongs to that role."""
    return ORDER.index(Severity(severity)) <= _rank(body) and body["owner"] in (ANY, owner)


KIND: Final = NoticeRoute()
NAME: Final = KIND.NAME
