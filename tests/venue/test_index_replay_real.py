"""The real engine under a replay: the index walks as the file says, and a resend moves nothing."""

import itertools

import numpy as np
import pytest

from pilothouse.language.commands import SetIndexPrice
from pilothouse.language.events import IndexSet
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, from_event_row
from pilothouse.venue.follower import Follower
from pilothouse.venue.index_replay.bars import read_bars
from pilothouse.venue.index_replay.begin import CannotReplay, Wish, begin, present_of, way_of
from pilothouse.venue.index_replay.driver import Driver
from pilothouse.venue.machine import present_release
from pilothouse.venue.wire import WriterIsAway
from tests.venue.bar_files import write_bars
from tests.venue.exchange import genesis
from tests.venue.running import client_of, running_writer

BITCOIN, INDEX, SECOND = 2, 30_000 * 10**12, 1_000_000
NOW = 10**15


class Deaf:
    """A client whose answers are lost now and then, after the exchange has executed."""

    def __init__(self, client):
        self.client, self.calls = client, 0

    def submit(self, messages):
        receipts = self.client.submit(messages)
        self.calls += 1
        if self.calls % 4 == 0:
            raise WriterIsAway("the answer was lost")
        return receipts


def test_the_index_walks_the_file_once_though_answers_are_lost(tmp_path):
    bars = read_bars(write_bars(tmp_path / "bars"))
    release = present_release()
    spans, home = [], tmp_path / "home"
    follower = Follower(home, release=release)
    follower.listen(spans.append)
    with running_writer(home, release), client_of(home, patience_s=300) as client:
        client.submit(genesis())
        with pytest.raises(CannotReplay, match="no index yet"):
            present_of(home, "XXBTZUSD")
        with pytest.raises(CannotReplay, match="no market PF_NONE; there are XXBTZUSD"):
            present_of(home, "PF_NONE")
        said = [SetIndexPrice(asset=BITCOIN, source=k, price_e12=INDEX) for k in (3, 5, 7)]
        client.submit([Message(one, Name(Sender.SIMULATION, 1, one.source)) for one in said])
        present = present_of(home, "XXBTZUSD")
        assert (present.index_e12, present.sources) == (INDEX, (3, 5, 7))
        run = begin(home, Wish(bars, instead=True, speed_milli=8_000), present, NOW)
        way = way_of(run, bars)
        told = walked_to_the_end(home, run, way, Deaf(client))
        follower.start()
        assert follower.wait_for(told, 300), follower.fault
    follower.stop()
    seen = [one.index_e12 for one in index_events(spans)]
    wanted = [way.price(step) for step in range(way.steps)]
    # An index that stays is no event; everything else happened once and in its order.
    assert seen == [price for price, _ in itertools.groupby(wanted)]
    assert seen[0] == INDEX and min(seen) == INDEX * 66 // 100


def walked_to_the_end(home, run, way, exchange):
    driver, now = Driver(home, run, way, exchange), NOW
    while driver.progress.told < way.steps - 1:
        now += SECOND
        try:
            driver.beat(now)
        except WriterIsAway:
            driver = Driver(home, run, way, exchange)
    return exchange.client.submit(
        [Message(SetIndexPrice(asset=1, source=1, price_e12=1), Name(Sender.SIMULATION, 2, 1))]
    )[0].position


def index_events(spans):
    rows = np.concatenate([one.events for one in spans])
    told = [from_event_row(row).event for row in rows if row[0] == IndexSet.number]
    return [one for one in told if one.asset == BITCOIN]
