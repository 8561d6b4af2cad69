"""Fifteen hundred markets are found by name, status and kind, in an order of one's own."""

from types import SimpleNamespace

import pytest
from django.http import QueryDict

from pilothouse.console.pages.markets import choice as choosing
from pilothouse.console.pages.markets.choice import A_PAGE, Choice, choice_of, part_of
from pilothouse.language.kinds import MarketKind, MarketStatus

MANY = 1_500


def market(number):
    spot = number % 3 != 0
    return SimpleNamespace(
        number=number,
        symbol=f"A{number:04}USD" if spot else f"PF_A{number:04}USD",
        kind=MarketKind.SPOT if spot else MarketKind.PERPETUAL_LINEAR,
        status=MarketStatus.HALTED if number % 500 == 0 else MarketStatus.ONLINE,
        tradeable=number != 1,
        open_interest=0 if spot else number,
        mark=100,
        price_decimals=0,
        quantity_decimals=0,
        last_price=number,
        bid=1_000,
        ask=1_000 + number,
        band_ppm=number,
    )


@pytest.fixture
def listed(monkeypatch):
    made = [market(number) for number in range(1, MANY + 1)]
    names = {one.number: (one.symbol.lower(), f"a{one.number:04}/usd") for one in made}
    monkeypatch.setattr(choosing, "names_of", lambda _: names)
    return made


def chosen(listed, query=""):
    return part_of(listed, choice_of(QueryDict(query)))


def test_without_a_choice_the_largest_come_first_and_what_does_not_trade_last(listed):
    part = chosen(listed)
    assert (part.count, part.pages, len(part.markets)) == (MANY, 15, A_PAGE)
    assert part.markets[0].symbol == "PF_A1500USD"
    assert chosen(listed, "page=15").markets[-1].number == 1
    assert part.by_status == {"online": MANY - 3, "halted": 3}


def test_a_status_a_kind_and_a_name_choose_together(listed):
    part = chosen(listed, "status=halted")
    assert [one.number for one in part.markets] == [1_500, 500, 1_000]
    assert [one.number for one in chosen(listed, "status=halted&kind=spot").markets] == [
        500,
        1_000,
    ]
    assert [one.number for one in chosen(listed, "q=A0777/USD").markets] == [777]
    assert chosen(listed, "q=nothing").count == 0


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sort=symbol", 1),
        ("sort=symbol&reverse=1", 1_500),
        ("sort=last", 1_500),
        ("sort=last&reverse=1", 1),
        ("sort=spread", 1_500),
        ("sort=band", 1_500),
        ("sort=kind", 1),
        ("sort=status", 500),
    ],
)
def test_the_table_is_ordered_by_what_was_pressed(listed, query, first):
    assert chosen(listed, query).markets[0].number == first


@pytest.mark.parametrize("query", ["sort=x", "page=0", "page=-3", "page=9999", "status=x&kind=y"])
def test_what_is_no_choice_chooses_nothing(listed, query):
    assert chosen(listed, query).count == MANY and chosen(listed, query).markets


def test_every_market_is_on_exactly_one_page(listed):
    seen = [one.number for page in range(1, 16) for one in chosen(listed, f"page={page}").markets]
    assert sorted(seen) == list(range(1, MANY + 1))


def test_an_address_has_what_was_chosen_and_nothing_else():
    assert Choice().address() == "/markets"
    one = Choice(wanted="btc", sort="spread", reverse=True, page=3)
    assert one.address(page=2) == "/markets?q=btc&sort=spread&reverse=1&page=2"
    assert choice_of(QueryDict(one.address().partition("?")[2])) == one
