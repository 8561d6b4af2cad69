"""The timeline of a change: what was done, whose turn it is, what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from pilothouse.access.models import Person
from pilothouse.console.pages.changes.reading import microseconds
from pilothouse.control.believed import believed
from pilothouse.control.models import Change
from pilothouse.control.moves import Owner, State, Verb
from pilothouse.control.signing import still_needed
from pilothouse.records import audit
from pilothouse.records.models import AuditRow
from pilothouse.records.readable import attempt

AHEAD: Final[dict[State, tuple[str, ...]]] = {
    State.PROPOSED: ("Preview", "Signatures", "Apply", "Verify"),
    State.PREVIEWED: ("Apply", "Verify"),
    State.APPROVED: ("Verify",),
    State.SCHEDULED: ("Verify",),
    State.APPLYING: ("Verify",),
}
"""What follows after the present station, while nothing stops it."""
TURNS: Final[dict[State, str]] = {
    State.PREVIEWED: "Waiting: signatures",
    State.APPROVED: "Waiting: apply",
    State.SCHEDULED: "Waiting: its time",
    State.APPLYING: "Sent to the exchange",
    State.APPLIED: "Waiting: read back",
}


@dataclass(frozen=True)
class Station:
    """One station. `tone` is done, stopped, now or to-come; `time` in microseconds, 0 if none."""

    title: str
    sentence: str
    tone: str
    time: int = 0


def timeline(change: Change) -> list[Station]:
    """Return the stations of a change, newest first: what is to come stands above what was."""
    names = {f"person:{one.pk}": str(one) for one in Person.objects.all()}
    # What nobody here wrote is no station: the panel of the audit has it, and says so.
    rows = believed(AuditRow.objects.filter(subject=change.subject))
    past = [attempt(partial(_past, row, names)) for row in rows if not _is_part(row)]
    return [*filter(None, past), *_present(change), *_ahead(change)][::-1]


def _is_part(row: AuditRow) -> bool:
    """Tell whether a row is of a slow part of a preview: it moved nothing, so it is no station."""
    return row.deed == Verb.PREVIEW and row.outcome == audit.DONE and "to" not in row.facts


def _past(row: AuditRow, names: dict[str, str]) -> Station:
    refused = row.outcome != audit.DONE
    title = f"{row.deed.replace('_', ' ').capitalize()}{' refused' if refused else ''}"
    who = names.get(row.actor, row.actor)
    what = row.facts.get("detail") or row.facts.get("reason") if refused else row.facts.get("to")
    said = str(what or "").replace("_", " ")
    sentence = who if not said else f"{who}: {said}" if refused else f"{who}, now {said}"
    return Station(title, sentence, "stopped" if refused else "done", microseconds(row.at))


def _present(change: Change) -> list[Station]:
    if change.owner == Owner.NOBODY:
        return []
    state = State(change.state)
    title = TURNS.get(state, f"Waiting: {change.owner}")
    sentence = still_needed(change) if state is State.PREVIEWED else f"turn of {change.owner}"
    return [Station(title, sentence, "now")]


def _ahead(change: Change) -> list[Station]:
    return [Station(title, "", "to-come") for title in AHEAD.get(State(change.state), ())]
