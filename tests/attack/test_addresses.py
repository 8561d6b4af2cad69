"""Who owns a network of addresses asks no more than a few clients may: P41.

Limits by address counted each IPv6 address of a client, which owns 2^64 of them or more. Here a
client turns to another address, another /64 or another /56 for every request: as nobody, as an
account, and as a key. Every table of the program is found in its source and in what it makes.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any

import pytest

import pilothouse
from pilothouse.console.gate import Visitors
from pilothouse.gate.addresses import Proxies, address_key
from pilothouse.gate.allowances import UNLIMITED, Allowances, Rate
from pilothouse.gate.around import AROUND, networks_around
from pilothouse.gate.entry import Gate
from pilothouse.gate.levels import PPM
from pilothouse.gate.limits import limits_for
from pilothouse.trading_api.feeds.bills import Bill
from pilothouse.trading_api.futures.keys import NO_NONCE, Signed
from pilothouse.trading_api.meter import Meter, Payer, Purpose, Spent
from pilothouse.trading_api.rates import NO_LIMITS
from tests.attack.served import echo

LIMIT = 10
RATE = Rate(LIMIT, 0)
TURNS = {
    "addresses of one /64": ("2001:db8:7:1::{:x}", 1),
    "the /64 of one /56": ("2001:db8:7:ab{:02x}::1", 8),
    "the /64 of one /48": ("2001:db8:7:{0:02x}{0:02x}::1", 32),
}
OTHERS = ("2001:db8:8::1", "2001:db9:7::1", "203.0.113.7", "no address")


@pytest.mark.parametrize("turn", TURNS)
def test_p41_who_turns_through_a_network_has_the_allowance_of_few(turn: str) -> None:
    spelled, times = TURNS[turn]
    levels: Allowances[str] = Allowances(RATE)
    mine = [address_key(spelled.format(number % 256)) for number in range(2_000)]
    assert sum(map(levels.take, mine)) == times * LIMIT
    assert levels.refused == 2_000 - times * LIMIT
    assert levels.is_spent(mine[0]) and levels.busiest_ppm == PPM
    assert all(levels.take(address_key(one)) for one in OTHERS), "nobody else is refused for it"


def test_p41_turning_makes_nobody_forgotten_and_the_tables_are_bounded() -> None:
    levels: Allowances[str] = Allowances(RATE, kept=100)
    mine = [address_key(f"2001:db8:7:{number:x}::1") for number in range(65_536)]
    assert sum(map(levels.take, mine)) == 32 * LIMIT
    assert len(levels) == 100
    many = [address_key(f"2001:{number:x}:7:1::1") for number in range(1_000)]
    assert all(map(levels.take, many)) and all(len(one) == 100 for one in levels._tables)


def test_p41_what_was_charged_without_asking_counts_around_too() -> None:
    levels: Allowances[str] = Allowances(RATE)
    for number in range(256):
        levels.add(address_key(f"2001:db8:7:{number:x}::1"), LIMIT)
    fresh = address_key("2001:db8:7:ff00::1")
    assert levels.is_spent(fresh) and not levels.take(fresh)
    levels.add(fresh, -33 * LIMIT)
    assert levels.take(fresh), "what is given back may be used"


def test_p41_requests_without_a_key_are_counted_so() -> None:
    meter = Meter(None, replace(NO_LIMITS, public=RATE))  # type: ignore[arg-type]
    passed = 0
    for number in range(2_000):
        try:
            meter.stranger("", address_key(f"2001:db8:7:{number:x}::1"))
            passed += 1
        except Spent:
            pass
    assert passed == 32 * LIMIT


def the_programs_keys() -> dict[str, Any]:
    """Return whose levels the program keeps: every `Allowances[KEY]` in its source, as types."""
    root, found = Path(pilothouse.__file__).parent, dict[str, Any]()
    for path in root.rglob("*.py"):
        if "Allowances[" not in (source := path.read_text()):
            continue
        name = ".".join(("pilothouse", *path.relative_to(root).with_suffix("").parts))
        known = vars(importlib.import_module(name))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Allowances":
                key = ast.unparse(node.slice)
                found[f"{name}: {key}"] = eval(key, dict(known))
    return found


def spelled(key: Any, address: str) -> Iterator[Any]:
    """Yield senders of a type of key, the address in the place of one text after the other."""
    if key is str:
        yield address
    elif isinstance(key, UnionType):
        for one in typing.get_args(key):
            yield from spelled(one, address)
    elif typing.get_origin(key) is tuple:
        parts = typing.get_args(key)
        plain = [any_of(one) for one in parts]
        for at, part in enumerate(parts):
            for one in spelled(part, address):
                yield (*plain[:at], one, *plain[at + 1 :])
    else:
        any_of(key)


def any_of(key: Any) -> Any:
    """Return a sender without an address; an allowance of any other type is not understood."""
    if typing.get_origin(key) is tuple:
        return tuple(map(any_of, typing.get_args(key)))
    if inspect.isclass(key) and issubclass(key, Enum):
        return next(iter(key))
    assert key in (int, str), f"say in `gate.around` how an address is found in {key}"
    return key()


KEYS = the_programs_keys()


@pytest.mark.parametrize("name", sorted(KEYS))
def test_p41_whatever_key_holds_an_address_counts_the_networks_around_it(name: str) -> None:
    turns = [
        list(spelled(KEYS[name], address_key(f"2001:db8:7:{number:x}::1")))
        for number in range(2_000)
    ]
    for senders in zip(*turns, strict=True):
        levels: Allowances[Any] = Allowances(RATE)
        assert sum(map(levels.take, senders)) == 32 * LIMIT
        assert levels.is_spent(senders[-1])


def test_p41_keys_of_accounts_and_of_keys_are_among_them() -> None:
    holding = [key for key in KEYS.values() if list(spelled(key, "2001:db8:7:1::/64"))]
    assert len(KEYS) > 10 and {Payer, tuple[tuple[str, str], Purpose]} <= set(holding)


def test_p41_there_is_one_means_of_counting() -> None:
    root, made = Path(pilothouse.__file__).parent, list[str]()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Levels"):
                made.append(str(path.relative_to(root)))
            if isinstance(node, ast.ClassDef):
                assert not {"Allowances", "Levels"} & set(map(ast.unparse, node.bases))
    assert made == ["gate/allowances.py"]


def without_nonce(meter: Meter, address: str) -> Payer:
    key: Any = type("OfAccount7", (), {"account": 7, "public": "ab"})
    return Signed(key, NO_NONCE, b"").payer(address)


def asked(meter: Meter, address: str, name: str) -> None:
    if not getattr(meter, name).take(without_nonce(meter, address)):
        raise Spent


def refused(meter: Meter, address: str) -> None:
    meter.signed("ab", address)
    meter.stranger("ab", address)
    meter.refused("ab", address, Purpose.READ)


def wrongly_signed(meter: Meter, address: str) -> None:
    meter.signed("ab", address)
    meter.stranger("ab", address)
    meter.not_signed("ab", address)


OF_ACCOUNTS = ("budget", "history", "cancels", "cancels_of_all", "faults", "transfers")
WAYS: dict[str, Callable[[Meter, str], None]] = {
    **{name: lambda meter, one, name=name: asked(meter, one, name) for name in OF_ACCOUNTS},
    "failures": wrongly_signed,
    "refusals": refused,
}


@pytest.mark.parametrize("name", WAYS)
def test_p41_one_key_from_many_networks_has_the_allowance_of_few(name: str) -> None:
    past: Any = None
    meter, passed = Meter(past, replace(NO_LIMITS, **{name: RATE})), 0
    for number in range(2_000):
        try:
            WAYS[name](meter, address_key(f"2001:db8:7:{number:x}::1"))
            passed += 1
        except Spent:
            pass
    assert passed == 32 * LIMIT
    WAYS[name](meter, address_key("2001:db8:8::1"))


def test_p41_what_feeds_said_into_many_networks_is_waited_for() -> None:
    levels: Allowances[str] = Allowances(RATE)
    for number in range(256):
        Bill(levels, address_key(f"2001:db8:7:{number:x}::1")).says(LIMIT * 10 * 4_096)
    assert Bill(levels, address_key("2001:db8:7:ff00::1")).is_over
    assert not Bill(levels, address_key("2001:db8:8::1")).is_over


def test_p41_the_doors_count_strangers_so() -> None:
    gate = Gate(echo, limits_for(400), Proxies())
    for table in (gate._at_once, Visitors().strangers):
        table._clock = lambda: 0.0
        turns = (address_key(f"2001:db8:7:{number:x}::1") for number in range(65_536))
        assert sum(map(table.take, turns)) == 32 * table.rate.limit
    free: Allowances[str] = Allowances(UNLIMITED)
    assert free.take("2001:db8:7:1::/64", 10**9)


def test_p41_what_is_no_ipv6_client_has_no_network() -> None:
    for key in ("key ab/64", "key 2001:db8::/64", "10.0.0.1", "unknown", ""):
        assert networks_around(key) == ()
    assert networks_around(address_key("::ffff:10.0.0.1")) == ()
    around = networks_around(address_key("2001:db8:1:203::1"))
    assert around == ("2001:db8:1:200::/56", "2001:db8:1::/48") and len(around) == len(AROUND)
