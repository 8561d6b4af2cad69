"""Kraken's real answers become commands with the figures of the files, or nothing at all."""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from pilothouse.language.commands import FeeTier, ListAsset, ListMarket, SetMarginSchedule
from pilothouse.language.commands.fees import SetFeeSchedule
from pilothouse.language.kinds import CauseKind, ClientClass, MarketKind
from pilothouse.language.names import Sender
from pilothouse.language.numbers import format_decimal
from pilothouse.language.rows import from_rows, to_rows
from pilothouse.wiring.importing.answers import Refused
from pilothouse.wiring.importing.drafts import Known
from pilothouse.wiring.importing.kraken import File, messages, translate
from pilothouse.wiring.importing.sending import known
from tests.attack.trading_world import fees, outcome, trading

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("PILOTHOUSE_SHARED", ROOT.parent / "shared"))
KRAKEN = SHARED / "data" / "kraken"
INSTRUMENTS = ("futures_instruments.json", "futures_instruments_linear.json")
real = pytest.mark.skipif(not KRAKEN.exists(), reason=f"no market data in {KRAKEN}")


def read(name):
    return File(name, (KRAKEN / name).read_text())


def plain(name):
    return json.loads((KRAKEN / name).read_text(), parse_float=Decimal)


@pytest.fixture(scope="module")
def translation():
    return translate(read("spot_asset_pairs.json"), [read(one) for one in INSTRUMENTS], Known())


def decimal(value, decimals):
    return Decimal(format_decimal(value, decimals))


@real
def test_all_335_entries_arrive_and_308_can_trade(translation):
    assert len(translation.markets) == 304 + 27 + 4
    assert translation.tradeable == 304 + 4
    assert len({one.symbol for one in translation.markets}) == 335


@real
def test_every_pair_has_the_tick_the_lot_and_the_minimum_of_its_entry(translation):
    listed = {one.symbol: one for one in translation.markets}
    for symbol, entry in plain("spot_asset_pairs.json")["result"].items():
        market = listed[symbol]
        tick = decimal(market.tick, market.price_decimals)
        assert tick == Decimal(10) ** -entry["pair_decimals"], symbol
        lot = decimal(market.lot, market.quantity_decimals)
        lot_decimals = 6 if entry["base"] == "ZUSD" else entry["lot_decimals"]
        assert lot == Decimal(10) ** -lot_decimals, symbol
        minimum = decimal(market.quantity_min, market.quantity_decimals)
        assert minimum == Decimal(entry.get("ordermin", "0")), symbol


@real
def test_only_the_dollar_is_held_in_a_coarser_unit_than_its_lot_says(translation):
    pairs = plain("spot_asset_pairs.json")["result"]
    coarser = [
        one.symbol
        for one in translation.markets
        if one.symbol in pairs and one.quantity_decimals < pairs[one.symbol]["lot_decimals"]
    ]
    assert coarser == ["USDCHF", "ZUSDZCAD", "ZUSDZJPY"]


@real
def test_every_pair_trades_the_assets_of_its_entry_at_the_decimals_of_its_base(translation):
    assets = [one for one in translation.commands if isinstance(one, ListAsset)]
    listed = {one.symbol: one for one in translation.markets}
    for symbol, entry in plain("spot_asset_pairs.json")["result"].items():
        market = listed[symbol]
        assert assets[market.base - 1].symbol == entry["base"]
        assert assets[market.quote - 1].symbol == entry["quote"]
        assert market.quantity_decimals == assets[market.base - 1].decimals


@real
def test_every_pair_has_the_fee_tiers_of_its_entry(translation):
    schedules = {
        one.fee_schedule: one.tiers
        for one in translation.commands
        if isinstance(one, SetFeeSchedule)
    }
    assert len(schedules) == 3
    listed = {one.symbol: one for one in translation.markets}
    for symbol, entry in plain("spot_asset_pairs.json")["result"].items():
        makers = entry.get("fees_maker", entry["fees"])
        expected = tuple(
            FeeTier(
                volume_from_usd=int(volume),
                maker_ppm=int(maker[1] * 10_000),
                taker_ppm=int(taker * 10_000),
            )
            for (volume, taker), maker in zip(entry["fees"], makers, strict=True)
        )
        assert schedules[listed[symbol].fee_schedule] == expected, symbol


