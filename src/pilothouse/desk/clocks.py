"""The clocks of an incident: read once, corrected only with a reason, never overwritten.

They are the moments that a duty to report counts from (DORA: from occurrence to resolution is the
duration; 24 hours after somebody was aware the first report is due if the incident is major).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pilothouse.access.models import Person
from pilothouse.control.refusals import Refused
from pilothouse.desk import refusals
from pilothouse.desk.models import ClockReading, Incident


class Clock(StrEnum):
    """The six moments, in the order in which they usually come."""

    OCCURRED = "occurred"
    DETECTED = "detected"
    AWARE = "aware"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


MEANING: Final[dict[Clock, str]] = {
    Clock.OCCURRED: "it began",
    Clock.DETECTED: "an alert or a person noticed it",
    Clock.AWARE: "a person knew that it is an incident",
    Clock.ACKNOWLEDGED: "somebody took responsibility",
    Clock.MITIGATED: "the impact had ended",
    Clock.RESOLVED: "service was back to normal",
}

SPANS: Final[tuple[tuple[str, Clock, Clock], ...]] = (
    ("time to detect", Clock.OCCURRED, Clock.DETECTED),
    ("time to acknowledge", Clock.DETECTED, Clock.ACKNOWLEDGED),
    ("time to mitigate", Clock.DETECTED, Clock.MITIGATED),
    ("duration", Clock.OCCURRED, Clock.RESOLVED),
)
"""What is measured between two clocks; the duration is that of the reports."""

FIRST_REPORT_WITHIN: Final = timedelta(hours=24)
"""DORA, RTS 2025/301 Art. 5: the initial notification of a major incident, after awareness."""

BACK_MOST: Final = timedelta(days=5 * 365 + 2)
"""Five years, for which MiCA (Regulation 2023/1114 Art. 68(9)) has records kept: nothing that is
older could be shown, so an older moment is a slip."""

Moments = dict[Clock, datetime]


@dataclass(frozen=True)
class Reading:
    """What a clock says and, if it was corrected, what it said before and why."""

    clock: Clock
    meaning: str
    at: datetime | None
    corrections: tuple[ClockReading, ...]


def moments(incident: Incident) -> Moments:
    """Return the moments that hold; a clock that was never read is absent."""
    last = {Clock(one.clock): one.at for one in incident.readings.order_by("id")}
    return {clock: at for clock, at in last.items() if at is not None}


def readings(incident: Incident) -> list[Reading]:
    """Return every clock with its corrections, in the order of the clocks."""
    rows = list(incident.readings.select_related("by").order_by("id"))
    made = []
    for clock in Clock:
        mine = [one for one in rows if one.clock == clock]
        at = mine[-1].at if mine else None
        made.append(Reading(clock, MEANING[clock], at, tuple(mine) if len(mine) > 1 else ()))
    return made


def spans(incident: Incident) -> list[tuple[str, int | None]]:
    """Return the measured spans in whole seconds, cut; None while an end is missing."""
    read = moments(incident)
    return [
        (name, int((read[end] - read[start]).total_seconds()))
        if start in read and end in read
        else (name, None)
        for name, start, end in SPANS
    ]


def first_report_due(incident: Incident) -> datetime | None:
    """Return when a first report would be due at the latest, None while nobody was aware."""
    aware = moments(incident).get(Clock.AWARE)
    return aware + FIRST_REPORT_WITHIN if aware else None


def read(
    incident: Incident,
    clock: Clock,
    at: datetime,
    *,
    by: Person | None,
    now: datetime,
    why: str = "",
) -> None:
    """Read a clock for the first time. Raises Refused if it was read, or cannot be so."""
    if clock in moments(incident):
        raise Refused(refusals.CLOCK_IS_SET, clock)
    _note(incident, clock, at, by, now, why)


def correct(
    incident: Incident,
    clock: Clock,
    at: datetime | None,
    *,
    by: Person | None,
    now: datetime,
    why: str,
) -> None:
    """Put another reading after the old one, or withdraw it (`at=None`), for a reason."""
    if moments(incident).get(clock) == at:
        raise Refused(refusals.NOTHING_CHANGES, clock)
    _note(incident, clock, at, by, now, why)


def _note(
    incident: Incident,
    clock: Clock,
    at: datetime | None,
    by: Person | None,
    now: datetime,
    why: str,
) -> None:
    if at is not None:
        _check_alone(incident, clock, at, now)
        _check_order(moments(incident) | {clock: at})
    ClockReading.objects.create(
        incident=incident, clock=clock, at=at, noted_at=now, by=by, why=why
    )


def _check_alone(incident: Incident, clock: Clock, at: datetime, now: datetime) -> None:
    if at > now:
        raise Refused(refusals.CLOCK_IS_AHEAD, clock)
    if at < incident.opened_at - BACK_MOST:
        raise Refused(refusals.CLOCK_IS_TOO_FAR_BACK, clock)


def _check_order(wanted: Moments) -> None:
    began = wanted.get(Clock.OCCURRED)
    if began is not None and any(at < began for at in wanted.values()):
        raise Refused(refusals.CLOCKS_ARE_OUT_OF_ORDER)
    end, mitigated = wanted.get(Clock.RESOLVED), wanted.get(Clock.MITIGATED)
    if end is not None and mitigated is not None and end < mitigated:
        raise Refused(refusals.CLOCKS_ARE_OUT_OF_ORDER)
