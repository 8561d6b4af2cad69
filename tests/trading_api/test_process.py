"""The gateway says that it is up, and ends when it is told to."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.trading_api.process import _caught_up
from tests.trading_api.running import Exchange, environment

PROGRAM = """
import socket, sys
from pathlib import Path
from pilothouse.trading_api.process import run_gateway
def ready(url):
    # Who is told the address may connect at once.
    host, port = url.removeprefix("http://").split(":")
    socket.create_connection((host, int(port))).close()
    print(url, flush=True)
run_gateway(Path(sys.argv[1]), 0, {}.get, ready=ready)
"""


def test_it_says_its_position(exchange: Exchange) -> None:
    answer = httpx.get(f"{exchange.url}/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["position"] > 0


def test_a_gateway_of_its_own_catches_up_answers_and_stops(exchange: Exchange) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(exchange.home)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        before = httpx.get(f"{exchange.url}/healthz").json()["position"]
        answer = httpx.get(f"{url}/healthz", timeout=60)
        assert answer.json()["status"] == "ok"
        assert answer.json()["position"] >= before - 1
        pairs = httpx.get(f"{url}/0/public/AssetPairs").json()["result"]
        assert set(pairs) == {"XXBTZUSD", "XDGEUR"}
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


class Waking:
    """A replica that an older engine release steps until it was looked at a few times."""

    block, fault = 1, None

    def __init__(self, home: Path) -> None:
        self.storage, self.looks = Files(home), 0

    @property
    def is_sealed(self) -> bool:
        self.looks += 1
        return self.looks < 4


def test_the_door_opens_only_when_the_replica_can_be_read(tmp_path: Path) -> None:
    follower = Waking(tmp_path)
    DurableMark(follower.storage).set(1)
    asyncio.run(_caught_up(follower))
    assert follower.looks == 4
