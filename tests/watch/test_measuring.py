"""Measures of a real machine, against arithmetic written out here."""

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pilothouse.control.watched import MEASURES, Taken
from pilothouse.language.commands import CancelOrder, PlaceOrder, SetIndexPrice
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import Side
from pilothouse.watch.hearing import Heard, Hearing
from pilothouse.watch.measuring import OF_EXCHANGE, OF_MARKET, OF_SOURCE, OF_TABLE, measure
from pilothouse.watch.normal import MOVE_WINDOW, SAMPLES_BEFORE_JUDGING, Normal, Usual, median
from pilothouse.watch.taking import Taker
from tests.control.running import BITCOIN, MAKER, PRICE, Running, order

HEARD = Heard({1: 0}, 0, 12_345)
SCOPE = "market:PF_XBTUSD"


@pytest.fixture
def running():
    """Two holders of one bitcoin at 60,000: one with 1,250 dollars, one far from all margins."""
    return Running([1_250, 30_000])


def taken(running, heard=HEARD, normals=None, taker=None):
    @contextmanager
    def lend():
        with running.machine() as machine:
            yield machine

    reading = (taker or Taker()).take(lend)
    return reading, measure(reading, heard, {} if normals is None else normals)


def of(running, name, **how):
    return taken(running, **how)[1][name, SCOPE]


def quotes(running):
    """Bids of one coin at 59,950 and at 59,000, an ask of one at 60,050; the rest is taken."""
    for price in (59_950, 59_000):
        running.ask(order(MAKER, Side.BUY, price))
    running.ask(order(MAKER, Side.SELL, 60_050))


def test_what_is_defined_and_what_is_made_are_the_same():
    of_exchange = {one.name for one in MEASURES.values() if one.taken is Taken.EXCHANGE}
    assert set(OF_EXCHANGE) == of_exchange
    of_source = {one.name for one in MEASURES.values() if one.taken is Taken.SOURCE}
    assert set(OF_SOURCE) == of_source
    of_table = {one.name for one in MEASURES.values() if one.taken is Taken.TABLE}
    assert set(OF_TABLE) == of_table
    assert set(OF_MARKET) == set(MEASURES) - of_exchange - of_source - of_table


def test_spread_and_depth_are_of_the_book(running):
    assert of(running, "spread") is None
    assert of(running, "depth") == 0
    quotes(running)
    assert of(running, "spread") == 100 * 1_000_000 // 59_950
    # 59,000 is 1.67 % from the middle: only the nearer bid counts, and it is the thinner side.
    assert of(running, "depth") == 59_950 * 1_000_000