@real
@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_contract_has_the_tick_lot_and_tiers_of_its_entry(translation, name):
    listed = {one.symbol.lower(): (k + 1, one) for k, one in enumerate(translation.markets)}
    schedules = {
        (one.market, one.client_class): one.tiers
        for one in translation.commands
        if isinstance(one, SetMarginSchedule)
    }
    for entry in plain(name)["instruments"]:
        number, market = listed[entry["symbol"].lower()]
        if "tickSize" not in entry:
            assert market.kind == MarketKind.INDEX
            continue
        assert decimal(market.tick, market.price_decimals) == Decimal(str(entry["tickSize"]))
        precision = entry.get("contractValueTradePrecision", 0)
        assert decimal(market.lot, market.quantity_decimals) == Decimal(10) ** -precision
        position_max = decimal(market.position_max, market.quantity_decimals)
        assert position_max == Decimal(entry.get("maxPositionSize", 0))
        assert market.funding_coefficient == entry.get("fundingRateCoefficient", 0)
        rate = decimal(market.funding_rate_max_e12, 12)
        assert rate == Decimal(entry.get("maxRelativeFundingRate", 0))
        for scope, levels in (
            (ClientClass.ANY, entry["marginLevels"]),
            (ClientClass.RETAIL, entry.get("retailMarginLevels")),
        ):
            assert _figures(schedules.get((number, scope))) == _levels(levels)


def _figures(tiers):
    return tiers and [
        (one.floor_usd, decimal(one.initial_ppm, 6), decimal(one.maintenance_ppm, 6))
        for one in tiers
    ]


def _levels(levels):
    return levels and [
        (
            one["contracts"] if "contracts" in one else one["numNonContractUnits"],
            one["initialMargin"],
            one["maintenanceMargin"],
        )
        for one in levels
    ]


@real
def test_the_catalogue_keeps_each_entry_as_it_stood(translation):
    assert dict(translation.catalogue.spot) == plain("spot_asset_pairs.json")["result"]
    assert "ordermin" not in translation.catalogue.spot["XXBTZUSD.d"]
    for name in INSTRUMENTS:
        for entry in plain(name)["instruments"]:
            kept = translation.catalogue.instruments
            symbol = entry["symbol"].upper() if entry["symbol"].islower() else entry["symbol"]
            assert kept[symbol] == entry


@real
def test_the_messages_survive_their_rows_and_say_that_they_are_genesis(translation):
    sent = messages(translation, 7)
    assert {one.cause.kind for one in sent} == {CauseKind.GENESIS}
    assert len({one.name for one in sent}) == len(sent)
    for one in sent:
        assert from_rows(to_rows(one)) == one


@real
def test_a_second_import_counts_on_behind_what_is_known():
    known = Known(assets={"ZUSD": 1, "XXBT": 2}, decimals={"ZUSD": 6, "XXBT": 8},
                  markets={"XXBTZUSD": 1}, fee_schedules=2)  # fmt: skip
    made = translate(None, [read("futures_instruments_linear.json")], known)
    assert [one.symbol for one in made.commands if isinstance(one, ListAsset)] == [
        "XETH",
        "PEPE",
        "AAPLx",
    ]
    first = made.markets[0]
    assert (first.symbol, first.base, first.quote) == ("PF_XBTUSD", 2, 1)
    assert next(o for o in made.commands if isinstance(o, SetMarginSchedule)).market == 2


