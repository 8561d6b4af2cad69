"""Sources that slip, freeze, lag, fall silent or lie together: machine and twin believe the same.

An open world: whatever sources say, whenever, under every kind of rule, the index, until when it
is good, which price is held back, and the mark are what the twin says.
"""

import random

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.kinds import MarketKind
from tests.twin.exchange import Twin
from tests.twin.worlds import START_US, Sender, foundation, rows_of

RULES = (
    {},
    {"sources_least": 1},
    {"sources_least": 3},
    {"sources_least": 2, "outlier_ppm": 10_000, "step_ppm": 60_000, "step_one_ppm": 20_000},
    {"sources_least": 1, "step_one_ppm": 100_000},
)
FIRST_ASSET = 4
SECONDS = 900


class Busy:
    """A world whose price moves all the time."""

    sources, noise_ppm = 5, 300
    waits_us = (200_000, 1_000_000, 1_000_000, 5_000_000, 70_000_000)
    steps_ppm = (0, 200, -200, 3_000, -3_000, 90_000, -90_000)


class Quiet:
    """A world whose price rests for minutes, so that whoever moves may be alone."""

    sources, noise_ppm = 8, 0
    waits_us = (5_000_000, 20_000_000, 20_000_000)
    steps_ppm = (*[0] * 60, 100, 3_000, -90_000, 90_000)


class Source:
    """One source and its mood, which changes from time to time."""

    def __init__(self, chance, noise_ppm):
        self.chance, self.noise_ppm, self.mood, self.last = chance, noise_ppm, "honest", 0

    def says(self, true_e12):
        if self.chance.random() < 0.02:
            wrong = ["slips", "tenth", "silent", "frozen", "flips", "nods", "drifts", "far"]
            self.mood = self.chance.choice(["honest"] * 6 + wrong)
        if self.mood == "silent" or self.chance.random() < 0.2:
            return None
        noise = true_e12 * self.chance.randint(-self.noise_ppm, self.noise_ppm) // 10**6
        factor = {"slips": 10_000, "tenth": 100, "drifts": 960, "far": 1_090}.get(self.mood, 1_000)
        if self.mood in ("flips", "nods"):
            factor = self.chance.choice([1_000, 100 if self.mood == "flips" else 1_010])
        if self.mood != "frozen" or not self.last:
            self.last = (true_e12 + noise) * factor // 1_000
        return self.last


def listings():
    for k, rule in enumerate(RULES):
        yield ask.ListAsset(symbol=f"A{k}", decimals=8, collateral=1, **rule)
    for k in range(len(RULES)):
        yield ask.ListMarket(
            symbol=f"PF_A{k}", kind=MarketKind.PERPETUAL_LINEAR, base=FIRST_ASSET + k, quote=1,
            price_decimals=1, quantity_decimals=3, tick=5, lot=1, funding_coefficient=8,
            funding_rate_max_e12=10**9, impact_quantity=2_000,
        )  # fmt: skip


def of_machine(machine, asset):
    a = machine.state.assets[asset]
    names = ("index_e12", "live_until", "live_since", "held_since")
    return tuple(int(a[name]) for name in names)


def of_twin(twin, asset):
    a = twin.books.assets[asset - 1]
    return a.index_e12, a.good_until, a.back_at, a.held[0][1] if a.held else 0


@pytest.mark.parametrize("kind", [Busy, Quiet])
@pytest.mark.parametrize("seed", range(4))
def test_index_and_mark_are_the_twins_whatever_sources_say(kind, seed):
    chance = random.Random(seed)
    machine, twin, sender, time = Machine.empty(), Twin(), Sender(), START_US
    step(machine, twin, sender, time, [*foundation(), *listings()])
    assert int(machine.state.exchange[0]["assets_used"]) == FIRST_ASSET + len(RULES) - 1
    sources = {
        k: [Source(chance, kind.noise_ppm) for _ in range(kind.sources)] for k in range(len(RULES))
    }
    price, held, renewed = 1_000 * 10**12, 0, 0
    for _ in range(SECONDS):
        time += chance.choice(kind.waits_us)
        price += price * chance.choice(kind.steps_ppm) // 10**6
        price = min(max(price, 300 * 10**12), 3_000 * 10**12)
        said = [
            ask.SetIndexPrice(
                asset=FIRST_ASSET + k, source=n + 1, price_e12=told,
                taken_at=chance.choice([0, 0, 0, time - 3_000_000, time + 2_000_000, 1]),
            )
            for k, every in sources.items()
            for n, one in enumerate(every)
            if (told := one.says(price))
        ]  # fmt: skip
        before = [of_machine(machine, FIRST_ASSET + k)[0] for k in sources]
        step(machine, twin, sender, time, said)
        for k in sources:
            ours = of_machine(machine, FIRST_ASSET + k)
            assert ours == of_twin(twin, FIRST_ASSET + k), (k, time)
            renewed += ours[0] != before[k]
            held += ours[3] != 0
    assert renewed > SECONDS // 10 and held > SECONDS // 20


def step(machine, twin, sender, time, commands):
    messages = [sender.message(one) for one in commands]
    done = machine.step(rows_of(messages), time)
    told = [tuple(int(word) for word in row) for row in done.receipts]
    assert told == twin.step(messages, time)
    assert machine.broken_invariants() == []
    marks = [int(one["mark"]) for one in machine.state.markets[1 : len(twin.books.markets) + 1]]
    assert marks == [one.mark for one in twin.books.markets]
