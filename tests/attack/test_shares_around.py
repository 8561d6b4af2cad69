"""Who owns a /48 has 65,536 clients, and not with all of them together every place of a door."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pilothouse.console.gate import Visitors
from pilothouse.gate.addresses import address_key
from pilothouse.gate.bodies import SHORT, Bodies, Held
from pilothouse.gate.lanes import Queue
from pilothouse.gate.limits import MIB, Limits, limits_for
from pilothouse.gate.places import Kind, Places
from pilothouse.gate.shares import most_of

NETWORK = "2001:db8:7::/48"
LIMITS: Limits = limits_for(4_000)
OTHERS = [address_key(one) for one in ("2001:db8:8::1", "198.51.100.7")]
Take = Callable[[str], bool]


def owned(number: int) -> str:
    return address_key(f"2001:db8:7:{number:x}::1")


class Waiter:
    def __init__(self, key: str) -> None:
        self.key, self.gone = key, False

    def turn_away(self) -> None:
        self.gone = True


def busy(kind: Kind) -> Take:
    places = Places(LIMITS)
    return lambda key: places.begin(kind, key)


def lane(name: str) -> Take:
    queue: Queue = getattr(Visitors(), name)

    def enter(key: str) -> bool:
        if not queue._in.has_room(key) or len(queue) >= queue._most:
            return asyncio.run(queue.enter(key))
        queue._count(key, 1)  # as `enter` does, without waiting for its turn
        return True

    return enter


def bodies(size: int) -> Take:
    held = Bodies(MIB)
    return lambda key: held.hold(Held(key, lambda: None), b"x" * size)


LANES = sorted(name for name, one in vars(Visitors()).items() if isinstance(one, Queue))
SHARED: dict[str, Callable[[], Take]] = {
    "requests": lambda: busy(Kind.REQUEST),
    "sockets": lambda: busy(Kind.SOCKET),
    "short bodies": lambda: bodies(SHORT // 4),
    "long bodies": lambda: bodies(SHORT + 1),
    **{name: lambda name=name: lane(name) for name in LANES},  # type: ignore[misc]
}


@pytest.mark.parametrize("name", SHARED)
def test_a_network_has_half_as_much_again_as_one_and_others_get_in(name: str) -> None:
    take, alone = SHARED[name](), SHARED[name]()
    of_one = sum(alone(owned(1)) for _ in range(10_000))
    of_network = sum(take(owned(number)) for number in range(10_000))
    assert of_one <= of_network <= of_one * 3 / 2 + 1
    assert all(take(one) for one in OTHERS), "nobody else is refused for it"
    assert not take(owned(20_000))


def test_waiting_connections_of_a_network_make_room_for_each_other() -> None:
    places = Places(LIMITS)
    first, *others = [Waiter(key) for key in (owned(0), *OTHERS)]
    flood = [Waiter(owned(number)) for number in range(1, 10_000)]
    for one in (first, *others, *flood):
        places.wait(one)
    assert first.gone and not any(one.gone for one in others), "its own oldest goes"
    assert places.waiting == most_of(NETWORK, LIMITS.waiting_of_one) + len(others)
    assert places.uses_ppm()["waiting of one"] == 1_000_000 and places.busiest() == NETWORK
    for one in (*others, *flood):
        places.leave(one)
    assert not places.waiting and not places._waiting_of


@pytest.mark.parametrize("connections", [1, 64, 400, 12_288])
def test_no_network_may_have_all(connections: int) -> None:
    limits = limits_for(connections)
    for of_one, of_all in (
        (limits.waiting_of_one, limits.waiting),
        (limits.busy_of_one, limits.busy),
        (limits.sockets_of_one, limits.sockets),
        *((one._in.of_one, one._most) for one in vars(Visitors()).values() if hasattr(one, "_in")),
    ):
        assert of_one < most_of(NETWORK, of_one) < of_all


def test_where_all_are_full_the_network_that_holds_most_makes_room() -> None:
    """Not one client that holds a little more than each of a network's many."""
    held, made = Bodies(MIB), {}

    def hold(key: str, size: int) -> bool:
        made.setdefault(key, Held(key, lambda: None))
        return held.hold(made[key], b"x" * size)

    assert hold(OTHERS[0], 9_000)
    taken = 0
    for network in range(16):
        taken += sum(
            hold(address_key(f"2001:db8:7{network:x}:{n:x}::1"), 4_096) for n in range(99)
        )
    assert held.short.held_bytes > held.short.most - 4_096 and taken > 50
    assert hold(OTHERS[1], 8_192) and not made[OTHERS[0]].ended


def test_everything_comes_back() -> None:
    places, shares, queue = Places(LIMITS), Bodies(MIB), Queue(1, 8, 2)
    held: list[Any] = [Held(owned(number), lambda: None) for number in range(9)]
    for one in held:
        assert places.begin(Kind.REQUEST, one.key) and shares.hold(one, b"x" * 9)
        assert asyncio.run(queue.enter(one.key))
        queue.leave(one.key)
        places.end(Kind.REQUEST, one.key)
        shares.release(one)
    assert not any(places.uses_ppm().values()) and not any(shares.uses_ppm().values())
    assert not len(queue) and not queue.busiest_ppm and not shares.short._held
