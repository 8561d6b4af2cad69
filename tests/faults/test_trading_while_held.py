"""A machine's clock that jumps takes no client's exchange away: they trade, cancel and read on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from pilothouse.venue.held import held
from tests.attack.test_rates import FAR, ORDER, futures, spot
from tests.trading_api.conftest import rich
from tests.trading_api.running import Exchange, running_exchange

__all__ = ["rich"]

HOUR_US = 3_600_000_000
JUMPING = """
import sys
from pathlib import Path
from pilothouse.venue import writer
from pilothouse.venue.clock import wall_clock_us
home = Path(sys.argv[1])
def jumping():
    put_on_top = home / "jump_us"
    return wall_clock_us() + (int(put_on_top.read_text()) if put_on_top.exists() else 0)
writer.Writer.__init__.__kwdefaults__["now"] = jumping
writer.run_writer(home)
"""


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run an exchange whose writer reads a clock that tests let jump."""
    with running_exchange(tmp_path_factory.mktemp("held"), writer=("-c", JUMPING)) as made:
        yield made


def jump(exchange: Exchange, us: int) -> None:
    """Let the writer's clock jump, whole: it never reads half a number."""
    beside = exchange.home / "jump_us.new"
    beside.write_text(str(us))
    beside.replace(exchange.home / "jump_us")
    while (held(exchange.home) is not None) != bool(us):
        time.sleep(0.01)


def health(exchange: Exchange) -> httpx.Response:
    return httpx.get(f"{exchange.url}/healthz", timeout=60)


def ready(exchange: Exchange) -> Any:
    """Return what the door says once it is ready: on a busy machine its replica may be behind."""
    while (told := health(exchange)).status_code != 200:
        time.sleep(0.01)
    assert told.json()["ready"] is True
    return told.json()


def test_d5_clients_trade_cancel_and_read_while_the_clock_is_held(
    exchange: Exchange, rich: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, real_ns = rich(), time.time_ns
    for off_us in (HOUR_US, -HOUR_US):
        # The gateway is on the same machine.
        monkeypatch.setattr(time, "time_ns", lambda off=off_us: real_ns() + off * 1_000)
        jump(exchange, off_us)
        before = health(exchange).json()["written_at"]
        ends = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
        placed = spot(exchange.url, key, "AddOrder", price=FAR, deadline=ends, **ORDER)
        assert placed["error"] == []
        late = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
        refused = spot(exchange.url, key, "AddOrder", price=FAR, deadline=late, **ORDER)
        assert refused["error"] == ["EService:Deadline elapsed"]
        assert len(spot(exchange.url, key, "OpenOrders")["result"]["open"]) == 1
        assert spot(exchange.url, key, "CancelAll")["result"]["count"] == 1
        wish = {"orderType": "lmt", "symbol": "PF_XBTUSD", "side": "buy", "size": "0.001"}
        sent = futures(
            exchange.url, key, "sendorder", "POST", limitPrice=FAR, processBefore=ends, **wish
        )
        assert sent["sendStatus"]["status"] == "placed"
        assert futures(exchange.url, key, "cancelallorders", "POST")["result"] == "success"
        told = ready(exchange)
        assert [one["cause"] for one in told["said"]] == ["clock_held"]
        assert "Clock held" in told["status"]
        # Time goes on by the steady clock, and moves no hour.
        while (now := health(exchange).json()["written_at"]) <= before:
            time.sleep(0.01)
        assert now - before < HOUR_US // 2
        unix = httpx.get(f"{exchange.url}/0/public/Time").json()["result"]["unixtime"]
        assert abs(unix - real_ns() // 10**9) < 600
    jump(exchange, 0)
    while ready(exchange)["status"] != "ok":
        time.sleep(0.01)
