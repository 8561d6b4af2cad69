"""`pilothouse status`: what runs on a folder, and where its journal stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.recovery import header_of
from pilothouse.venue.standstill import STANDSTILL_S, Standstill, Why, words_of
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import has_exchange, home_folder
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import answers, running_parts, writer_listens


def status(home: Home = None, as_json: AsJson = False) -> None:
    """Say which processes run, whether the doors answer, and how far the journal is durable."""
    place = home_folder(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange; make one with `pilothouse up`", as_json)
    running = running_parts(place)
    told: dict[str, Any] = {"home": str(place)}
    for part in (Part.WRITER, Part.GATEWAY, Part.CONSOLE, Part.TRAFFIC):
        told[part] = _state(part, running)
    told["durable_blocks"] = DurableMark(Files(place)).block
    still = _standstill(place, Part.WRITER in running)
    if still:
        told["standstill"] = still
    told["journal_bytes"] = sum(one.stat().st_size for one in (place / "journal").iterdir())
    facts(told, as_json)
    if Part.WRITER not in running:
        failure("the exchange does not run", as_json)
    if still:
        failure(f"the writer runs and stands still: {still}; see logs/writer.log", as_json)


def _standstill(home: Path, writer_runs: bool) -> str:
    """Say since when a writer that takes connections wrote nothing; empty while it writes."""
    now_us, storage = wall_clock_us(), Files(home)
    last = header_of(storage, DurableMark(storage).block)
    if last is None or not (writer_runs and writer_listens(home)):
        return ""
    if now_us - last.time <= STANDSTILL_S * SECOND_US:
        return ""
    return words_of(Standstill(last.time, Why.NOTHING_WRITTEN), now_us)


def _state(part: Part, running: dict[str, dict[str, int]]) -> str:
    fact = running.get(part)
    if fact is None:
        return "does not run"
    if part not in (Part.GATEWAY, Part.CONSOLE):
        return f"runs, process {fact['pid']}"
    heard = "answers" if answers(fact["port"]) else "does not answer"
    return f"{heard} at http://127.0.0.1:{fact['port']}, process {fact['pid']}"
