"""What the doors report: every limit there is, so that a new one cannot be forgotten."""

from __future__ import annotations

import ast
import asyncio
import dataclasses
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pilothouse
from pilothouse.console.gate import Visitors
from pilothouse.console.gate import gate_of as console_gate
from pilothouse.console.live.places import Places as FeedPlaces
from pilothouse.gate.allowances import Allowances, Rate
from pilothouse.gate.bodies import Held
from pilothouse.gate.entry import Gate
from pilothouse.gate.lanes import Queue
from pilothouse.gate.limits import Limits, limits_for
from pilothouse.gate.places import Kind
from pilothouse.gate.report import Report, report_of, uses_of
from pilothouse.trading_api.feeds.fullness import Fullness
from pilothouse.trading_api.gate import gate_of as traders_gate
from pilothouse.trading_api.meter import Meter, TooManyOpen
from pilothouse.trading_api.rates import TIERS
from tests.attack.served import echo

PPM = 1_000_000
KEPT_IN = {
    "trading_api/meter.py": 12,  # each by its name in `Meter.every`, that of addresses at the gate
    "gate/entry.py": 1,  # refusals that are answered at once: behind them an answer waits
    "trading_api/feeds/stream.py": 1,  # without a limit, where feeds are measured
    "trading_api/feeds/bills.py": 1,  # without a limit, for a socket that nobody asked for
    "console/gate.py": 7,  # each by its name in `Visitors.counted`
    "console/live/places.py": 2,  # in the use of the places of live feeds
    "records/archive/turns.py": 2,  # of queries and explanations, measured as `queries_waiting`
    "console/object_frame.py": 1,  # another Queue: where an order stands in its book
    "records/room.py": 1,  # bytes of answered queries: refused by a sentence on the page
    "access/guesses.py": 2,  # wrong passwords: refused by a sentence at the sign-in
    "access/often.py": 1,  # sign-ins and changes of credentials: refused by a sentence on the page
    "console/tracebacks.py": 2,  # entries of a log: what is above is counted in the next entry
    "records/refusals.py": 3,  # rows of the audit: what is above is counted there, nobody refused
}
"""Where the program makes an Allowances or a Queue, how many, and where they are reported."""
MAKERS = ("Allowances", "Queue", "Turns")
USES = {"waiting", "waiting_of_one", "busy", "busy_of_one", "sockets", "sockets_of_one"}
ONLY_REFUSED = {"head_s", "body_s", "unread_s", "head_bytes", "body_bytes", "fields"}
"""Limits of one request, which are met or not: they have no use."""


class App:
    """The small application, with what the traders' gate asks of it."""

    def __init__(self, meter: Meter) -> None:
        self.state = SimpleNamespace(meter=meter)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await echo(scope, receive, send)


def meter() -> Meter:
    past = SimpleNamespace(position=0, open_count=lambda account, market: 0)
    return Meter(past, TIERS["pro"], clock=lambda: 0.0)


def limits_of(holder: object) -> dict[str, Any]:
    """Return every Allowances and Queue that an object holds, by the name it has there."""
    found = vars(holder).items()
    return {name: one for name, one in found if isinstance(one, Allowances | Queue)}


def fill(one: Any) -> None:
    """Let one sender use a limit up, and be refused once; its time stands still."""
    if isinstance(one, Allowances):
        one._clock = lambda: 0.0
        one.add("me", one.rate.limit)
        assert not one.take("me")
        return

    async def crowd() -> None:
        one._count("me", one._in.of_one)
        assert not await one.enter("me")

    asyncio.run(crowd())


def fullest(report: Report, one: object) -> tuple[int, str]:
    """Return what a report says of the fullest limit of the kind of this one."""
    if isinstance(one, Allowances):
        assert report.use_ppm < PPM, "a sender at its own rate is no alert"
        return report.sender_use_ppm, report.sender_fullest
    return report.use_ppm, report.fullest


