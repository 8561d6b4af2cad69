"""The driver keeps its time and tells each step once, wherever it is torn away and begun again."""

import random
from dataclasses import replace

import pytest

from pilothouse.language.names import Receipt
from pilothouse.language.refusals import NAME_IS_TOO_OLD, UNKNOWN_ASSET
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import read_bars
from pilothouse.venue.index_replay.begin import CannotReplay, Present, Wish, begin, way_of
from pilothouse.venue.index_replay.driver import Driver, ReplayRefused
from pilothouse.venue.index_replay.run import AnotherReplay, State, showing, wheel_of
from pilothouse.venue.wire import WriterIsAway
from tests.venue.bar_files import row, write_bars

PRESENT = Present("PF_SOLUSD", 4, "SOL", 146 * 10**12, (1, 2, 3))
SECOND = 1_000_000
NOW = 10**15


class NamedExchange:
    """Executes each name once, and answers it again as the first time; may lose its answer."""

    def __init__(self):
        self.known, self.executed, self.lost = {}, [], iter(())

    def submit(self, messages):
        how = next(self.lost, "")
        if how == "before":
            raise WriterIsAway("gone")
        receipts = [self._one(message) for message in messages]
        if how == "after":
            raise WriterIsAway("gone")
        return receipts

    def _one(self, message):
        name, said = message.name, message.command
        if name in self.known:
            assert self.known[name] == said, "a name has another body"
            return Receipt(1, 0, repeated=True)
        self.known[name] = said
        self.executed.append((name, said))
        return Receipt(len(self.executed), 0)

    def prices(self, source=1):
        return [said.price_e12 for _, said in self.executed if said.source == source]


@pytest.fixture
def bars(tmp_path):
    rising = [row(k, 100 + k, 101 + k, 100 + k, 101 + k) for k in range(10)]
    return read_bars(write_bars(tmp_path / "bars.csv", rising))


@pytest.fixture
def drivers(tmp_path, bars):
    """Begin a replay on a folder; return what drives it, a new driver at each call."""
    exchange = NamedExchange()
    (tmp_path / "home").mkdir()

    def make(**wish):
        if wish or files.read_run(tmp_path / "home") is None:
            begin(tmp_path / "home", Wish(bars, **({"instead": True} | wish)), PRESENT, NOW)
        run = files.read_run(tmp_path / "home")
        return Driver(tmp_path / "home", run, way_of(run, bars), exchange)

    make.exchange, make.home = exchange, tmp_path / "home"
    return make


def test_the_first_price_is_the_present_index_and_one_second_is_one_step(drivers):
    driver = drivers()
    for k in range(5):
        driver.beat(NOW + k * SECOND)
    way = driver.way
    assert drivers.exchange.prices() == [way.price(k) for k in range(5)]
    assert way.price(0) == PRESENT.index_e12
    assert [said.source for _, said in drivers.exchange.executed[:3]] == [1, 2, 3]
    assert driver.progress.told == 4 and driver.progress.state is State.RUNNING


def test_the_speed_changes_while_it_runs_a_pause_stands_and_stop_ends(drivers):
    driver = drivers()
    driver.beat(NOW)
    files.ask(drivers.home, speed_milli=8_000)
    driver.beat(NOW + SECOND)
    assert driver.progress.told == 8 and len(drivers.exchange.prices()) == 9
    files.ask(drivers.home, speed_milli=0)
    for k in range(2, 5):
        driver.beat(NOW + k * SECOND)
    assert driver.progress.told == 8 and driver.progress.state is State.PAUSED
    # Three seconds of standing still are three fresh prices, all the same.
    assert drivers.exchange.prices()[8:] == [driver.way.price(8)] * 4
    files.ask(drivers.home, speed_milli=500)
    driver.beat(NOW + 5 * SECOND)
    driver.beat(NOW + 6 * SECOND)
    assert driver.progress.told == 9
    files.ask(drivers.home, stop=True)
    assert driver.beat(NOW + 7 * SECOND).state is State.STOPPED
    assert not showing(drivers.home, NOW + 7 * SECOND).is_on


def test_a_late_beat_leaves_the_missed_time_out(drivers):
    driver = drivers()
    driver.beat(NOW)
    driver.beat(NOW + 3_600 * SECOND)
    assert driver.progress.told == 1


