"""The sheet of a drill: how fast people were, and what it came to beside the crash alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pilothouse.console.pages.drill.rows import COUNTS, SPANS
from pilothouse.language.numbers import SECOND_US, format_decimal
from pilothouse.venue.index_replay.run import Run
from pilothouse.venue.outcome import Outcome
from pilothouse.wiring.drill.copying import Copied
from pilothouse.wiring.drill.tally import Tally

JSON_FILE: Final = "drill-sheet.json"
TEXT_FILE: Final = "drill-sheet.txt"
ASSUMES: Final = (
    "Nothing done is the drill's own journal stepped again without its operators' commands. It "
    "assumes that clients and prices came at the same moments with the same orders, and that "
    "nobody acted otherwise because the market was another."
)


@dataclass(frozen=True)
class Moments:
    """When people noticed, decided and acted first, in microseconds; None for not at all."""

    alert_us: int | None = None
    proposed_us: int | None = None
    approved_us: int | None = None
    applied_us: int | None = None


def moments(since_us: int) -> Moments:
    """Read from the drill's database what happened first after a moment; Django is set up."""
    from pilothouse.control.models import Change, ChangeStep
    from pilothouse.watch.models import Alert

    since = datetime.fromtimestamp(since_us / SECOND_US).astimezone()
    return Moments(
        alert_us=_first(Alert, "raised_at", since),
        proposed_us=_first(Change, "proposed_at", since),
        approved_us=_first(Change, "approved_at", since),
        applied_us=_first(ChangeStep, "applied_at", since),
    )


def _first(model: Any, column: str, since: datetime) -> int | None:
    later = model.objects.filter(**{f"{column}__gte": since}).order_by(column)
    found = later.values_list(column, flat=True).first()
    if found is None:
        return None
    moment: datetime = found
    return int(moment.timestamp()) * SECOND_US + moment.microsecond


def sheet(copied: Copied, run: Run, tally: Tally, seen: Moments, whole: bool) -> dict[str, Any]:
    """Return the sheet's facts: times in microseconds, values in micro-dollars."""
    began = tally.crash_began_us
    return {
        "of": copied.of,
        "copied_at_position": copied.position,
        "through_position": tally.through_position,
        "market": run.market,
        "file": run.file,
        "whole": whole,
        "crash_began_us": began or None,
        "to_notice_us": _after(began, seen.alert_us),
        "to_propose_us": _after(began, seen.proposed_us),
        "to_decide_us": _after(began, seen.approved_us),
        "to_act_us": _after(began, seen.applied_us),
        "to_first_liquidation_us": _after(began, tally.done.harm.first_us or None),
        "commands_left_out": tally.left_out,
        "done": _told(tally.done),
        "nothing_done": _told(tally.nothing_done),
        "assumes": ASSUMES,
    }


def _told(outcome: Outcome) -> dict[str, int]:
    return asdict(outcome.harm) | asdict(outcome.left)


def _after(began_us: int, moment_us: int | None) -> int | None:
    return moment_us - began_us if began_us and moment_us is not None else None


def as_text(facts: dict[str, Any]) -> str:
    """Return the sheet for people."""
    lines = [
        f"DRILL on {facts['market']}: {facts['file']}{'' if facts['whole'] else ', ended early'}",
        f"a copy of {facts['of']} at command {facts['copied_at_position']:,}",
        "",
        *(f"  {label.lower():28}{seconds(facts[name])}" for label, name in SPANS),
        "  (the crash began at the first price 3 % below the highest)",
        "",
        f"  {'':28}{'in the drill':>18}{'nothing done':>18}",
    ]
    for label, name, is_money in COUNTS:
        told, nothing = (_shown(facts[run][name], is_money) for run in ("done", "nothing_done"))
        lines.append(f"  {label:28}{told:>18}{nothing:>18}")
    return "\n".join([*lines, "", facts["assumes"], ""])


def seconds(value: int | None) -> str:
    """Return a span of microseconds in seconds, or that it never came."""
    if value is None:
        return "never"
    text = f"{format_decimal(abs(value) // 100_000, 1)} s"
    return f"{text} before" if value < 0 else text


def _shown(value: int, is_money: bool) -> str:
    return f"${value // 10**6:,}" if is_money else f"{value:,}"


def save(home: Path, facts: dict[str, Any]) -> None:
    """Write the sheet into the drill's folder, as JSON and as text."""
    (home / JSON_FILE).write_text(json.dumps(facts, indent=2))
    (home / TEXT_FILE).write_text(as_text(facts))