PAIR = {
    "altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD",
    "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1, "ordermin": "0.0002",
    "fees": [[0, 0.26], [50000, 0.24]], "fees_maker": [[0, 0.16], [50000, 0.14]],
    "leverage_buy": [], "leverage_sell": [],
}  # fmt: skip
FUTURE = {
    "symbol": "PF_XBTUSD", "type": "flexible_futures", "tradeable": True, "tickSize": 1,
    "contractSize": 1, "contractValueTradePrecision": 4,
    "marginLevels": [
        {"numNonContractUnits": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01}
    ],
}  # fmt: skip
ABSENT = object()

WRONG_PAIRS = [
    ({"pair_decimals": ABSENT}, "result.XXBTZUSD.pair_decimals", "missing"),
    ({"pair_decimals": "1"}, "result.XXBTZUSD.pair_decimals", "integer"),
    ({"pair_decimals": True}, "result.XXBTZUSD.pair_decimals", "integer"),
    ({"lot_decimals": 13}, "result.XXBTZUSD.lot_decimals", "12"),
    ({"lot_multiplier": 10}, "result.XXBTZUSD.lot_multiplier", "1"),
    ({"ordermin": "a few"}, "result.XXBTZUSD.ordermin", "decimal"),
    ({"ordermin": "-1"}, "result.XXBTZUSD.ordermin", "greater than or equal"),
    ({"ordermin": "0.000000001"}, "result.XXBTZUSD.ordermin", "more than 8 decimals"),
    ({"tick_size": "0"}, "result.XXBTZUSD.tick_size", "greater than 0"),
    ({"fees": [[0, 0.26001]], "fees_maker": ABSENT}, "result.XXBTZUSD.fees.0.1", "decimals"),
    ({"fees": [[0.5, 0.26]], "fees_maker": ABSENT}, "result.XXBTZUSD.fees.0.0", "decimals"),
    ({"fees_maker": [[0, 0.16]]}, "result.XXBTZUSD.fees_maker", "volumes"),
    ({"fees": []}, "result.XXBTZUSD.fees", "at least 1"),
    ({"status": "asleep"}, "result.XXBTZUSD.status", "online"),
    ({"base": ""}, "result.XXBTZUSD.base", "at least 1"),
    ({"wsname": "XBTUSD"}, "result.XXBTZUSD.wsname", "match"),
    ({"ordermin": "9" * 5_000}, "result.XXBTZUSD.ordermin", "sensible size"),
    ({"tick_size": "1e99999999"}, "result.XXBTZUSD.tick_size", "sensible size"),
    ({"tick_size": "1e-99999999"}, "result.XXBTZUSD.tick_size", "sensible size"),
]
WRONG_FUTURES = [
    ({"type": "option"}, "instruments.0.type", "flexible_futures"),
    ({"tickSize": ABSENT}, "instruments.0.tickSize", "missing"),
    ({"tickSize": -1}, "instruments.0.tickSize", "greater than 0"),
    ({"contractSize": 10}, "instruments.0.contractSize", "size 1"),
    ({"tradeable": "yes"}, "instruments.0.tradeable", "boolean"),
    ({"marginLevels": ABSENT}, "instruments.0.marginLevels", "needs margin levels"),
    (
        {
            "marginLevels": [
                {"numNonContractUnits": 0, "initialMargin": 0.01, "maintenanceMargin": 0.02}
            ]
        },
        "instruments.0.marginLevels",
        "initial must exceed maintenance",
    ),
    (
        {
            "marginLevels": [
                {"numNonContractUnits": 5, "initialMargin": 0.02, "maintenanceMargin": 0.01}
            ]
        },
        "instruments.0.marginLevels",
        "start at zero",
    ),
    (
        {"marginLevels": [{"initialMargin": 0.02, "maintenanceMargin": 0.01}]},
        "instruments.0.marginLevels.0.numNonContractUnits",
        "no floor",
    ),
    (
        {"marginLevels": [{"contracts": 0, "initialMargin": 2, "maintenanceMargin": 0.01}]},
        "instruments.0.marginLevels.0.initialMargin",
        "less than or equal to 1",
    ),
    ({"maxPositionSize": 0.00001}, "instruments.0.maxPositionSize", "more than 4 decimals"),
    ({"maxRelativeFundingRate": 1e-13}, "instruments.0.maxRelativeFundingRate", "decimals"),
]


