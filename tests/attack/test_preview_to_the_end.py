"""A preview says no less than what follows: it looks to the end, or says that it did not."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from pilothouse.console.pages.change.counts import counts
from pilothouse.control import preview
from pilothouse.control.kinds import margin_schedule
from pilothouse.control.policy import UNFINISHED
from pilothouse.language.commands import MarginTier, OpenAccount, SetMarginSchedule
from pilothouse.language.events import OrderCancelled
from pilothouse.language.kinds import CauseKind, ClientClass, Side
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.refusals import IMPACT_ABOVE_WHAT_WAS_SIGNED
from pilothouse.language.rows import Message
from pilothouse.venue import rehearsal
from pilothouse.venue.rehearsal import Rehearsal
from tests.attack.crowds import fund_many, many
from tests.attack.index_world import ALL, COIN, CONTRACT, PRICE, IndexWorld
from tests.control.conftest import NOON, exchange, raise_margin, team
from tests.engine.protected import BUY, Exchange

__all__ = ["exchange", "raise_margin", "team"]
HONEST = dict.fromkeys(ALL, PRICE)
CLIENTS, ORDERS = 64, 1_500
"""More than eight blocks cancel."""


class Following:
    """A follower of nothing but a machine."""

    def __init__(self, machine):
        self.one = machine

    @contextmanager
    def machine(self):
        yield self.one


def raised(machine, initial_ppm, maintenance_ppm, limit=-1):
    tier = MarginTier(floor_usd=0, initial_ppm=initial_ppm, maintenance_ppm=maintenance_ppm)
    return SetMarginSchedule(
        market=CONTRACT, client_class=ClientClass.ANY, jurisdiction=0, opened_from=0,
        base_version=int(machine.state.markets[CONTRACT]["schedule_version"]),
        accounts_below_initial_max=limit, accounts_below_maintenance_max=-1,
        notional_below_initial_max=-1, notional_below_maintenance_max=-1, count=1, tiers=(tier,),
    )  # fmt: skip


def asked(command):
    return Message(command, Name(Sender.CONTROL, 9, 1), Cause(CauseKind.CHANGE, 1))


def cancelled(told):
    return sum(isinstance(one.event, OrderCancelled) for one in told)


@pytest.mark.parametrize("silent_s", [0, 62])
def test_what_waits_until_an_index_is_believed_again_follows(silent_s):
    world = IndexWorld()
    world.all_tell(PRICE)
    poor = [world.account(1_000) for _ in range(20)]
    for one in poor:
        world.long(one)
        for k in range(10):
            assert world.order(one, Side.BUY, PRICE * (0.96 - k / 1000), COIN // 100) == 0
    assert world.order(world.seller, Side.BUY, PRICE * 0.995, 500 * COIN) == 0
    world.live(20, HONEST)
    world.live(silent_s)
    world.live(1, HONEST)
    command = raised(world.machine, 100_000, 60_000)
    rehearsed = Rehearsal(Following(world.machine))
    first, then = rehearsed.impact(asked(command)), rehearsed.play_out(asked(command))
    since = len(world.happened)
    assert world.say(command) == [0]
    world.live(15, HONEST)
    happened = cancelled(world.happened[since:])
    assert (happened, len(world.liquidated())) == (200, 20)
    assert first.orders_to_cancel == then.orders_cancelled == happened
    assert then.accounts_liquidated == 20
    assert not first.unfinished and not then.unfinished


@pytest.fixture
def crowd():
    rooms = {"orders": 131_072, "levels": 131_072, "nodes": 131_072, "accounts": 500}
    made = Exchange(1, 1_000, balances=4_000, positions=2_000, volumes=500, **rooms)
    opening = OpenAccount(client_class=ClientClass.PROFESSIONAL)
    many(made, opening, client_class=np.full(CLIENTS, int(ClientClass.PROFESSIONAL)))
    numbers = np.arange(made.first + 1, made.first + 1 + CLIENTS)
    fund_many(made, numbers, 2_100)
    bids = made.order(1, CONTRACT, BUY, 10, 590_000)
    prices = np.repeat(590_000 - np.arange(ORDERS) % 50, CLIENTS)
    many(made, bids, account=np.tile(numbers, ORDERS), price=prices)
    made.settle()
    return made


def test_every_order_that_will_be_cancelled_is_counted_or_said_to_be_more(crowd, monkeypatch):
    command = raised(crowd.machine, 600_000, 30_000)
    rehearsed = Rehearsal(Following(crowd.machine))
    first = rehearsed.impact(asked(command))
    limited = rehearsed.impact(asked(raised(crowd.machine, 600_000, 30_000, limit=1)))
    monkeypatch.setattr(rehearsal, "BLOCKS_MAX", 5)
    cut = rehearsed.impact(asked(command))
    since = len(crowd.told)
    assert crowd.say(command)[0, 1] == 0
    crowd.settle()
    happened = cancelled(crowd.told[since:])
    assert (first.orders_to_cancel, first.unfinished) == (happened, False)
    assert happened > 80_000
    assert cut.unfinished and 0 < cut.orders_to_cancel < happened
    assert limited == replace(first, outcome=IMPACT_ABOVE_WHAT_WAS_SIGNED)


def test_what_did_not_end_says_so_and_needs_the_platform(
    team, exchange, raise_margin, monkeypatch
):
    impact = exchange.impact

    def unfinished(*asked, **more):
        return vars(impact(*asked, **more)) | {UNFINISHED: True}

    monkeypatch.setattr(exchange, "impact", unfinished)
    change = preview.first(raise_margin(), by=team.operator, now=NOON)
    assert change.change_class == "D"
    assert change.class_reasons[-1] == "the preview did not reach the end of what follows"
    told = counts(margin_schedule.QUESTIONS, change.predicted["1"], None, None)
    assert {one.name: one.predicted_text for one in told} == {
        "accounts_below_initial": "2",
        "accounts_below_maintenance": "1",
        "notional_below_initial": told[2].predicted_text,
        "notional_below_maintenance": told[3].predicted_text,
        "orders_to_cancel": "at least 0",
    }
    assert not any("least" in one.predicted_text for one in told[:4])
