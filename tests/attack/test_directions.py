"""No change is graded less than it does: what permits, executes or needs less for anybody, or lets
fewer people know, is never called protecting, in any kind, whatever stands beside it.
"""

import copy
from itertools import product
from random import Random
from types import SimpleNamespace

import pytest

from pilothouse.control.kinds import (
    KINDS,
    margin_schedule,
    market_status,
    notice_route,
    price_band,
)
from pilothouse.control.kinds.kind import Direction
from pilothouse.control.severity import Severity
from pilothouse.language.events import OrderFilled
from pilothouse.language.kinds import ClientClass, MarketStatus, OrderType, Side
from pilothouse.rules.price_band import band_limit, is_outside
from pilothouse.watch.evaluation import look
from pilothouse.watch.rules import rule_of
from tests.attack.index_world import CONTRACT, PRICE, REDUCE_ONLY, IndexWorld
from tests.control.conftest import NOON
from tests.control.doubles import PERPETUAL, Exchange, Schedule, Tier
from tests.twin.margin import requirement, schedule_of

POST_ONLY = 1
NOON_US = int(NOON.timestamp()) * 10**6
HOUR_US = 3_600 * 10**6


def test_every_kind_is_judged_here():
    judged = {"market_status", "margin_schedule", "price_band"}
    judged |= {"alert_rule", "notice_route", "product", "runbook"}
    judged |= {"role", "sign_in", "api_key"}  # in tests/control/test_powers.py
    assert set(KINDS) == judged


# Market status: what the engine itself takes and trades in a status.


@pytest.fixture(scope="module")
def permitted():
    world = IndexWorld()
    world.all_tell(PRICE)
    world.long(world.client)
    for side, price in ((Side.BUY, 0.99), (Side.SELL, 1.01)):
        assert world.order(world.maker, side, PRICE * price) == 0
    return {status: permitted_in(world, status) for status in MarketStatus}


def permitted_in(world, status):
    """The sorts of orders that are taken, and whether one of them traded."""
    found = set()
    for order_type, flags in product(OrderType, (0, POST_ONLY, REDUCE_ONLY, 3)):
        tried = copy.copy(world)
        tried.machine, tried.happened = world.machine.copy(), []
        tried.machine.state.markets[CONTRACT]["status"] = status
        side = Side.SELL if flags & REDUCE_ONLY else Side.BUY
        away = 1 if flags & POST_ONLY else 0.98 if side == Side.SELL else 1.02
        price = 0 if order_type == OrderType.MARKET else PRICE * away
        if tried.order(world.client, side, price, order_type=order_type, flags=flags) == 0:
            found.add((order_type, flags))
        if any(isinstance(one.event, OrderFilled) for one in tried.happened):
            found.add("executes")
    return found


@pytest.mark.parametrize(("was", "becomes"), list(product(MarketStatus, repeat=2)))
def test_a_status_that_permits_more_is_no_stop_of_one_person(permitted, was, becomes):
    exchange = Exchange()
    exchange.market(PERPETUAL).status = was
    fields = {"market": PERPETUAL, "status": int(becomes)}
    if market_status.check(fields, exchange, NOON) is not None:
        return
    for step in market_status.plan(fields, exchange, NOON):
        weight = market_status.weight(step.fields, exchange)
        reached = permitted[MarketStatus(step.fields["status"])]
        told = {one.effect for one in market_status.difference(step.fields, exchange)}
        if "executes" in reached - permitted[was]:
            assert "loosens" in told
        if not reached <= permitted[was]:
            assert weight.direction is Direction.LOOSENS and weight.change_class >= "B"


def test_what_only_stops_needs_one_person(permitted):
    exchange = Exchange()
    for was, becomes in (("ONLINE", "REDUCE_ONLY"), ("REDUCE_ONLY", "HALTED")):
        assert permitted[MarketStatus[becomes]] < permitted[MarketStatus[was]]
        exchange.market(PERPETUAL).status = MarketStatus[was]
        fields = {"market": PERPETUAL, "status": int(MarketStatus[becomes])}
        assert market_status.weight(fields, exchange).change_class == "A"


# Margin: what each client needs, by the twin, before and after.

