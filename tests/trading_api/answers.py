"""Answers in Kraken's shape, small and made up, for exchanges that tests start."""

from __future__ import annotations

import json

PAIRS = json.dumps(
    {
        "error": [],
        "result": {
            "XXBTZUSD": {
                "altname": "XBTUSD",
                "wsname": "XBT/USD",
                "aclass_base": "currency",
                "base": "XXBT",
                "aclass_quote": "currency",
                "quote": "ZUSD",
                "lot": "unit",
                "cost_decimals": 5,
                "pair_decimals": 1,
                "lot_decimals": 8,
                "lot_multiplier": 1,
                "leverage_buy": [2, 3],
                "leverage_sell": [2, 3],
                "fees": [[0, 0.26], [50000, 0.24]],
                "fees_maker": [[0, 0.16], [50000, 0.14]],
                "fee_volume_currency": "ZUSD",
                "margin_call": 80,
                "margin_stop": 40,
                "ordermin": "0.0002",
                "costmin": "0.5",
                "tick_size": "0.1",
                "status": "online",
            },
            "XDGEUR": {
                "altname": "XDGEUR",
                "wsname": "XDG/EUR",
                "aclass_base": "currency",
                "base": "XXDG",
                "aclass_quote": "currency",
                "quote": "ZEUR",
                "lot": "unit",
                "pair_decimals": 7,
                "lot_decimals": 8,
                "lot_multiplier": 1,
                "leverage_buy": [],
                "leverage_sell": [],
                "fees": [[0, 0.26]],
                "fee_volume_currency": "ZUSD",
                "margin_call": 80,
                "margin_stop": 40,
            },
        },
    }
)

LEVELS = [
    {"contracts": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
    {"contracts": 500000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
]
LINEAR_LEVELS = [
    {"numNonContractUnits": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
    {"numNonContractUnits": 500000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
]

INSTRUMENTS = json.dumps(
    {
        "result": "success",
        "instruments": [
            {
                "symbol": "PF_XBTUSD",
                "type": "flexible_futures",
                "tickSize": 1,
                "contractSize": 1,
                "tradeable": True,
                "impactMidSize": 1,
                "maxPositionSize": 1000000,
                "openingDate": "2022-03-22T13:18:45Z",
                "marginLevels": LINEAR_LEVELS,
                "retailMarginLevels": LINEAR_LEVELS,
                "fundingRateCoefficient": 24,
                "maxRelativeFundingRate": 0.0025,
                "contractValueTradePrecision": 4,
                "postOnly": False,
                "feeScheduleUid": "5b755fea-c5b0-4307-a66e-b392cd5bd931",
                "base": "BTC",
                "quote": "USD",
                "pair": "BTC:USD",
            },
            {
                "symbol": "pi_xbtusd",
                "type": "futures_inverse",
                "underlying": "rr_xbtusd",
                "tickSize": 0.5,
                "contractSize": 1,
                "tradeable": True,
                "marginLevels": LEVELS,
                "fundingRateCoefficient": 8,
                "maxRelativeFundingRate": 0.001,
            },
            {
                "symbol": "fi_xbtusd_301227",
                "type": "futures_inverse",
                "underlying": "rr_xbtusd",
                "lastTradingTime": "2030-12-27T15:00:00.000Z",
                "tickSize": 0.5,
                "contractSize": 1,
                "tradeable": True,
                "marginLevels": LEVELS,
            },
            {"symbol": "in_xbtusd", "type": "spot index", "tradeable": False},
        ],
        "serverTime": "2022-03-22T13:18:45.000Z",
    }
)