def test_at_a_high_speed_no_extreme_is_passed_over_and_the_end_is_reached(drivers):
    driver = drivers(speed_milli=400_000)
    for k in range(3):
        driver.beat(NOW + k * SECOND)
    assert driver.progress.state is State.FINISHED
    told = drivers.exchange.prices()
    assert len(told) < 10
    assert (min(told), max(told)) == driver.way.span()
    shown = showing(drivers.home, NOW + 100 * SECOND)
    assert shown.state is State.FINISHED and shown.done_ppm == 1_000_000


@pytest.mark.parametrize("seed", range(25))
def test_torn_away_anywhere_it_tells_nothing_twice_and_never_goes_back(drivers, seed):
    chance = random.Random(seed)
    exchange, now = drivers.exchange, NOW
    driver = drivers(speed_milli=chance.choice([700, 5_000, 90_000]))
    exchange.lost = (chance.choice(["", "", "before", "after"]) for _ in iter(int, 1))
    while driver.progress.state in (State.RUNNING, State.PAUSED) and now < NOW + 200 * SECOND:
        now += chance.randint(50_000, 1_500_000)
        if chance.random() < 0.1:
            files.ask(drivers.home, speed_milli=chance.choice([0, 900, 40_000, 200_000]))
        try:
            driver.beat(now)
        except WriterIsAway:
            if chance.random() < 0.5:
                # The process dies here: another one begins with what the folder says.
                driver = drivers()
    # This file only rises, so a step told late or twice would show as a fall.
    for source in PRESENT.sources:
        prices = exchange.prices(source)
        assert prices == sorted(prices) and len(prices) > 1
    names = [(name.hi, name.lo) for name, _ in exchange.executed]
    assert names == sorted(set(names))
    assert driver.progress.refused == 0


def test_the_name_of_a_step_is_the_same_in_every_process(drivers):
    driver = drivers()
    driver.beat(NOW)
    drivers.exchange.lost = iter(["after"])
    with pytest.raises(WriterIsAway):
        driver.beat(NOW + SECOND)
    before = list(drivers.exchange.executed)
    again = drivers()
    assert again.progress.sending == (1,)
    again.beat(NOW + 2 * SECOND)
    assert drivers.exchange.executed == before and again.progress.told == 1


def test_names_that_were_forgotten_are_no_fault_and_a_refused_price_is(drivers, monkeypatch):
    driver = drivers()
    answer = [NAME_IS_TOO_OLD]
    monkeypatch.setattr(
        drivers.exchange, "submit", lambda messages: [Receipt(1, answer[0]) for _ in messages]
    )
    assert driver.beat(NOW).refused == 0
    answer[0] = UNKNOWN_ASSET
    with pytest.raises(ReplayRefused, match="asset"):
        driver.beat(NOW + SECOND)


def test_a_driver_that_is_silent_is_shown_as_interrupted_and_leads_no_more(drivers):
    drivers().beat(NOW)
    assert showing(drivers.home, NOW + SECOND).leads
    late = showing(drivers.home, NOW + 6 * SECOND)
    assert late.state is State.INTERRUPTED and late.is_on and not late.leads


def test_two_drivers_cannot_hold_one_folder(drivers):
    refused = pytest.raises(AnotherReplay, match="replay stop")
    with wheel_of(drivers.home), refused, wheel_of(drivers.home):
        pass
    with wheel_of(drivers.home):
        pass


def test_beside_it_takes_the_next_free_source_and_refuses_when_there_is_none(drivers, bars):
    assert drivers(instead=False).run.sources == (4,)
    full = replace(PRESENT, sources=tuple(range(1, 9)))
    with pytest.raises(CannotReplay, match="--instead"):
        begin(drivers.home, Wish(bars), full, NOW)


def test_absolute_prices_stay_as_they_are_and_another_file_does_not_go_on(drivers, bars):
    driver = drivers(as_is=True)
    assert driver.way.price(0) == 100 * 10**12
    with pytest.raises(CannotReplay, match="not the file any more"):
        way_of(driver.run, replace(bars, digest="another"))


def test_a_new_replay_has_the_number_its_door_was_given(drivers, bars):
    assert drivers().run.number == NOW
    assert begin(drivers.home, Wish(bars), PRESENT, 5).number == 5


def test_a_scale_that_no_index_can_have_is_refused_before_anything_is_written(drivers, bars):
    for index in (9 * 10**18, 1):
        with pytest.raises(CannotReplay, match="leave what an index can have"):
            bad = replace(bars, bars=(replace(bars.bars[0], low_e12=1), *bars.bars[1:]))
            begin(drivers.home, Wish(bad), replace(PRESENT, index_e12=index), NOW)
    assert files.read_run(drivers.home) is None