def test_every_rate_and_lane_of_the_program_is_known_here() -> None:
    source, found = Path(pilothouse.__file__).parent, Counter[str]()
    for path in source.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in MAKERS:
                found[str(path.relative_to(source))] += 1
    assert found == KEPT_IN


def test_every_limit_of_the_gate_is_known_here() -> None:
    named = {one.name for one in dataclasses.fields(Limits)}
    assert named == USES | ONLY_REFUSED | {"bodies_bytes"}
    told = set(uses_of(console_gate(echo, limits_for(400)))[0])
    assert {name.replace("_", " ") for name in USES} <= told
    assert {"short bodies", "long bodies"} <= told


@pytest.mark.parametrize("name", sorted(limits_of(Visitors())))
def test_the_console_reports_each_rate_and_lane(name: str) -> None:
    gate = console_gate(echo, limits_for(400))
    fill(one := limits_of(gate._policy)[name])
    assert fullest(report_of(gate), one) == (PPM, name)


@pytest.mark.parametrize("name", sorted(limits_of(meter())))
def test_the_traders_door_reports_each_counter_and_what_it_refused(name: str) -> None:
    kept = meter()
    gate = traders_gate(App(kept), limits_for(400))
    fill(one := limits_of(kept)[name])
    report = report_of(gate, kept.every)
    assert fullest(report, one) == (PPM, name)
    # The gate itself counts whom it refuses for the rate of an address.
    assert report.refused == (name != "public")


def test_refusals_behind_the_traders_gate_are_counted() -> None:
    kept = meter()
    gate = traders_gate(App(kept), limits_for(400))
    with pytest.raises(TooManyOpen):
        kept.place(1, 1, 1, kept.rates.open_orders + 1)
    stream: Any = SimpleNamespace(connections=500, connections_of={"key": 90}, refused=3)
    report = report_of(gate, kept.every | {"feeds": Fullness(stream)})
    assert report.refused == 4 and report.use_ppm == 900_000 and report.fullest == "feeds"


def test_live_feeds_and_their_pace_are_reported() -> None:
    gate, feeds = console_gate(echo, limits_for(400)), FeedPlaces(pace=Rate(4, 0))
    for person in range(5):
        feeds.enter(person)
    report = report_of(gate, {"live feeds": feeds})
    assert report.use_ppm == PPM and report.refused == 1 and report.fullest == "live feeds"


def test_places_and_bodies_are_reported() -> None:
    gate = console_gate(echo, limits_for(400))
    assert report_of(gate).use_ppm == 0
    for count, kind in ((gate.limits.sockets_of_one, Kind.SOCKET), (1, Kind.REQUEST)):
        for _ in range(count):
            gate.places.begin(kind, "10.0.0.1")
    assert report_of(gate).fullest == "sockets of one"
    one = Held("10.0.0.1", lambda: None)
    assert gate.bodies.hold(one, b"x" * 10_000)
    assert uses_of(gate)[0]["short bodies"] == PPM * 10_000 // gate.bodies.short.most_of_one


def test_what_a_lane_and_a_rate_refuse_is_counted_once() -> None:
    """The work lane's 503 and the rate's 429 are the gate's own refusals."""

    async def ask(gate: Gate) -> int:
        told: list[int] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                told.append(message["status"])

        scope = {
            "type": "http", "path": "/", "method": "GET", "headers": [], "state": {},
            "client": ("10.0.0.1", 1), "scheme": "http",
        }  # fmt: skip
        await gate(scope, receive, send)
        return told[0]

    for name, status in (("strangers_work", 503), ("strangers", 429)):
        gate = console_gate(echo, limits_for(400))
        one = limits_of(gate._policy)[name]
        if isinstance(one, Queue):
            one._count("10.0.0.1", one._in.of_one)
        else:
            one._clock = lambda: 0.0
            one.add("10.0.0.1", one.rate.limit)
        assert asyncio.run(ask(gate)) == status
        assert report_of(gate).refused == 1
