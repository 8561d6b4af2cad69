"""Who owns a network of addresses asks no more than a few clients may: P41.

Limits by address counted each IPv6 address of a client, which owns 2^64 of them or more. Here a
client turns to another address, another /64 or another /56 for every request.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from pilothouse.console.gate import Visitors
from pilothouse.gate.addresses import Proxies, address_key
from pilothouse.gate.allowances import PPM, UNLIMITED, Rate
from pilothouse.gate.around import AROUND, AddressAllowances, networks_around
from pilothouse.gate.entry import Gate
from pilothouse.gate.limits import limits_for
from pilothouse.trading_api.meter import Meter, Spent
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
    levels = AddressAllowances(RATE)
    mine = [address_key(spelled.format(number % 256)) for number in range(2_000)]
    assert sum(map(levels.take, mine)) == times * LIMIT
    assert levels.refused == 2_000 - times * LIMIT
    assert levels.is_spent(mine[0]) and levels.busiest_ppm == PPM
    assert all(levels.take(address_key(one)) for one in OTHERS), "nobody else is refused for it"


def test_p41_turning_makes_nobody_forgotten_and_the_tables_are_bounded() -> None:
    levels = AddressAllowances(RATE, kept=100)
    mine = [address_key(f"2001:db8:7:{number:x}::1") for number in range(65_536)]
    assert sum(map(levels.take, mine)) == 32 * LIMIT
    assert len(levels) == 100
    many = [address_key(f"2001:{number:x}:7:1::1") for number in range(1_000)]
    assert all(map(levels.take, many)) and all(len(one) == 100 for one in levels._wide)


def test_p41_what_was_charged_without_asking_counts_around_too() -> None:
    levels = AddressAllowances(RATE)
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


def test_p41_every_rate_of_addresses_is_one_of_networks() -> None:
    meter = Meter(None, NO_LIMITS)  # type: ignore[arg-type]
    gate = Gate(echo, limits_for(400), Proxies())
    for table in (meter.public, meter.sockets, gate._at_once, Visitors().strangers):
        assert isinstance(table, AddressAllowances)
    assert AddressAllowances(UNLIMITED).take("2001:db8:7:1::/64", 10**9)


def test_p41_what_is_no_ipv6_client_has_no_network() -> None:
    for key in ("key ab/64", "key 2001:db8::/64", "10.0.0.1", "unknown", ""):
        assert networks_around(key) == ()
    assert networks_around(address_key("::ffff:10.0.0.1")) == ()
    around = networks_around(address_key("2001:db8:1:203::1"))
    assert around == ("2001:db8:1:200::/56", "2001:db8:1::/48") and len(around) == len(AROUND)
