"""A block is bounded by the rows it visits, whatever falls, however many wait."""

import numpy as np
import pytest

from pilothouse.engine.machine import Machine
from pilothouse.engine.ranking import RANKING_US
from pilothouse.engine.work import RANKING_WORK, WORK_MOST
from pilothouse.language.commands import CancelAllOrders, SetMarketStatus
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import FillKind, MarketStatus
from pilothouse.venue.views.accounts import positions
from tests.attack.crowds import crowd_of_shorts
from tests.engine.protected import BUY, DOLLAR, E6, NO_ROWS, SELL, Exchange

COMMAND_WORK = 16_384
TOLD_EVERY = 1_000
"""Receipts between two prices of the sources: an index that nobody tells goes stale."""


def work(exchange):
    scratch = exchange.machine.state.scratch[0]
    return int(scratch["work"]), int(scratch["command_work"])


def until_quiet(exchange, blocks, each=lambda: None):
    """Step until nothing is under way; after every block its work is within the bound."""
    most = 0
    for _ in range(blocks):
        if exchange.machine.quiet():
            return most
        exchange.step()
        mine, command = work(exchange)
        assert mine <= WORK_MOST and command <= COMMAND_WORK
        most = max(most, mine)
        each()
    raise AssertionError("the exchange never comes to rest")


def unwound(exchange):
    fills = exchange.events(OrderFilled)
    return [one for one in fills if one.fill_kind == FillKind.UNWIND]


def fall(exchange, price, longs, shorts):
    """Let the price fall with no bid in the book, while somebody else trades in every block."""
    served = []
    other = exchange.first + len(longs) + len(shorts)

    def serve():
        if len(served) % TOLD_EVERY == 0:
            exchange.prices({1: price, 2: 3_000})
        order = exchange.order(other, 2, SELL, 1, 90_000)
        served.extend(exchange.say(order, CancelAllOrders(account=other))[:, 1].tolist())
        assert max(work(exchange)) <= WORK_MOST

    exchange.prices({1: price})
    most = until_quiet(exchange, 5_000, serve)
    assert served and not any(served)
    return most


@pytest.fixture(scope="module")
def crowd():
    exchange, longs, shorts = crowd_of_shorts(longs=60, shorts=12_000)
    assert exchange.machine.broken_invariants() == []
    return exchange, longs, shorts


def copied(crowd):
    exchange, longs, shorts = crowd
    made = object.__new__(Exchange)
    made.__dict__ |= exchange.__dict__
    made.machine, made.told = exchange.machine.copy(), []
    return made, longs, shorts


def test_sixty_accounts_are_unwound_against_twelve_thousand_and_no_block_does_more(crowd):
    exchange, longs, shorts = copied(crowd)
    fall(exchange, 56_000, longs, shorts)
    assert len(unwound(exchange)) >= 12_000 * 9 // 10
    assert not any(positions(exchange.machine, int(one)) for one in longs)
    assert exchange.machine.broken_invariants() == []


def test_the_most_profitable_are_unwound_first(crowd):
    exchange, _, shorts = copied(crowd)
    entries = {
        int(number): -positions(exchange.machine, int(number))[0].entry_cost
        for number in shorts[:1_000]
    }
    exchange.prices({1: 56_000})
    while len(unwound(exchange)) < 12:
        exchange.step()
    dearest = max(entries.values())
    state = exchange.machine.state
    for fill in unwound(exchange)[:12]:
        other = fill.maker_account
        index = (other - int(shorts[0])) % 1_000
        assert index == 0, "those who sold at 60,000 come first"
    assert dearest == 600 * E6 and len(state.positions)


def test_a_walk_under_way_is_the_same_from_a_snapshot(crowd):
    exchange, _, _ = copied(crowd)
    exchange.prices({1: 56_000})
    copies = []
    for _ in range(12):
        copies.append(Machine.from_bytes(exchange.machine.to_bytes()))
        exchange.step()
        for one in copies:
            one.step(NO_ROWS, exchange.time)
            assert one.fingerprint() == exchange.machine.fingerprint()
    cursors = [int(one.state.rankings["cursor"].max()) for one in copies]
    assert any(cursors), "12,060 positions are more than one examination walks"
    assert RANKING_WORK < 12_060


def test_holders_who_close_while_they_are_ranked_are_passed_over(crowd):
    exchange, longs, shorts = copied(crowd)
    exchange.prices({1: 56_000})
    rescuer = exchange.first + len(longs) + len(shorts)
    closed = [int(one) for one in shorts[:3_000:1_000]]
    exchange.fund(rescuer, DOLLAR, 100_000 * E6)
    for number in closed:
        exchange.say(
            exchange.order(rescuer, 1, SELL, 100, 560_000),
            exchange.order(number, 1, BUY, 100, 560_000),
        )
    told = len(unwound(exchange))
    for _ in range(40):
        exchange.step()
    still = {one.maker_account for one in unwound(exchange)[told:]}
    assert still.isdisjoint(closed) or not still


def test_a_move_that_crosses_thousands_of_triggers_asks_for_them_in_slices(crowd):
    exchange, _longs, shorts = copied(crowd)
    exchange.prices({1: 66_000})
    assert int(exchange.machine.state.exchange[0]["triggers_due"]) == 1
    assert work(exchange)[1] <= COMMAND_WORK
    until_quiet(exchange, 5_000)
    assert int(exchange.machine.state.exchange[0]["triggers_due"]) == 0
    assert not any(positions(exchange.machine, int(one)) for one in shorts)
    assert exchange.machine.broken_invariants() == []


def test_a_status_counts_the_holders_of_its_own_contract_only(crowd):
    exchange, _, _ = copied(crowd)
    for status, version in ((MarketStatus.CANCEL_ONLY, 1), (MarketStatus.POST_ONLY, 2)):
        exchange.say(SetMarketStatus(market=2, status=status, base_version=version))
    exchange.say(SetMarketStatus(market=2, status=MarketStatus.ONLINE, base_version=3))
    assert work(exchange)[1] <= 100


def test_a_ranking_is_used_for_a_second_only():
    assert RANKING_US == 1_000_000


@pytest.mark.world
def test_six_hundred_accounts_are_unwound_against_180_000():
    exchange, longs, shorts = crowd_of_shorts(longs=600, shorts=180_000)
    most = fall(exchange, 56_000, longs, shorts)
    print(f"most work of a block {most:,} of {WORK_MOST:,}, {len(unwound(exchange)):,} unwound")
    assert not any(positions(exchange.machine, int(one)) for one in longs)
    assert exchange.machine.broken_invariants() == []
    assert np.count_nonzero(exchange.machine.state.accounts["protection"]) == 0