def test_index_and_mark(running):
    running.now += 7_000_000
    prices = {1: 59_000, 2: 60_000, 3: 60_300}
    for source, dollars in prices.items():
        asked = SetIndexPrice(asset=BITCOIN, source=source, price_e12=dollars * 10**12)
        running.ask(asked)
    values = taken(running)[1]
    gone = [values["index_deviation", f"{SCOPE}/{source}"] for source in prices]
    assert gone == [1_000 * 1_000_000 // 60_000, 0, 300 * 1_000_000 // 60_000]
    assert values["index_sources", SCOPE] == 3
    ages = [values["index_age", f"{SCOPE}/{source}"] for source in prices]
    assert 40 >= ages[0] >= ages[1] >= ages[2] >= 0 and ages[0] >= 10
    market = running.real.state.markets[1]
    gap = abs(int(market["mark"]) - int(market["index"])) * 1_000_000 // int(market["index"])
    assert values["mark_from_index", SCOPE] == gap


def test_a_source_that_is_silent_is_late_then_not_live_then_gone(running):
    def later(seconds):
        running.now += seconds * 1_000_000
        running._step([])
        return taken(running)[1]

    second = f"{SCOPE}/2"
    values = later(59)
    assert values["index_sources", SCOPE] == 3 and values["index_age", second] >= 59_000
    values = later(10)
    assert values["index_sources", SCOPE] == 0 and values["index_deviation", second] is None
    assert values["index_age", second] >= 69_000
    assert ("index_age", second) not in later(3_600)


def test_a_source_keeps_its_distance_while_the_others_go_on(running):
    running.now += 70_000_000
    for source in (1, 2):
        running.ask(SetIndexPrice(asset=BITCOIN, source=source, price_e12=54_000 * 10**12))
    values = taken(running)[1]
    assert values["index_sources", SCOPE] == 2
    assert values["index_deviation", f"{SCOPE}/1"] == 0
    assert values["index_deviation", f"{SCOPE}/3"] == 6_000 * 1_000_000 // 54_000


def test_accounts_open_interest_and_backlog(running):
    values = taken(running)[1]
    assert values["open_interest", SCOPE] == 2 * PRICE * 1_000_000
    assert values["below_maintenance", SCOPE] == 0
    assert values["near_maintenance", SCOPE] == 0
    running.index(PRICE - 600)
    values = taken(running)[1]
    assert values["near_maintenance", SCOPE] == 1, "650 dollars are 1.09 times 594"
    assert values["accounts_below_maintenance", "exchange"] == 0
    assert values["liquidation_backlog", SCOPE] == 0


def test_who_is_below_maintenance_is_counted_against_the_depth(running):
    quotes(running)
    reading, _ = taken(running)
    (seen,) = reading.markets
    health = replace(
        seen.health, below_maintenance=3, notional_below_maintenance=2 * 59_950 * 1_000_000
    )
    ill = replace(reading, health=health, markets=(replace(seen, health=health),))
    values = measure(ill, HEARD, {})
    assert values["accounts_below_maintenance", "exchange"] == 3
    assert values["below_maintenance", SCOPE] == 3
    assert values["liquidation_backlog", SCOPE] == 2_000_000


def test_backlog_without_depth_is_a_hundred_times_it(running):
    from pilothouse.watch.measuring import NO_DEPTH_PPM, _backlog

    reading, _ = taken(running)
    health = SimpleNamespace(notional_below_maintenance=5)
    first = reading.markets[0].market
    empty = SimpleNamespace(market=first, near=None, quote_usd_e12=1, health=health)
    seen = SimpleNamespace(of=empty)
    assert _backlog(seen) == NO_DEPTH_PPM
    empty.quote_usd_e12 = 0
    assert _backlog(seen) is None, "nobody knows what the quote asset is worth"
    empty.health = None
    assert _backlog(seen) == 0


def test_insurance_is_what_the_pool_holds(running):
    from pilothouse.venue.views import insurance

    assert of(running, "insurance_pool") == insurance.pool(running.real, 1)


def test_ages_and_lag(running):
    reading, values = taken(running, Heard({1: running.time - 90_000_000}, 250_000, 12_345))
    assert values["last_trade_age", SCOPE] == 90_000
    assert values["reject_rate", "exchange"] == 250_000
    assert values["replica_lag", "exchange"] == 12
    assert values["block_age", "exchange"] == max(0, reading.taken_us - reading.time) // 1_000
    assert of(running, "last_trade_age", heard=Heard({}, 0, None)) is None
    assert taken(running, Heard({}, 0, None))[1]["replica_lag", "exchange"] is None


def span(time_us, commands, outcomes, fills=()):
    rows = np.zeros((len(commands), 16), np.int64)
    rows[:, 0], rows[:, 1] = commands, 1
    receipts = np.zeros((len(commands), 4), np.int64)
    receipts[:, 1] = outcomes
    events = np.zeros((len(fills), 16), np.int64)
    events[:, 0] = OrderFilled.number
    events[:, 4] = fills
    return SimpleNamespace(time=time_us, rows=rows, receipts=receipts, events=events)


def test_it_hears_refusals_of_ten_seconds_and_last_trades():
    hearing, place, cancel = Hearing(), PlaceOrder.number, CancelOrder.number
    assert hearing.heard() == Heard({}, 0, None)
    hearing.hear(span(0, [place] * 4, [1301, 1301, 1301, 1301], fills=[7]))
    hearing.hear(span(5_000_000, [place, cancel, 300], [0, 1302, 1602], fills=[7, 9]))
    heard = hearing.heard()
    assert heard.reject_ppm == 5 * 1_000_000 // 6, "a change of control is no order"
    assert heard.last_trade_us == {7: 5_000_000, 9: 5_000_000} and heard.lag_us > 0
    hearing.hear(span(12_000_000, [], []))
    hearing.hear(span(12_000_000, [place], [0]))
    assert hearing.heard().reject_ppm == 1_000_000 // 3


def test_commands_of_several_rows_are_counted_once():
    one = span(0, [PlaceOrder.number, 0, CancelOrder.number], [0, 0, 0])
    one.rows[0, 1] = 2
    one.receipts = one.receipts[:2]
    one.receipts[1, 1] = 1302
    hearing = Hearing()
    hearing.hear(one)
    assert hearing.heard().reject_ppm == 500_000


def test_a_median_is_one_of_the_values():
    assert [median(one) for one in ([5], [2, 1], [3, 1, 2], [4, 1, 3, 2])] == [5, 1, 2, 2]


def test_the_normal_is_robust_and_says_nothing_before_it_knows():
    usual = Usual(least=1)
    for k in range(SAMPLES_BEFORE_JUDGING - 1):
        usual.see(100 + k % 3)
    assert usual.distance_ppm(500) is None
    for _ in range(11):
        usual.see(101)
    assert usual.middle == 101 and usual.deviation == 5
    assert usual.distance_ppm(151) == 10_000_000
    for _ in range(30):
        usual.see(9_000)
    assert usual.middle == 101, "less than half of the window moves nothing"
    assert usual.distance_ppm(None) is None


def test_the_move_of_a_price_is_over_five_minutes():
    normal = Normal()
    for _ in range(MOVE_WINDOW):
        normal.see(None, None, 1_000, 0)
    assert normal.price_move_ppm() is None
    normal.see(None, None, 900, 0)
    assert normal.price_move_ppm() == 100_000 and normal.moved_ppm() == -100_000
    for _ in range(MOVE_WINDOW):
        normal.see(None, None, 900, 0)
    assert normal.price_move_ppm() == 0


def test_a_large_house_is_counted_at_every_fifth_reading(running, monkeypatch):
    from pilothouse.watch import taking

    counted = []
    original = taking.margin.health_of_contract
    monkeypatch.setattr(taking, "COUNTED_EACH_TIME", 1)
    monkeypatch.setattr(
        taking.margin,
        "health_of_contract",
        lambda machine, number: counted.append(number) or original(machine, number),
    )
    taker = Taker()
    for _ in range(6):
        taken(running, taker=taker)
    assert counted == [0, 1, 0, 1]
