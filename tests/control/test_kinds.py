"""The kinds of change: forms, refusals, class and direction, gentler ways."""

from datetime import UTC, datetime

import pytest

from pilothouse.control.kinds import KINDS, margin_schedule, market_status, price_band
from pilothouse.control.kinds.kind import Direction, Unreadable
from pilothouse.language.kinds import MarketStatus
from tests.control.conftest import NOON, wish
from tests.control.doubles import PERPETUAL, SPOT, Exchange, Schedule, Tier


@pytest.fixture
def exchange():
    return Exchange()


def tier(floor, initial, maintenance):
    return {"floor_usd": floor, "initial_ppm": initial, "maintenance_ppm": maintenance}


MARKETS = [name for name, kind in KINDS.items() if kind.SUBJECT == "market"]


@pytest.mark.parametrize("name", MARKETS)
def test_a_form_says_what_holds_now_and_reads_back_as_that(exchange, name):
    kind = KINDS[name]
    form = {one.name: one.value for one in kind.describe(exchange, str(PERPETUAL))}
    fields = kind.parse(form | {"market": str(PERPETUAL)})
    assert kind.holds(fields, exchange)
    reason = kind.check(fields, exchange, NOON)
    assert reason is not None and reason.name == "nothing_to_change"


MARGIN_FORM = {
    "market": "1",
    "client_class": "any",
    "jurisdiction": "0",
    "opened_from": "",
    "tier_1_floor": "0",
    "tier_1_initial": "2.5",
    "tier_1_maintenance": "1.0001",
}


def test_percentages_are_read_exactly():
    fields = margin_schedule.parse(MARGIN_FORM)
    assert fields["tiers"] == [tier(0, 25_000, 10_001)]


def test_a_moment_without_a_zone_is_utc():
    fields = margin_schedule.parse(MARGIN_FORM | {"opened_from": "2026-11-23T14:00"})
    at = datetime(2026, 11, 23, 14, tzinfo=UTC)
    assert fields["opened_from"] == int(at.timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("tier_1_initial", "2.50001"),
        ("tier_1_initial", "two"),
        ("tier_1_initial", ""),
        ("tier_1_maintenance", "NaN"),
        ("tier_1_floor", "0.5"),
        ("client_class", "whale"),
        ("jurisdiction", "GB"),
        ("opened_from", "tomorrow"),
        ("market", ""),
    ],
)
def test_what_cannot_be_read_names_its_field(field, text):
    with pytest.raises(Unreadable) as unreadable:
        margin_schedule.parse(MARGIN_FORM | {field: text})
    assert unreadable.value.field == field


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (market_status, {"market": "1", "status": "asleep"}),
        (market_status, {"market": "x", "status": "online"}),
        (price_band, {"market": "1", "band_percent": "1.00001"}),
        (price_band, {"market": "", "band_percent": "1"}),
    ],
)
def test_the_thin_kinds_read_as_exactly(kind, form):
    with pytest.raises(Unreadable):
        kind.parse(form)


MARGIN_REFUSALS = [
    (wish(4, 2, market=99), "unknown_market"),
    (wish(4, 2, market=SPOT), "not_a_contract"),
    (wish(4, 2, opened_from=1), "cohort_is_in_the_past"),
    (wish(4, 2) | {"tiers": []}, "nothing_to_change"),
    (wish(4, 2) | {"tiers": [tier(1, 40_000, 20_000)]}, "tiers_must_start_at_zero"),
    (wish(4, 2) | {"tiers": [tier(0, 40_000, 20_000)] * 2}, "tiers_must_rise"),
    (wish(4, 2) | {"tiers": [tier(0, 40_000, 0)]}, "maintenance_must_exceed_liquidation_fee"),
    (wish(4, 2) | {"tiers": [tier(0, 20_000, 20_000)]}, "initial_must_exceed_maintenance"),
    (wish(4, 2) | {"tiers": [tier(0, 1_000_001, 20_000)]}, "initial_must_not_exceed_one"),
    (wish(2, 1), "nothing_to_change"),
    (wish(1.5, 1), "legal_cap_of_the_class"),
    (wish(4, 0.5), "a_loosening_is_bundled_into_a_tightening"),
]


@pytest.mark.parametrize(("fields", "name"), MARGIN_REFUSALS)
def test_a_margin_wish_is_refused_with_its_sentence(exchange, fields, name):
    reason = margin_schedule.check(fields, exchange, NOON)
    assert reason is not None and reason.name == name