def changed(entry, change):
    made = {**entry, **change}
    return {key: value for key, value in made.items() if value is not ABSENT}


def pairs_file(*entries):
    names = ["XXBTZUSD", "XETHZUSD"]
    return File(
        "p.json", json.dumps({"error": [], "result": dict(zip(names, entries, strict=False))})
    )


def futures_file(*entries):
    return File("f.json", json.dumps({"result": "success", "instruments": list(entries)}))


def test_the_entries_from_which_the_wrong_ones_are_made_are_right():
    assert len(translate(pairs_file(PAIR), [futures_file(FUTURE)], Known()).markets) == 2


@pytest.mark.parametrize(("change", "place", "reason"), WRONG_PAIRS)
def test_a_malformed_pair_is_refused_with_its_place_and_the_reason(change, place, reason):
    with pytest.raises(Refused) as told:
        translate(pairs_file(changed(PAIR, change)), [], Known())
    assert told.value.place == f"p.json: {place}"
    assert reason in told.value.reason


@pytest.mark.parametrize(("change", "place", "reason"), WRONG_FUTURES)
def test_a_malformed_contract_is_refused_with_its_place_and_the_reason(change, place, reason):
    with pytest.raises(Refused) as told:
        translate(None, [futures_file(changed(FUTURE, change))], Known())
    assert told.value.place == f"f.json: {place}"
    assert reason in told.value.reason


WRONG_TEXTS = [
    ("", "line 1 column 1", "Expecting"),
    ('{"error": [],\n "result": {"A": {,}}}', "line 2", "Expecting"),
    ('{"error": [], "result": NaN}', "the answer", "NaN"),
    ('{"error": [], "error": [], "result": {}}', "the answer", "twice"),
    ('{"error": ["EService:Busy"], "result": {}}', "error", "0 items"),
    ('{"error": [], "result": {}}', "result", "at least 1"),
    ("[1, 2]", "the answer", "dictionary"),
    ("[" * 100_000, "line 1", "deeply"),
    ('{"error": [],\n "result": ' + "9" * 5_000 + "}", "line 2 column 12", "longer than any"),
    ('{"error": [],\n "result": 0.' + "9" * 5_000 + "}", "line 2 column 12", "longer than any"),
    ('{"error": [], "result": 1e' + "9" * 30 + "}", "line 1 column 25", "1e9999"),
]


@pytest.mark.parametrize(("text", "place", "reason"), WRONG_TEXTS)
def test_a_text_that_is_no_answer_is_refused(text, place, reason):
    with pytest.raises(Refused) as told:
        translate(File("p.json", text), [], Known())
    assert place in told.value.place
    assert reason in told.value.reason


def test_a_contract_described_twice_or_listed_already_is_refused():
    with pytest.raises(Refused, match="described twice"):
        translate(None, [futures_file(FUTURE), futures_file(FUTURE)], Known())
    with pytest.raises(Refused, match="listed already"):
        translate(None, [futures_file(FUTURE)], Known(markets={"PF_XBTUSD": 1}))


def test_a_figure_keeps_every_digit_where_a_binary_fraction_would_not():
    text = pairs_file(changed(PAIR, {"tick_size": 1})).text.replace(
        '"tick_size": 1', '"tick_size": 0.100000000001'
    )
    market = translate(File("p.json", text), [], Known()).markets[0]
    assert isinstance(market, ListMarket)
    assert (market.price_decimals, market.tick) == (12, 100_000_000_001)


def test_an_import_goes_on_behind_the_highest_fee_schedule_whatever_is_missing_below():
    machine = trading()
    assert outcome(machine, Sender.IMPORT, fees(5)) == 0
    assert known(machine).fee_schedules == 5
