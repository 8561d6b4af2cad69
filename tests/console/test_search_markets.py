"""A market is found by every name people type, the largest first; verbs fill their form."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from pilothouse.console.pages.search import market_names, objects
from pilothouse.console.pages.search.market_names import spelled
from pilothouse.console.pages.search.view import places
from pilothouse.language.kinds import MarketKind, MarketStatus
from tests.control.doubles import PERPETUAL

ASSETS = {1: "XXBT", 2: "ZUSD", 3: "TBTC", 4: "AAVE", 5: "XXDG", 6: "XION"}
SPOT, FUTURE = MarketKind.SPOT, MarketKind.PERPETUAL_LINEAR
LISTED = (
    ("AAVEXBT", SPOT, 4, 1, 0),
    ("TBTCUSD", SPOT, 3, 2, 0),
    ("XXBTZUSD", SPOT, 1, 2, 0),
    ("XDGUSD", SPOT, 5, 2, 0),
    ("XIONUSD", SPOT, 6, 2, 0),
    ("PF_XDGUSD", FUTURE, 5, 2, 7),
    ("PF_XBTUSD", FUTURE, 1, 2, 900),
)


def market(number, row):
    symbol, kind, base, quote, interest = row
    return SimpleNamespace(
        number=number,
        symbol=symbol,
        kind=kind,
        base=base,
        quote=quote,
        open_interest=interest,
        mark=100,
        quantity_decimals=0,
        price_decimals=0,
        status=MarketStatus.ONLINE,
    )


@pytest.fixture
def listed(team, monkeypatch):
    markets = [market(number, row) for number, row in enumerate(LISTED, 1)]
    pulse = SimpleNamespace(markets=markets)
    monkeypatch.setattr(objects, "latest", lambda: pulse)
    monkeypatch.setattr(objects, "ALL", (objects.markets,))
    known = {one.number: market_names._names(one, ASSETS) for one in markets}
    monkeypatch.setattr(objects, "names_of", lambda seen: known)
    return markets


def found(text, person):
    return [one.label for one in places(text, person, timezone.now()) if "arket" in one.kind]


@pytest.mark.parametrize(
    "text",
    [
        "btc",
        "BTC/USD",
        "btcusd",
        "bitcoin",
        "xbt",
        "XBT/USD",
        "btc-usd",
        "pf_xbt",
        "btc perpetual",
    ],
)
def test_the_largest_market_of_that_name_comes_first(team, listed, text):
    assert found(text, team.viewer)[0] == "PF_XBTUSD"


def test_what_only_has_the_letters_inside_comes_after_what_is_called_so(team, listed):
    names = found("btcusd", team.viewer)
    assert names[:2] == ["PF_XBTUSD", "XXBTZUSD"] and names.index("TBTCUSD") > 1
    assert found("doge", team.viewer)[:2] == ["PF_XDGUSD", "XDGUSD"]
    assert found("dogecoin", team.viewer)[0] == "PF_XDGUSD"


def test_an_asset_that_only_looks_like_an_old_one_keeps_its_name(team, listed):
    assert found("ionusd", team.viewer) == ["XIONUSD"] and spelled("XION") == ("XION",)
    assert spelled("XXBT") == ("XBT", "BTC") and spelled("ZEUR") == ("EUR",)


def filled(text, person):
    found = places(text, person, timezone.now())
    asked = parse_qs(urlsplit(found[0].address).query)
    return found[0].label, {name: value[0] for name, value in asked.items()}


@pytest.mark.parametrize(
    ("text", "label", "status"),
    [
        ("> halt btc", "Halt PF_XBTUSD", "halted"),
        ("> pause btc", "Halt PF_XBTUSD", "halted"),
        ("> stop pf_xdg", "Halt PF_XDGUSD", "halted"),
        ("> cancel only btc", "Cancel only PF_XBTUSD", "cancel_only"),
        ("> post only doge", "Post only PF_XDGUSD", "post_only"),
        ("> ha", "Halt PF_XBTUSD", "halted"),
    ],
)
def test_a_verb_is_named_and_fills_its_form(team, listed, text, label, status):
    shown, asked = filled(text, team.operator)
    number = 1 + [row[0] for row in LISTED].index(label.split()[-1])
    assert shown == label
    assert asked == {"kind": "market_status", "market": str(number), "status": status}


def test_a_status_that_is_so_already_or_has_no_way_is_not_offered(team, listed, exchange):
    listed[-1].status = MarketStatus.HALTED
    labels = [one.label for one in places("> halt btc", team.operator, timezone.now())]
    assert "Halt PF_XBTUSD" not in labels
    assert filled("> reopen btc", team.operator)[0] == "Reopen PF_XBTUSD"


def test_who_may_not_propose_is_offered_no_verb(team, listed, exchange):
    assert places("> halt btc", team.viewer, timezone.now()) == []


def test_the_form_that_opens_says_halted(team, exchange, at):
    asked = {"kind": "market_status", "market": PERPETUAL, "status": "halted"}
    page = at(team.operator).get("/changes/propose", asked).content.decode()
    assert '<option value="halted" selected>' in page


def test_names_are_read_once_for_each_market(listed, monkeypatch):
    reads = []
    monkeypatch.setattr(market_names, "_known", {})
    monkeypatch.setattr(market_names.exchange, "machine", lambda: _Read(reads))
    assets = [SimpleNamespace(number=k, symbol=one) for k, one in ASSETS.items()]
    monkeypatch.setattr(market_names, "all_assets", lambda _: assets)
    for _ in range(3):
        assert "btc/usd" in market_names.names_of(listed)[7]
    assert reads == [1]


class _Read:
    def __init__(self, reads):
        self.reads = reads

    def __enter__(self):
        self.reads.append(1)

    def __exit__(self, *_):
        return None