def test_a_sound_wish_is_not_refused(exchange):
    assert margin_schedule.check(wish(4, 2), exchange, NOON) is None
    assert margin_schedule.check(wish(2, 0.8), exchange, NOON) is None


def test_a_cohort_that_holds_may_be_changed_and_taken_back_after_it_began(exchange):
    own = Schedule(0, 0, 1, (Tier(0, 40_000, 20_000),))
    exchange.market_list[PERPETUAL].schedules.append(own)
    raised, removed = wish(5, 3, opened_from=1), {**wish(4, 2, opened_from=1), "tiers": []}
    assert margin_schedule.check(raised, exchange, NOON) is None
    assert margin_schedule.check(removed, exchange, NOON) is None
    weight = margin_schedule.weight(raised, exchange)
    assert weight.change_class == "C", "positions of the cohort are open by now"


@pytest.mark.parametrize(
    ("fields", "weighs", "direction"),
    [
        (wish(4, 2), "C", Direction.PROTECTS),
        (wish(2, 0.8), "C", Direction.LOOSENS),
        (wish(7, 1), "D", Direction.PROTECTS),
        (wish(4, 2, opened_from=2 * 10**15), "B", Direction.PROTECTS),
    ],
)
def test_class_and_direction_follow_from_the_difference(exchange, fields, weighs, direction):
    weight = margin_schedule.weight(fields, exchange)
    assert (weight.change_class, weight.direction) == (weighs, direction)


@pytest.mark.parametrize(
    ("before", "after", "weighs", "direction"),
    [
        ("ONLINE", "HALTED", "A", Direction.PROTECTS),
        ("ONLINE", "CANCEL_ONLY", "A", Direction.PROTECTS),
        ("HALTED", "POST_ONLY", "B", Direction.LOOSENS),
        ("POST_ONLY", "ONLINE", "B", Direction.LOOSENS),
        ("POST_ONLY", "REDUCE_ONLY", "B", Direction.LOOSENS),
        ("LIMIT_ONLY", "REDUCE_ONLY", "B", Direction.LOOSENS),
        ("ONLINE", "REDUCE_ONLY", "A", Direction.PROTECTS),
        ("REDUCE_ONLY", "HALTED", "A", Direction.PROTECTS),
        ("CANCEL_ONLY", "DELISTED", "D", Direction.NEUTRAL),
    ],
)
def test_one_may_stop_two_resume_and_an_end_needs_the_platform(
    exchange, before, after, weighs, direction
):
    exchange.market(PERPETUAL).status = MarketStatus[before]
    fields = {"market": PERPETUAL, "status": int(MarketStatus[after])}
    assert market_status.check(fields, exchange, NOON) is None
    weight = market_status.weight(fields, exchange)
    assert (weight.change_class, weight.direction) == (weighs, direction)


def test_a_halted_market_goes_online_through_stages_only(exchange):
    exchange.market(PERPETUAL).status = MarketStatus.HALTED
    online = {"market": PERPETUAL, "status": int(MarketStatus.ONLINE)}
    assert market_status.check(online, exchange, NOON) is None
    stages = market_status.plan(online, exchange, NOON)
    assert [MarketStatus(one.fields["status"]) for one in stages] == [
        MarketStatus.POST_ONLY,
        MarketStatus.LIMIT_ONLY,
        MarketStatus.ONLINE,
    ]
    assert all(one.conditions for one in stages)
    delisted = online | {"status": int(MarketStatus.DELISTED)}
    reason = market_status.check(delisted, exchange, NOON)
    assert reason is not None and reason.name == "status_move_is_not_allowed"


def test_the_undo_of_a_halt_is_post_only(exchange):
    halt = {"market": PERPETUAL, "status": int(MarketStatus.HALTED)}
    assert market_status.undo(halt, exchange)["status"] == MarketStatus.POST_ONLY


@pytest.mark.parametrize(
    ("before", "after", "weighs", "direction"),
    [
        (50_000, 30_000, "B", Direction.PROTECTS),
        (50_000, 12_000, "C", Direction.PROTECTS),
        (50_000, 60_000, "C", Direction.LOOSENS),
        (50_000, 0, "C", Direction.LOOSENS),
        (0, 50_000, "B", Direction.PROTECTS),
    ],
)
def test_the_class_of_a_band(exchange, before, after, weighs, direction):
    exchange.market(PERPETUAL).band_ppm = before
    fields = {"market": PERPETUAL, "band_ppm": after}
    assert price_band.check(fields, exchange, NOON) is None
    weight = price_band.weight(fields, exchange)
    assert (weight.change_class, weight.direction) == (weighs, direction)


