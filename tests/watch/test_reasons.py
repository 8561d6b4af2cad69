"""Markets by exception: quiet markets are silent, each reason has its line."""

from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from pilothouse.language.kinds import MarketKind, MarketStatus
from pilothouse.watch.measuring import Seen as SeenOf
from pilothouse.watch.measuring import spread
from pilothouse.watch.normal import SAMPLES_BEFORE_JUDGING, Normal
from pilothouse.watch.reasons import named_market


@dataclass(frozen=True)
class Market:
    number: int = 1
    symbol: str = "PF_XBTUSD"
    kind: int = MarketKind.PERPETUAL_LINEAR
    status: int = MarketStatus.ONLINE
    bid: int = 1_000_000
    ask: int = 1_000_100
    last_price: int = 1_000_050
    mark: int = 100_005_000
    index: int = 100_000_000
    funding_rate_max_e12: int = 100
    funding_next_rate_e12: int = 5
    index_is_stale: bool = False
    open_interest: int = 0
    price_decimals: int = 1
    quantity_decimals: int = 4


QUIET = Market()


def normal_of(market=QUIET, sources=5, samples=SAMPLES_BEFORE_JUDGING):
    normal = Normal()
    for _ in range(samples):
        normal.see(spread(market), 1_000, market.last_price, sources)
    return normal


def seen(market=QUIET, normal=None, sources=5, below=0, pool=1):
    live = SimpleNamespace(is_live=lambda now: True, left_out=False)
    of = SimpleNamespace(
        market=market,
        is_contract=True,
        sources=[live] * sources,
        pool=pool,
        health=SimpleNamespace(below_maintenance=below, bands=(("below 1.00", below, 0),)),
        quote_usd_e12=0,
        near=None,
    )
    return SeenOf(SimpleNamespace(time=0), of, None, normal or normal_of())


def reasons(*alerts, **how):
    return [one.sentence for one in named_market(seen(**how), alerts).reasons]


def test_a_market_like_itself_has_no_reason():
    assert reasons() == []


@pytest.mark.parametrize(
    ("market", "sentence"),
    [
        (replace(QUIET, status=MarketStatus.CANCEL_ONLY), "status is cancel_only"),
        (replace(QUIET, bid=0), "no bids"),
        (replace(QUIET, ask=0), "no asks"),
        (replace(QUIET, bid=0, ask=0), "no orders in the book"),
        (replace(QUIET, ask=1_000_600), "spread 6 times usual"),
        (replace(QUIET, mark=101_000_000), "mark 1.0 % above index"),
        (replace(QUIET, mark=99_000_000), "mark 1.0 % below index"),
        (replace(QUIET, funding_next_rate_e12=-100), "funding at its limit"),
        (
            replace(QUIET, index_is_stale=True),
            "index is stale: only orders that reduce a position are accepted",
        ),
    ],
)
def test_each_reason_has_its_line(market, sentence):
    assert reasons(market=market) == [sentence]


def test_stale_sources_are_counted_against_the_most_that_were_seen():
    assert reasons(sources=3) == ["index source 2 of 5 stale"]
    assert reasons(sources=0) == ["index has no live source"]


def test_an_alert_that_lasts_comes_before_risk_and_risk_before_the_rest():
    said = reasons("Depth gone", market=replace(QUIET, ask=1_000_600), below=2, pool=0)
    assert said == [
        "alert: depth gone",
        "2 accounts below maintenance margin",
        "insurance pool is empty",
        "spread 6 times usual",
    ]


def test_a_move_of_the_price_is_named_with_its_direction():
    normal = normal_of()
    normal.see(None, None, 950_000, 5)
    assert reasons(normal=normal) == ["down 5.0 % in five minutes"]


def test_a_spread_is_not_judged_before_enough_was_seen():
    normal = normal_of(samples=SAMPLES_BEFORE_JUDGING - 1)
    assert reasons(market=replace(QUIET, ask=1_000_600), normal=normal) == []


def test_markets_with_the_same_reason_share_its_words_and_not_its_figures():
    wide = [named_market(seen(market=replace(QUIET, ask=1_000_100 + k))) for k in (500, 900)]
    first, second = ([one.shared for one in each.reasons] for each in wide)
    assert first == second == ["spread wider than usual"]
    assert wide[0].reasons[0].sentence != wide[1].reasons[0].sentence


def test_a_market_says_how_far_it_is_from_its_own_normal():
    named = named_market(seen(market=replace(QUIET, ask=1_000_300), below=2))
    assert named.spread_of_usual_ppm == 3_000_000
    assert named.distance_ppm == 20_000_000, "200 ppm more, of usual deviations of 10 ppm"
    assert (named.near, named.depth_of_usual_ppm) == (2, None)
