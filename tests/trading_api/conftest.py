"""One exchange for all tests of the traders' door, and ccxt clients on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ccxt
import pytest

from tests.trading_api.running import START_S, Exchange, Key, running_exchange

UNITS = {"XXBT": 10**8, "ZUSD": 10**6, "XXDG": 10**8, "ZEUR": 10**6}
COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    home: Path = tmp_path_factory.mktemp("exchange")
    with running_exchange(home) as made:
        _compile_what_reads_positions(made)
        yield made


def _compile_what_reads_positions(exchange: Exchange) -> None:
    # The first reading of a position ever compiles a kernel; ccxt waits ten seconds only.
    key = exchange.client("first", {"ZUSD": 10_000 * UNITS["ZUSD"]})
    exchange.to_futures(key, 10_000 * UNITS["ZUSD"])
    client = futures_client(exchange.url, key)
    client.timeout = 1_000 * START_S
    client.create_order("BTC/USD:USD", "limit", "buy", 0.0001, 10_000)
    client.fetch_positions()
    client.cancel_all_orders()


@pytest.fixture
def rich(exchange: Exchange) -> Callable[[], Key]:
    """Make a client with a key: 10 bitcoin and a million dollars, half of them for futures."""

    def make() -> Key:
        money = {"XXBT": 10 * UNITS["XXBT"], "ZUSD": 1_000_000 * UNITS["ZUSD"]}
        # Clients of this library sign without nonces, and send the same order twice.
        key = replace(exchange.client(f"client-{next(COUNT)}", money), nonce_optional=True)
        exchange.keys[key.public] = key
        exchange.to_futures(key, 500_000 * UNITS["ZUSD"])
        return key

    return make


def spot_client(url: str, key: Key | None = None) -> Any:
    options: dict[str, Any] = {
        "urls": {"api": {"public": url, "private": url}},
        "enableRateLimit": False,
    }
    return ccxt.kraken(options | credentials(key))


def futures_client(url: str, key: Key | None = None) -> Any:
    api = {
        "public": f"{url}/derivatives/api/",
        "private": f"{url}/derivatives/api/",
        "charts": f"{url}/api/charts/",
        "history": f"{url}/api/history/",
    }
    options: dict[str, Any] = {"urls": {"api": api}, "enableRateLimit": False}
    return ccxt.krakenfutures(options | credentials(key))


def credentials(key: Key | None) -> dict[str, str]:
    return {} if key is None else {"apiKey": key.public, "secret": key.secret_text}
