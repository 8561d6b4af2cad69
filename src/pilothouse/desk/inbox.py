"""The inbox: everything that waits for one person, and nothing that does not.

Each line is asked of the very gate that judges the deed, so that what is listed can be done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from pilothouse.access.models import Person
from pilothouse.access.rights import may, roles_held, roles_of
from pilothouse.access.roles import Right, Role
from pilothouse.control import gates
from pilothouse.control.models import Change
from pilothouse.control.moves import OWNERS, Owner, State, Verb
from pilothouse.control.severity import ORDER, Severity
from pilothouse.desk import ledger
from pilothouse.desk.models import Delivery, Incident, Notice
from pilothouse.desk.moves import ACTIVE
from pilothouse.records.readable import attempt, readable
from pilothouse.watch.models import Alert
from pilothouse.watch.moves import State as AlertState

NOWHERE_FOR: Final = timedelta(days=1)
"""How long a notice that no route named is shown."""


class Wants(StrEnum):
    """What a line wants of the person."""

    SIGN = "sign"
    ANSWER = "answer"
    COMMAND = "command"
    APPLY = "apply"
    FIX = "fix"
    DECIDE = "decide"


HEADINGS: Final[dict[Wants, str]] = {
    Wants.ANSWER: "Alerts that nobody has acknowledged",
    Wants.COMMAND: "Incidents you command, or without a commander",
    Wants.SIGN: "Changes for you to approve",
    Wants.APPLY: "Changes you can apply",
    Wants.FIX: "Your changes that were stopped",
    Wants.DECIDE: "Notices that may not have arrived",
}
"""What is asked first stands first."""


@dataclass(frozen=True)
class Line:
    """One thing that waits: what it is, since when, how bad, and the page where it is done."""

    wants: Wants
    label: str
    title: str
    sentence: str
    address: str
    since: datetime
    severity: str = ""


def lines(person: Person, now: datetime) -> list[Line]:
    """Return what waits for a person, in the order of HEADINGS, the worst and oldest first."""
    found = [line for source in SOURCES for line in source(person, now)]
    places = list(HEADINGS)
    return sorted(found, key=lambda one: (places.index(one.wants), _badness(one), one.since))


def _badness(line: Line) -> int:
    return ORDER.index(Severity(line.severity)) if line.severity else len(ORDER)


def _changes(person: Person, now: datetime) -> list[Line]:
    waiting = [state for state, owner in OWNERS.items() if owner in _PEOPLES]
    found = Change.objects.filter(state__in=waiting).select_related("proposer")
    # One that cannot be read is named in the list of changes.
    made = [attempt(partial(_change_line, one, person, now)) for one in readable(found)]
    return [one for one in made if one is not None]


_PEOPLES: Final = (Owner.SIGNERS, Owner.PROPOSER, Owner.APPLIER)


def _change_line(change: Change, person: Person, now: datetime) -> Line | None:
    wants = _wanted(change, person, now)
    if wants is None:
        return None
    sentence = change.state_reason or f"by {change.proposer}, class {change.change_class}"
    if not isinstance(change.title, str):
        return None
    return Line(
        wants,
        f"CH-{change.pk}",
        change.title,
        f"{change.state}: {sentence}",
        f"/changes/{change.pk}",
        change.state_at,
    )


def _wanted(change: Change, person: Person, now: datetime) -> Wants | None:
    if change.owner is Owner.SIGNERS:
        return Wants.SIGN if gates.why_not(Verb.APPROVE, change, person, now) is None else None
    if change.owner is Owner.PROPOSER:
        return Wants.FIX if change.proposer_id == person.pk else None
    if change.state == State.APPROVED:
        return Wants.APPLY if gates.why_not(Verb.APPLY, change, person, now) is None else None
    mine = change.proposer_id == person.pk or change.scheduled_by_id == person.pk
    return Wants.FIX if mine else None


def _alerts(person: Person, now: datetime) -> list[Line]:
    if not may(person, Right.RESPOND, now):
        return []
    roles = roles_of(person, now)
    raised = list(Alert.objects.filter(state=AlertState.RAISED))
    # What is the turn of a role that nobody holds is everybody's: it leaves no last inbox.
    others = {one.owner for one in raised} - roles
    held = roles_held(Right.RESPOND, now) if others else roles
    mine = [one for one in raised if one.owner in roles or one.owner not in held]
    return [
        Line(
            Wants.ANSWER,
            f"AL-{one.pk}",
            one.title,
            f"{one.where}, {_turn(one.owner, held)}",
            f"/alerts/{one.pk}",
            one.raised_at,
            one.severity,
        )
        for one in mine
    ]


def _turn(owner: str, held: frozenset[Role]) -> str:
    role = owner.replace("_", " ")
    return f"turn of {role}" if owner in held else f"turn of {role}, which nobody holds"


def _incidents(person: Person, now: datetime) -> list[Line]:
    if not may(person, Right.RESPOND, now):
        return []
    roles = roles_of(person, now)
    active = list(Incident.objects.filter(state__in=ACTIVE).select_related("commander"))
    free = {one.owner for one in active if one.commander is None} - roles
    held = roles_held(Right.RESPOND, now) if free else roles
    mine = [
        one
        for one in active
        if one.commander_id == person.pk
        or (one.commander is None and (one.owner in roles or one.owner not in held))
    ]
    return [
        Line(
            Wants.COMMAND,
            one.label,
            one.title,
            f"{one.state}, " + ("you command" if one.commander else "nobody commands"),
            f"/incidents/{one.pk}",
            one.state_at,
            one.severity,
        )
        for one in mine
    ]


def _notices(person: Person, now: datetime) -> list[Line]:
    if not may(person, Right.RESPOND, now):
        return []
    return [*map(_loose, ledger.loose_ends()), *map(_nowhere, _untold(now))]


def _loose(delivery: Delivery) -> Line:
    notice = delivery.notice
    sentence = f"{delivery.state} to {delivery.target}: {delivery.reason}"
    since = delivery.ended_at or notice.at
    address = f"/inbox#delivery-{delivery.pk}"
    return Line(
        Wants.DECIDE, f"N-{notice.pk}", notice.title, sentence, address, since, notice.severity
    )


def _untold(now: datetime) -> list[Notice]:
    recent = Notice.objects.filter(at__gte=now - NOWHERE_FOR, deliveries=None)
    return list(recent.exclude(event="target.dead").order_by("-id")[:1])


def _nowhere(notice: Notice) -> Line:
    return Line(
        Wants.DECIDE,
        f"N-{notice.pk}",
        notice.title,
        "nobody was notified: no notice route matches it",
        "/changes/propose?kind=notice_route&entry=new",
        notice.at,
        notice.severity,
    )


SOURCES: Final[tuple[Callable[[Person, datetime], list[Line]], ...]] = (
    _alerts,
    _changes,
    _incidents,
    _notices,
)
"""Where lines come from."""