COUNTRIES = (0, 276, 840)
MOMENTS = (0, NOON_US - HOUR_US, NOON_US + HOUR_US, NOON_US + 2 * HOUR_US)
NOTIONALS = tuple(dollars * 10**6 for dollars in (1, 70_000, 500_000, 3_000_000))


def tiers_by(random):
    floors = random.choice([(0,), (0, 100_000), (0, 500_000)])
    initial = sorted(random.choice([20_000, 30_000, 40_000, 100_000]) for _ in floors)
    return [
        {"floor_usd": floor, "initial_ppm": one, "maintenance_ppm": one // random.choice([2, 4])}
        for floor, one in zip(floors, initial, strict=True)
    ]


def scope_by(random):
    return random.randrange(3), random.choice(COUNTRIES), random.choice(MOMENTS)


def needs(exchange):
    """What a position needs at several sizes, None where none can be opened."""
    schedules = {
        (one.client_class, one.jurisdiction, one.opened_from): one.tiers
        for one in exchange.schedules(PERPETUAL)
    }
    found = {}
    for client_class, country in product((1, 2, 4), (7, 276, 840)):
        owner = SimpleNamespace(client_class=client_class, jurisdiction=country)
        books = SimpleNamespace(accounts=[owner])
        for opened_at in (0, *(moment + 1 for moment in MOMENTS)):
            tiers = schedule_of(books, 1, None, opened_at, schedules)
            sizes = product(NOTIONALS, ("initial_ppm", "maintenance_ppm"))
            found[client_class, country, opened_at] = tiers and [
                requirement(size, tiers, which) for size, which in sizes
            ]
    return found


def is_less(was, becomes):
    if was is None or becomes is None:
        return was != becomes
    return any(new < old for old, new in zip(was, becomes, strict=True))


def put(exchange, fields):
    scope = (fields["client_class"], fields["jurisdiction"], fields["opened_from"])
    market = exchange.market(PERPETUAL)
    market.schedules = [
        one
        for one in market.schedules
        if (one.client_class, one.jurisdiction, one.opened_from) != scope
    ]
    if fields["tiers"]:
        market.schedules.append(Schedule(*scope, tuple(Tier(**one) for one in fields["tiers"])))


def wish_by(random):
    client_class, country, opened_from = scope_by(random)
    tiers = [] if random.random() < 0.3 else tiers_by(random)
    return {
        "market": PERPETUAL, "client_class": client_class, "jurisdiction": country,
        "opened_from": opened_from, "tiers": tiers,
    }  # fmt: skip


def judged(exchange, fields):
    """Weigh a wish, let it hold, and compare the weight with what it did to each client."""
    weight = margin_schedule.weight(fields, exchange)
    before = needs(exchange)
    put(exchange, fields)
    after = needs(exchange)
    if any(is_less(before[one], after[one]) for one in before):
        assert weight.direction is Direction.LOOSENS and weight.change_class >= "C"
    if weight.change_class == "B":
        assert all(before[one] == after[one] for one in before if one[2] < NOON_US)
    return weight


@pytest.mark.parametrize("seed", range(300))
def test_a_margin_that_falls_for_anybody_is_no_tightening(seed):
    random, exchange = Random(seed), Exchange()
    market = exchange.market(PERPETUAL)
    if random.random() < 0.1:
        market.schedules.clear()
    for _ in range(random.randrange(5)):
        put(exchange, wish_by(random))
    fields = wish_by(random)
    if margin_schedule.check(fields, exchange, NOON) is not None:
        return
    undo = margin_schedule.undo(fields, exchange)
    judged(exchange, fields)
    reason = margin_schedule.check(undo, exchange, NOON)
    if reason is None:
        judged(exchange, undo)
    else:
        assert reason.name == "cohort_is_in_the_past"


@pytest.mark.parametrize("seed", range(100))
def test_no_alternative_to_a_raise_loosens(seed):
    random, exchange = Random(seed), Exchange()
    for _ in range(4):
        put(exchange, wish_by(random))
    fields = wish_by(random)
    if margin_schedule.check(fields, exchange, NOON) is None:
        for way in margin_schedule.instead(fields, exchange, NOON):
            for step in way.steps:
                tried = copy.deepcopy(exchange)
                assert margin_schedule.check(step.fields, tried, NOON) is None
                assert judged(tried, step.fields).direction is Direction.PROTECTS


RETAIL = int(ClientClass.RETAIL)


def retail(percent, **more):
    ppm = percent * 10_000
    tiers = [{"floor_usd": 0, "initial_ppm": ppm, "maintenance_ppm": ppm // 2}]
    scope = {"market": PERPETUAL, "client_class": RETAIL, "jurisdiction": 0, "opened_from": 0}
    return scope | {"tiers": tiers} | more


def stricter_country(exchange, *more):
    market = exchange.market(PERPETUAL)
    market.schedules = [Schedule(0, 0, 0, (Tier(0, 20_000, 10_000),)), *more]
    market.schedules.append(Schedule(0, 840, 0, (Tier(0, 100_000, 50_000),)))


def test_a_class_that_takes_some_out_of_a_stricter_country_is_two_changes():
    exchange = Exchange()
    stricter_country(exchange)
    reason = margin_schedule.check(retail(3), exchange, NOON)
    assert reason is not None and reason.name == "a_loosening_is_bundled_into_a_tightening"
    told = [(one.name, one.effect) for one in margin_schedule.difference(retail(3), exchange)]
    assert told == [
        ("initial margin, in place of that of everyone", "tightens"),
        ("maintenance margin, in place of that of everyone", "tightens"),
        ("initial margin, in place of that of country 840", "loosens"),
        ("maintenance margin, in place of that of country 840", "loosens"),
    ]
    # The way: those clients keep what they have by a schedule of their own.
    keep = retail(10, jurisdiction=840)
    assert margin_schedule.weight(keep, exchange).direction is Direction.NEUTRAL
    assert margin_schedule.check(keep, exchange, NOON) is None
    put(exchange, keep)
    assert margin_schedule.check(retail(3), exchange, NOON) is None
    assert margin_schedule.weight(retail(3), exchange).direction is Direction.PROTECTS


def test_a_cohort_and_an_undo_are_judged_for_each_client_too():
    exchange = Exchange()
    stricter_country(exchange)
    cohort = margin_schedule.weight(retail(3, opened_from=NOON_US + HOUR_US), exchange)
    assert cohort.direction is not Direction.PROTECTS and cohort.change_class == "C"
    stricter_country(exchange, Schedule(RETAIL, 0, 0, (Tier(0, 30_000, 15_000),)))
    removed = retail(3) | {"tiers": []}
    assert margin_schedule.weight(removed, exchange).direction is Direction.NEUTRAL
    assert margin_schedule.check(removed, exchange, NOON) is not None


def test_a_large_step_for_a_few_is_a_large_step():
    exchange = Exchange()
    stricter_country(exchange)
    exchange.market(PERPETUAL).schedules[0] = Schedule(0, 0, 0, (Tier(0, 110_000, 55_000),))
    put(exchange, retail(3, jurisdiction=276))
    held = margin_schedule.weight(retail(12), exchange)
    assert held.change_class == "C"
    few = margin_schedule.weight(retail(3, jurisdiction=276, tiers=[]), exchange)
    assert few.change_class == "D" and few.direction is Direction.PROTECTS


# Price band: which prices an order may name.


@pytest.mark.parametrize(("was", "becomes"), list(product((0, 1_000, 50_000, 10**6), repeat=2)))
def test_a_band_that_lets_a_price_through_is_no_tightening(was, becomes):
    exchange = Exchange()
    exchange.market(PERPETUAL).band_ppm = was
    fields = {"market": PERPETUAL, "band_ppm": becomes}
    if price_band.check(fields, exchange, NOON) is not None:
        return
    weight = price_band.weight(fields, exchange)
    for reference, side in product((1, 640_000), Side):
        for price in {1, 2, 3, reference, *range(1, 2_000_000, 9_973)}:
            if allows(was, reference, side, price) < allows(becomes, reference, side, price):
                assert weight.direction is Direction.LOOSENS and weight.change_class == "C"


def allows(band_ppm, reference, side, price):
    limit = int(band_limit(reference, band_ppm, int(side), 1))
    return band_ppm == 0 or not is_outside(price, limit, int(side))


# The register: who is notified, when, and of what.


def weighed(monkeypatch, name, was, becomes):
    kind = KINDS[name]
    monkeypatch.setattr(type(kind), "before", lambda *_: {"key": "one", "body": was})
    return kind.weight({"key": "one", "body": becomes}, Exchange())


RULE = {
    "title": "Wide spread", "measure": "spread", "scope": "markets", "test": "above",
    "limit": 30, "clear_limit": None, "for_s": 3, "clear_s": 3, "absent_s": 3,
    "severity": "high", "owner": "operator", "escalate_s": 300, "escalate_to": "duty_manager",
    "runbook": "",
}  # fmt: skip
OTHERS = {
    "title": ["Nothing"], "measure": ["depth"], "scope": ["spot"], "test": ["below"],
    "limit": [10, 50], "clear_limit": [0, 30], "for_s": [0, 5], "clear_s": [0, 8],
    "absent_s": [1, 5], "severity": ["critical", "medium"], "owner": ["risk"],
    "escalate_s": [1, 900], "escalate_to": ["risk"], "runbook": ["other"],
}  # fmt: skip
SAMPLES = (0, 20, 40, 60, None)


@pytest.mark.parametrize("seed", range(400))
def test_a_rule_of_one_person_fires_whenever_it_did(monkeypatch, seed):
    random = Random(seed)
    moved = random.sample(list(OTHERS), random.randrange(1, 4))
    rule = RULE | {name: random.choice(OTHERS[name]) for name in moved}
    if weighed(monkeypatch, "alert_rule", RULE, rule).direction is not Direction.PROTECTS:
        return
    # What clears later is resolved by hand, and does not fire again while it lasts.
    kept = ("title", "measure", "scope", "test", "owner", "escalate_to", "runbook", "clear_s")
    assert all(rule[name] == RULE[name] for name in kept)
    assert rule["escalate_s"] <= RULE["escalate_s"] and rule["severity"] in ("critical", "high")
    for _ in range(20):
        values = [random.choice(SAMPLES) for _ in range(60)]
        before, after = (standings(one, values) for one in (RULE, rule))
        assert all(late >= early for early, late in zip(before, after, strict=True))


def standings(body, values):
    """For each second whether a rule fires, and whether it says that its data are missing."""
    terms, standing, found = rule_of("one", 0, body).terms, None, []
    for second, value in enumerate(values):
        standing = look(terms, standing, second * 10**6, value)
        found.append((standing.firing, standing.missing))
    return found


def test_a_rule_that_is_taken_out_loosens(monkeypatch):
    weight = weighed(monkeypatch, "alert_rule", RULE, None)
    assert (weight.change_class, weight.direction) == ("B", Direction.LOOSENS)


def test_a_route_that_tells_anybody_less_loosens(monkeypatch):
    owners, targets = ("any", "operator", "risk"), ("room", "elsewhere")
    bodies = [
        {"title": "t", "severity": severity.value, "owner": owner, "target": target}
        for severity, owner, target in product(Severity, owners, targets)
    ]
    for was, becomes in product(bodies, [*bodies, None]):
        weight = weighed(monkeypatch, "notice_route", was, becomes)
        told, will = (notified(one) if one else set() for one in (was, becomes))
        if not told <= will:
            assert weight.direction is Direction.LOOSENS and weight.change_class == "C"


def notified(body):
    every = product(Severity, ("operator", "risk", "manager"))
    return {(body["target"], *one) for one in every if notice_route.fits(body, *one)}


def test_a_product_that_loses_a_market_is_watched_less(monkeypatch):
    words = {"title": "t", "owner": "risk", "services": [], "rules": [], "runbooks": []}
    two, one = (words | {"markets": one} for one in (["a", "b"], ["b"]))
    for was, becomes, direction in (
        (two, one, Direction.LOOSENS),
        (two, None, Direction.LOOSENS),
        (two, two | {"owner": "operator"}, Direction.NEUTRAL),
        (one, two, Direction.NEUTRAL),
        (None, two, Direction.NEUTRAL),
    ):
        weight = weighed(monkeypatch, "product", was, becomes)
        assert (weight.change_class, weight.direction) == ("B", direction)


def test_a_runbook_never_protects(monkeypatch):
    for was, becomes in (({"title": "t"}, None), (None, {"title": "t"})):
        weight = weighed(monkeypatch, "runbook", was, becomes)
        assert (weight.change_class, weight.direction) == ("B", Direction.NEUTRAL)
