"""What was imported from Kraken's own answers comes out again with the same figures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from pilothouse.venue.catalogue import parse_json
from tests.trading_api.conftest import futures_client, spot_client
from tests.trading_api.running import Exchange, running_exchange

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("PILOTHOUSE_SHARED", ROOT.parent / "shared"))
KRAKEN = SHARED / "data" / "kraken"
V3 = "/derivatives/api/v3"
ALWAYS = (
    {"mtf", "tradfi", "category", "tags", "isExpired", "openingDate", "impactMidSize"}
    | {"minimumTradeSize", "retailMarginLevels", "marginSchedules"},
    {"mtf", "tradfi", "category", "tags"},
)
"""What every contract says, and every index."""
INSTRUMENTS = ("futures_instruments.json", "futures_instruments_linear.json")

pytestmark = pytest.mark.skipif(
    not KRAKEN.exists(), reason="Kraken's captured answers are not here (PILOTHOUSE_SHARED)"
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    home = tmp_path_factory.mktemp("whole")
    pairs = (KRAKEN / "spot_asset_pairs.json").read_text()
    instruments = [(KRAKEN / name).read_text() for name in INSTRUMENTS]
    with running_exchange(home, pairs=pairs, instruments=instruments) as exchange:
        yield exchange


def _answer(exchange: Exchange, path: str) -> Any:
    return parse_json(httpx.get(exchange.url + path, timeout=60).content)


def test_every_pair_is_answered_as_it_was(whole: Exchange) -> None:
    original = parse_json((KRAKEN / "spot_asset_pairs.json").read_bytes())["result"]
    answered = _answer(whole, "/0/public/AssetPairs")["result"]
    assert len(original) == 304
    assert list(answered) == list(original)
    for symbol, entry in original.items():
        found = dict(answered[symbol])
        # Only the machine's own status is new; what the file did not say stays unsaid.
        assert found.pop("status") == "online"
        # Nobody lends here, and dollars have six decimals.
        assert found["leverage_buy"] == found["leverage_sell"] == []
        assert found["lot_decimals"] <= entry["lot_decimals"]
        theirs = dict.fromkeys(("leverage_buy", "leverage_sell", "lot_decimals"))
        assert _plain(found | theirs) == _plain(entry | theirs), symbol


def test_every_instrument_is_answered_as_it_was(whole: Exchange) -> None:
    answered = {one["symbol"]: one for one in _answer(whole, f"{V3}/instruments")["instruments"]}
    assert len(answered) == 31
    for name in INSTRUMENTS:
        for entry in parse_json((KRAKEN / name).read_bytes())["instruments"]:
            symbol = entry["symbol"]
            symbol = symbol.upper() if symbol.islower() else symbol
            found = dict(answered[symbol])
            assert found.pop("tradeable") is (entry["type"] == "flexible_futures"), symbol
            expected = {k: v for k, v in entry.items() if k not in ("tradeable", "symbol")}
            assert _plain({k: v for k, v in found.items() if k in expected}) == _plain(expected)
            assert ALWAYS[entry["type"] == "spot index"] <= set(found), symbol


def _plain(value: Any) -> Any:
    # 16000.0 and 16000 are one figure; so are "0.0002" and "0.00020", which are texts.
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value).normalize()
    try:
        return Decimal(value).normalize()
    except ArithmeticError:
        return value


def test_ccxt_loads_them_all(whole: Exchange) -> None:
    spot = spot_client(whole.url)
    spot.load_markets()
    # By id: in 2021 two pairs could have the same assets (XXBTZUSD and the dark XXBTZUSD.d).
    assert len(spot.markets_by_id) == 304
    futures = futures_client(whole.url).load_markets()
    assert sum(one["swap"] and one["linear"] for one in futures.values()) == 4
    assert any(one["future"] for one in futures.values())