@pytest.mark.parametrize("band_ppm", [-1, 1, 999, 1_000_001])
def test_a_band_out_of_range_is_refused(exchange, band_ppm):
    fields = {"market": PERPETUAL, "band_ppm": band_ppm}
    reason = price_band.check(fields, exchange, NOON)
    assert reason is not None and reason.name == "band_is_out_of_range"


def test_a_scope_without_its_own_schedule_falls_back_and_its_undo_removes_it(exchange):
    retail = wish(4, 2, client_class=1)
    assert margin_schedule.before(retail, exchange)["tiers"][0] == tier(0, 20_000, 10_000)
    assert margin_schedule.undo(retail, exchange)["tiers"] == []
    exchange.market(PERPETUAL).schedules.append(Schedule(1, 0, 0, (Tier(0, 30_000, 15_000),)))
    assert margin_schedule.before(retail, exchange)["tiers"] == [tier(0, 30_000, 15_000)]
    assert margin_schedule.undo(retail, exchange)["tiers"] == [tier(0, 30_000, 15_000)]


def test_a_difference_is_told_at_every_floor_of_either_schedule(exchange):
    fields = wish(4, 2) | {"tiers": [tier(0, 40_000, 20_000), tier(100_000, 60_000, 30_000)]}
    told = margin_schedule.difference(fields, exchange)
    assert [(one.name, one.before, one.after) for one in told] == [
        ("initial margin from $0", "2 %", "4 %"),
        ("maintenance margin from $0", "1 %", "2 %"),
        ("initial margin from $100,000", "2 %", "6 %"),
        ("maintenance margin from $100,000", "1 %", "3 %"),
        ("initial margin from $500,000", "4 %", "6 %"),
        ("maintenance margin from $500,000", "2 %", "3 %"),
        (margin_schedule.PREMIUM, "0.1875 %", "0.4375 %"),
    ]


@pytest.mark.parametrize(
    ("maintenance", "scope", "after", "effect"),
    [(0.8, {"client_class": 1}, "0.1375 %", "narrows"), (2, {}, "0.4375 %", "widens")],
)
def test_the_least_maintenance_margin_bounds_the_premium_and_says_so(
    exchange, maintenance, scope, after, effect
):
    told = margin_schedule.difference(wish(4, maintenance, **scope), exchange)[-1]
    assert (told.name, told.before, told.after) == (margin_schedule.PREMIUM, "0.1875 %", after)
    assert told.effect == effect


def test_what_leaves_the_least_maintenance_margin_says_nothing_of_the_premium(exchange):
    told = margin_schedule.difference(wish(4, 1), exchange)
    assert margin_schedule.PREMIUM not in {one.name for one in told}


def test_the_gentler_ways_of_a_raise(exchange):
    ways = {one.key: one for one in margin_schedule.instead(wish(4, 2), exchange, NOON)}
    (initial_only,) = ways["initial_only"].steps
    assert initial_only.fields["tiers"][0] == tier(0, 40_000, 10_000)
    (cohort,) = ways["new_positions_only"].steps
    begins = datetime(2026, 11, 23, 13, 1, tzinfo=UTC)
    assert cohort.fields["opened_from"] == int(begins.timestamp()) * 1_000_000
    ramp = ways["ramp"].steps
    assert [one.fields["tiers"][0]["maintenance_ppm"] for one in ramp] == [
        10_000,
        13_334,
        16_667,
        20_000,
    ]
    assert ramp[0].not_before is None and ramp[3].fields["tiers"] == wish(4, 2)["tiers"]
    for way in ways.values():
        for step in way.steps:
            assert margin_schedule.check(step.fields, exchange, NOON) is None


def test_a_raise_of_initial_margin_alone_has_no_ramp(exchange):
    ways = [one.key for one in margin_schedule.instead(wish(4, 1), exchange, NOON)]
    assert ways == ["new_positions_only"]


def test_a_loosening_has_no_gentler_way(exchange):
    assert margin_schedule.instead(wish(2, 0.8), exchange, NOON) == ()


def test_a_halt_offers_cancel_only(exchange):
    halt = {"market": PERPETUAL, "status": int(MarketStatus.HALTED)}
    assert [one.key for one in market_status.instead(halt, exchange, NOON)] == ["cancel_only"]
