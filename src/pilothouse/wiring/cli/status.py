"""`pilothouse status`: what runs on a folder, what is ready, and where its journal stands."""

from __future__ import annotations

import json
import time
import urllib.error
from pathlib import Path
from typing import Any

from pilothouse.gate.small_file import is_whole
from pilothouse.journal.durable import DurableMark
from pilothouse.journal.lost import accepted
from pilothouse.journal.storage import Files
from pilothouse.language.numbers import SECOND_US
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.held import held
from pilothouse.venue.readiness import free_bytes
from pilothouse.venue.recovery import header_of
from pilothouse.venue.standstill import STANDSTILL_S, Standstill, Why, words_of
from pilothouse.wiring import environment
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.database import sqlite_sentence
from pilothouse.wiring.disk import disk_said
from pilothouse.wiring.home import has_exchange, judged_home
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import ask_health, writer_listens
from pilothouse.wiring.running import Facts, is_held, running_parts, written_facts

DOORS = (Part.GATEWAY, Part.CONSOLE)


def status(home: Home = None, as_json: AsJson = False) -> None:
    """Show which processes run, whether trading API and console are ready, and the durable block.

    The exit code is 0 only when the exchange runs and everything that was started is ready.
    """
    place = judged_home(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange; make one with `pilothouse up`", as_json)
    running, written = running_parts(place), written_facts(place) if is_held(place) else {}
    told: dict[str, Any] = {"home": str(place), "environment": _environment(place)}
    not_well = []
    for part in (Part.WRITER, *DOORS, Part.TRAFFIC, Part.REPLAY):
        told[part], bad = _state(part, running, written)
        not_well += [f"{part}: {bad}"] if bad else []
    told["durable_blocks"] = DurableMark(Files(place)).block
    hold = held(place)
    # Against a clock that is not followed every block looks old.
    still = "" if hold else _standstill(place, Part.WRITER in running)
    if still:
        told["standstill"] = still
    told["disk"] = disk_said(place)
    if hold:
        told["clock"] = hold.said()
    lost = [one["said"] for one in accepted(Files(place))]
    if lost:
        told["lost_history"] = lost
    told["journal_bytes"] = sum(one.stat().st_size for one in (place / "journal").iterdir())
    told["disk_free_bytes"] = free_bytes(place)
    told["sqlite"] = sqlite_sentence()
    facts(told, as_json)
    if Part.WRITER not in running:
        failure("; ".join(["the exchange does not run", *not_well]), as_json)
    if hold:
        not_well.insert(0, hold.said())
    if still:
        failure(f"the writer runs but has stopped writing: {still}; see logs/writer.log", as_json)
    if not_well:
        failure("; ".join(not_well), as_json)


def _environment(home: Path) -> str:
    known = environment.read(home)
    return known.environment if known else "not written; see `pilothouse environment`"


def _standstill(home: Path, writer_runs: bool) -> str:
    """Say since when a writer that takes connections wrote nothing; empty while it writes."""
    now_us, storage = wall_clock_us(), Files(home)
    last = header_of(storage, DurableMark(storage).block)
    if last is None or not (writer_runs and writer_listens(home)):
        return ""
    if now_us - last.time <= STANDSTILL_S * SECOND_US:
        return ""
    return words_of(Standstill(last.time, Why.NOTHING_WRITTEN), now_us)


def _state(part: Part, running: Facts, written: Facts) -> tuple[str, str]:
    """Return how a part is, and what is bad about it if something is."""
    fact, known = running.get(part), written.get(part, {})
    again = _again(known)
    if fact is None:
        gone = f"does not run{again}{_next_try(known)}"
        return gone, known.get("why", "") and f"it {gone}"
    port = fact["port"] if is_whole(fact.get("port"), least=0) else 0
    heard, bad = _heard(port) if part in DOORS else ("runs", "")
    at = f" at http://127.0.0.1:{port}" if part in DOORS else ""
    return f"{heard}{at}, process {fact['pid']}{again}", bad


def _again(known: dict[str, Any]) -> str:
    return f"; started again {_times(known['restarts'])}" if known.get("restarts") else ""


def _next_try(known: dict[str, Any]) -> str:
    """Say how often a part that does not run failed in a row, and when it is tried again."""
    due = known.get("next_try", 0)
    left = due - int(time.time()) if is_whole(due) else -1
    if known.get("failures") and left >= 0:
        return f"; failed {_times(known['failures'])} in a row, next try in {left} s"
    return ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _heard(port: int) -> tuple[str, str]:
    """Return whether a door is ready, and by name why not."""
    try:
        answer = json.loads(ask_health(port))
        why = [f"{one['cause']}: {one['says']}" for one in answer.get("why", [])]
        ready = bool(answer.get("ready", answer.get("status") == "ok"))
    except (OSError, urllib.error.URLError, ValueError, KeyError, TypeError, AttributeError):
        return "does not answer", "it does not answer"
    if ready:
        return "answers", ""
    return "answers, not ready", "; ".join(why) or str(answer.get("status", "not ready"))
