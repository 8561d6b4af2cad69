"""Half-sent bodies: whatever one address holds, the order of another is taken, at both doors."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from pilothouse.console.gate import BODY_MAX as CONSOLE_BODY_MAX
from pilothouse.console.gate import gate_of as console_gate
from pilothouse.gate.bodies import SHORT, Bodies, Held
from pilothouse.gate.entry import Gate
from pilothouse.gate.limits import KIB, MIB, Limits, limits_for
from pilothouse.trading_api.bodies import BODY_MAX
from pilothouse.trading_api.gate import Strangers
from pilothouse.trading_api.gate import gate_of as traders_gate
from pilothouse.trading_api.meter import Meter
from pilothouse.trading_api.rates import NO_LIMITS, TIERS
from tests.attack.served import Served, connect, echo, read_answer, request, served, wait_until

SMALL = dataclasses.replace(limits_for(4_000), bodies_bytes=MIB, body_s=3_600)
"""A door with few bytes for bodies, at which nothing ends by time."""
ORDER = "/0/private/AddOrder"
OTHER = "127.0.0.2"


class Echo:
    """The small application, with what the traders' gate asks of it."""

    state = SimpleNamespace(meter=Meter(None, NO_LIMITS))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await echo(scope, receive, send)


def traders() -> Gate:
    return traders_gate(Echo(), SMALL)


def console() -> Gate:
    return console_gate(echo, SMALL)


both = pytest.mark.parametrize("made", (traders, console))


def half(size: int) -> bytes:
    """Return a request whose body lacks its last byte."""
    return request(ORDER, "API-Key: x", body=b"x" * size, method="POST")[:-1]


@contextlib.contextmanager
def filled(door: Served, sources: list[str]) -> Iterator[None]:
    """Hold as many bytes from each address as it may: long bodies, then short ones."""
    with contextlib.ExitStack() as held:
        for source, size in itertools.product(sources, (40 * KIB, 15 * KIB)):
            for _ in range(8):
                before = seen(door)
                held.enter_context(connect(door.port, half(size), source))
                wait_until(lambda before=before: seen(door) != before)
        yield


def seen(door: Served) -> tuple[int, int, int]:
    return door.gate.bodies.held_bytes, door.gate.refused[503], door.gate.bodies.ended


def order_in_two_pieces(door: Served, source: str) -> int:
    """Send an order whose body comes in two pieces; return the status of its answer."""
    whole = request(ORDER, body=b"x" * 200, method="POST")
    before = seen(door)
    with connect(door.port, whole[:-100], source) as plug:
        wait_until(lambda: seen(door) != before)
        plug.sendall(whole[-100:])
        return read_answer(plug)[0]


@both
def test_one_address_holds_an_eighth_and_others_are_served(made: Callable[[], Gate]) -> None:
    with served(made()) as door, filled(door, ["127.0.0.1"]):
        wait_until(lambda: door.gate.refused[503])  # it may hold no more
        assert door.gate.bodies.held_bytes <= MIB // 8
        assert order_in_two_pieces(door, OTHER) == 200
        with connect(door.port, half(60 * KIB) + b"x", OTHER) as plug:
            assert read_answer(plug)[0] == 200, "a long one too"
        assert not door.gate.bodies.ended, "nobody had to make room"


@both
def test_many_addresses_make_room_for_one_that_holds_less(made: Callable[[], Gate]) -> None:
    many = [f"127.0.1.{number}" for number in range(1, 13)]
    with served(made()) as door, filled(door, many):
        assert door.gate.bodies.held_bytes <= MIB
        wait_until(lambda: door.gate.bodies.ended)  # the last of them found the door full
        assert order_in_two_pieces(door, OTHER) == 200
        with connect(door.port, half(30 * KIB), OTHER) as plug:
            wait_until(lambda: door.gate.bodies.long._bytes[OTHER])
            plug.sendall(b"x")
            assert read_answer(plug)[0] == 200
    wait_until(lambda: not door.gate.bodies.held_bytes)


def test_who_holds_most_makes_room_and_is_told() -> None:
    with served(console()) as door, contextlib.ExitStack() as held:
        plugs = []
        for number in range(1, 9):
            source, all_of_them = f"127.0.2.{number}", number * (90 * KIB - 1)
            plugs.append(held.enter_context(connect(door.port, half(90 * KIB), source)))
            wait_until(lambda most=all_of_them: door.gate.bodies.held_bytes == most)
        held.enter_context(connect(door.port, half(80 * KIB), OTHER))
        wait_until(lambda: door.gate.bodies.ended == 1)
        assert read_answer(plugs[0])[0] == 503, "the oldest of those that hold as much"


def test_the_shares_themselves() -> None:
    bodies, ended = Bodies(MIB), []
    many = [Held(f"{number}", lambda: ended.append(1)) for number in range(200)]
    taken = [bodies.hold(one, b"x" * SHORT) for one in many]
    assert all(taken[:16]) and not any(taken[16:]), "all hold as much: the newest is refused"
    less = Held("less", lambda: None)
    assert bodies.hold(less, b"x") and len(ended) == 1 and many[0].ended and not many[0].body
    assert bodies.hold(less, b"x" * SHORT), "it is long now"
    assert bodies.long.held_bytes == SHORT + 1 and bodies.short.held_bytes == 15 * SHORT
    for one in (*many, less):
        bodies.release(one)
    assert bodies.held_bytes == 0 and not any(bodies.uses_ppm().values())
    assert not bodies.long._held and not bodies.short._held


@pytest.mark.parametrize(("connections", "body"), [(12_288, BODY_MAX), (12_288, CONSOLE_BODY_MAX)])
def test_every_limit_of_one_is_below_that_of_all(connections: int, body: int) -> None:
    limits: Limits = limits_for(connections, body)
    bodies = Bodies(limits.bodies_bytes)
    assert limits.waiting_of_one < limits.waiting and limits.busy_of_one < limits.busy
    assert limits.sockets_of_one < limits.sockets < limits.busy
    for share in (bodies.short, bodies.long):
        assert share.most_of_one * 8 <= share.most
    assert body <= bodies.long.most_of_one, "one body of the longest fits"


def test_a_made_up_key_is_counted_by_its_address() -> None:
    meter = Meter(None, TIERS["pro"], clock=lambda: 0.0)
    policy = Strangers(meter)

    def asked(public: str, address: str, path: str = ORDER, name: bytes = b"api-key") -> int:
        headers = [(name, public.encode())]
        return policy.admit({"path": path, "method": "POST", "headers": headers}, address)

    meter.signed("mine", "10.0.0.1")
    futures = "/derivatives/api/v3/sendorder"
    told = [asked(f"made-up-{number}", "10.0.0.1") for number in range(250)]
    assert told.count(0) == 200 and told[-1] == 429
    assert asked("x", "10.0.0.1", futures, b"apikey") == 429
    assert asked("mine", "10.0.0.1") == 0, "a key that signed from here is not shut out"
    assert asked("mine", "10.0.0.1", name=b"apikey") == 429, "it is not the name asked for there"
    assert asked("mine", "10.0.0.2") == 0 and meter.public.level("10.0.0.2") == 1
    meter.signed("mine", "10.0.0.2")
    assert meter.public.level("10.0.0.2") == 0, "a right signature is given its charge back"
