"""Markets by exception: quiet markets are silent, each reason has its line."""

from dataclasses import dataclass, replace

import pytest

from pilothouse.console.live.usual import SAMPLES_BEFORE_JUDGING, Usual
from pilothouse.console.pages.control_room.exceptions import named_market
from pilothouse.language.kinds import MarketKind, MarketStatus


@dataclass(frozen=True)
class Seen:
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


QUIET = Seen()


def usual_of(market=QUIET, sources=5, samples=SAMPLES_BEFORE_JUDGING):
    usual = Usual()
    for _ in range(samples):
        usual.see(market, sources)
    return usual


def reasons(market=QUIET, usual=None, sources=5, below=0, pool=1):
    made = named_market(market, usual or usual_of(), sources, below, pool)
    return [one.sentence for one in made.reasons]


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
    ],
)
def test_each_reason_has_its_line(market, sentence):
    assert reasons(market) == [sentence]


def test_stale_sources_are_counted_against_the_most_that_were_seen():
    assert reasons(sources=3) == ["index source 2 of 5 stale"]
    assert reasons(sources=0) == ["index has no live source"]


def test_risk_comes_before_the_rest():
    said = reasons(replace(QUIET, ask=1_000_600), below=2, pool=0)
    assert said == [
        "2 accounts below maintenance margin",
        "insurance pool is empty",
        "spread 6 times usual",
    ]


def test_a_move_of_the_price_is_named_with_its_direction():
    usual = usual_of()
    usual.see(replace(QUIET, last_price=950_000), 5)
    assert reasons(usual=usual) == ["down 5.0 % in five minutes"]


def test_a_spread_is_not_judged_before_enough_was_seen():
    usual = usual_of(samples=SAMPLES_BEFORE_JUDGING - 1)
    assert reasons(replace(QUIET, ask=1_000_600), usual=usual) == []
