"""The spot book streamed to many consumers: messages a second, and how late they are.

Writer, gateway and consumers are processes of their own. One loader places and cancels orders in
one market, one command a block, as fast as it is answered; every consumer follows the book at
depth ten. How late: from a block's stamp to the message's arrival at one consumer among all. Run
by hand, on a quiet machine: `python -m benchmarks.feeds`.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import re
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pilothouse.trading_api.process import run_gateway
from pilothouse.venue.client import VenueClient
from pilothouse.wiring.processes import answers, free_port
from tests.trading_api.feeds.crowd import Crowd
from tests.trading_api.running import START_S, Exchange, seed, writer_process

PAIR, SYMBOL = "BTC/USD", "XXBTZUSD"
HANDSHAKE = (
    b"GET /v2 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MESSAGE = b'"type":"update"'
STAMP = re.compile(rb'"timestamp":"([^"]+)Z"')


def nobody(public: str) -> None:
    """There are no keys here."""


def gateway(home: Path, port: int) -> None:
    # Every consumer comes from one address, which has limits that are not measured here.
    os.environ["PILOTHOUSE_RATE_TIER"] = "none"
    run_gateway(home, port, nobody, ready=lambda address: None)


def frame(message: dict[str, Any]) -> bytes:
    """Return a client's frame, masked with zeros."""
    text = json.dumps(message).encode()
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


async def consume(port: int, ends: Any, late: list[float] | None) -> int:
    """Follow the book; return how many updates came. `late` takes the seconds of each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HANDSHAKE)
    await reader.readuntil(b"\r\n\r\n")
    ask = {"channel": "book", "symbol": [PAIR], "depth": 10}
    writer.write(frame({"method": "subscribe", "params": ask}))
    count = 0
    while not ends.is_set():
        try:
            piece = await asyncio.wait_for(reader.read(1 << 16), 0.5)
        except TimeoutError:
            continue
        if not piece:
            raise ConnectionError("the gateway cut a consumer that reads")
        count += piece.count(MESSAGE)
        if late is not None and MESSAGE in piece:
            now = time.time()
            for stamp in STAMP.findall(piece):
                then = datetime.fromisoformat(f"{stamp.decode()}+00:00").timestamp()
                late.append(now - then)
    writer.close()
    return count


def consumers(port: int, many: int, ready: Any, ends: Any, told: Any) -> None:
    async def every() -> None:
        late: list[float] = []
        tasks = [
            asyncio.create_task(consume(port, ends, late if one == 0 else None))
            for one in range(many)
        ]
        await asyncio.sleep(1 + many / 500)
        ready.set()
        counts = await asyncio.gather(*tasks)
        told.put({"counts": counts, "late": sorted(late)})

    asyncio.run(every())


def one_run(exchange: Exchange, crowd: Crowd, port: int, many: int, seconds: float) -> Any:
    context = multiprocessing.get_context("spawn")
    ready, ends, told = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=consumers, args=(port, many, ready, ends, told))
    process.start()
    ready.wait(60)
    before, begun = crowd.sent, time.perf_counter()
    crowd.trade_until(lambda: time.perf_counter() - begun > seconds)
    sent, taken = crowd.sent - before, time.perf_counter() - begun
    time.sleep(1)
    ends.set()
    found = told.get(timeout=60)
    process.join()
    late = found["late"]
    return {
        "commands_per_s": round(sent / taken),
        "messages_per_s": round(sum(found["counts"]) / taken),
        "messages_each": min(found["counts"]),
        "late_ms_median": round(1_000 * late[len(late) // 2], 2),
        "late_ms_99": round(1_000 * late[len(late) * 99 // 100], 2),
    }


def measure(seconds: float, numbers: list[int]) -> dict[str, Any]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="pilothouse-feeds-") as folder:
        home = Path(folder)
        with writer_process(home):
            exchange = Exchange(home, VenueClient(home, patience_s=START_S))
            seed(exchange)
            money = {"XXBT": 10**10, "ZUSD": 10**13}
            accounts = [exchange.client(f"one-{k}", money).account for k in range(2)]
            crowd = Crowd(exchange, SYMBOL, accounts)
            crowd.fill(price=200_000, step=10, quantity=10**6)
            port = free_port()
            door = context.Process(target=gateway, args=(home, port), daemon=True)
            door.start()
            try:
                while not answers(port):
                    time.sleep(0.1)
                return {
                    f"{many} consumers": one_run(exchange, crowd, port, many, seconds)
                    for many in numbers
                }
            finally:
                door.terminate()
                door.join(30)
                exchange.venue.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--consumers", type=int, nargs="*", default=[1, 100, 1_000])
    asked = parser.parse_args()
    print(json.dumps(measure(asked.seconds, asked.consumers)))


if __name__ == "__main__":
    main()
