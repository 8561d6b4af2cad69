"""Journaled throughput, and the latency of one order, alone and beside previews, snapshots and
reads, next to this disk's own sync.

A writer runs as a process of its own on a fresh folder, with the real engine. Throughput: several
client processes send frames as fast as they are answered. Latency: one client sends single orders,
2,000 a second, and notes when each is answered. Run by hand, on a quiet machine:
`python -m benchmarks.journaled`.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pilothouse.language.commands import CreateExchange, SetPriceBand
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message, Rows, to_rows
from pilothouse.venue.client import VenueClient
from pilothouse.venue.follower import Follower
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.wire import HEAD, SOCKET, answer_size, ask
from tests.venue.exchange import genesis, trader

ROOT = Path(__file__).parents[1]
PREPARED = 20_000
START_S = 900
DISTURBED_FROM_S = 10
"""Until then the other process has replayed the journal and made its first copy."""


def sync_latencies(home: Path, count: int, size: int = 320) -> list[float]:
    """Return the seconds that each of `count` appends of `size` bytes with fdatasync took."""
    handle = os.open(home / "probe", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        os.write(handle, bytes(size))
        os.fdatasync(handle)
        taken.append(time.perf_counter() - begun)
    os.close(handle)
    return taken


def start_writer(home: Path) -> tuple[subprocess.Popen[bytes], VenueClient]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    writer = subprocess.Popen(
        [sys.executable, "-m", "pilothouse.venue.writer", str(home)], env=environment
    )
    client = VenueClient(home, patience_s=START_S)
    asked = [to_rows(one) for one in genesis()]
    assert CreateExchange.number == asked[0][0, 0]
    assert not client.submit_rows(np.concatenate(asked))[:, 1].any()
    return writer, client


def prepared_rows(number: int, count: int = PREPARED) -> Rows:
    """Return orders and cancels of one sender, ready to be named and sent."""
    made = itertools.islice(trader(Sender.GATEWAY + number, number), count)
    return np.concatenate([to_rows(one) for one in made])


def flood(home: Path, number: int, frame: int, seconds: float, answer: Any) -> None:
    """Send frames until the time is over; tell how many commands were answered."""
    client, rows = VenueClient(home, patience_s=START_S), prepared_rows(number)
    count, begun = 0, time.perf_counter()
    for turn in itertools.count():
        at = turn * frame % (PREPARED - frame)
        piece = rows[at : at + frame].copy()
        piece[:, 4] = np.arange(1 + turn * frame, 1 + (turn + 1) * frame)
        count += len(client.submit_rows(piece))
        if time.perf_counter() - begun > seconds:
            break
    answer.put((count, time.perf_counter() - begun))


def throughput(home: Path, clients: int, frame: int, seconds: float) -> float:
    """Return how many commands a second were answered, all clients together."""
    answers = multiprocessing.Queue()
    asked = [(home, number, frame, seconds, answers) for number in range(clients)]
    running = [multiprocessing.Process(target=flood, args=one) for one in asked]
    for one in running:
        one.start()
    counted = [answers.get() for _ in running]
    for one in running:
        one.join()
    return sum(count for count, _ in counted) / max(taken for _, taken in counted)


def latencies(home: Path, rate: int, count: int, number: int = 20) -> tuple[list[float], float]:
    """Return the seconds from each order to its answer; each is sent alone when its time comes.

    The load is open: an order does not wait for the answer to the one before.
    """
    rows, sent, answered = prepared_rows(number, count), [0.0] * count, [0.0] * count
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.connect(str(home / SOCKET))
    reader = threading.Thread(target=read_answers, args=(link, answered))
    reader.start()
    begun = time.perf_counter()
    for turn in range(count):
        time.sleep(max(0.0, begun + turn / rate - time.perf_counter()))
        sent[turn] = time.perf_counter()
        link.sendall(ask(turn, rows[turn : turn + 1]))
    reader.join()
    link.close()
    taken = [end - start for start, end in zip(sent, answered, strict=True)]
    return taken, count / (time.perf_counter() - begun)


def disturb(home: Path, stopping: Any) -> None:
    """Follow the writer, and take snapshots, rehearse and read without a pause."""
    follower = Follower(home)
    follower.start()
    snapshots, rehearsal = Snapshotter(follower), Rehearsal(follower)
    band = SetPriceBand(market=1, band_ppm=50_000, base_version=1)
    while not stopping.is_set():
        snapshots.take()
        rehearsal.impact(Message(band, Name(Sender.CONTROL, 1, 1), Cause(CauseKind.CONTROL, 1)))
        with follower.machine() as machine:
            machine.fingerprint()
    follower.stop()


def disturbed(home: Path, rate: int, count: int) -> tuple[list[float], float]:
    """Return what `latencies` does while another process previews, snapshots and reads."""
    stopping = multiprocessing.Event()
    other = multiprocessing.Process(target=disturb, args=(home, stopping))
    other.start()
    time.sleep(DISTURBED_FROM_S)
    taken = latencies(home, rate, count, 21)
    stopping.set()
    other.join()
    return taken


def read_answers(link: socket.socket, answered: list[float]) -> None:
    """Note when each answer came."""
    source, left = link.makefile("rb"), len(answered)
    while left:
        head = source.read(HEAD.size)
        source.read(answer_size(head))
        answered[HEAD.unpack(head)[0]] = time.perf_counter()
        left -= 1


def milliseconds(taken: Sequence[float]) -> dict[str, float]:
    p50, p99, longest = np.percentile(taken, [50, 99, 100]) * 1e3
    return {"p50_ms": round(p50, 3), "p99_ms": round(p99, 3), "longest_ms": round(longest, 3)}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--clients", type=int, default=3)
    asked.add_argument("--frame", type=int, default=2_048)
    asked.add_argument("--seconds", type=float, default=5)
    asked.add_argument("--rate", type=int, default=2_000)
    asked.add_argument("--orders", type=int, default=6_000)
    asked.add_argument("--home", default=None, help="a folder on the disk to be measured")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.home) as folder:
        home = Path(folder)
        writer, client = start_writer(home)
        client.close()
        try:
            result = measure(home, given)
        finally:
            writer.send_signal(signal.SIGTERM)
            writer.wait()
    print(json.dumps(result, indent=2))


def measure(home: Path, given: argparse.Namespace) -> dict[str, Any]:
    before = milliseconds(sync_latencies(home, 2_000))
    alone, reached = latencies(home, given.rate, given.orders)
    beside, _ = disturbed(home, given.rate, given.orders)
    return {
        "sync_alone": before,
        "one_order_alone": milliseconds(alone) | {"orders_per_second": round(reached)},
        "beside_previews_snapshots_and_reads": milliseconds(beside),
        "sync_alone_again": milliseconds(sync_latencies(home, 2_000)),
        "commands_per_second": round(throughput(home, given.clients, given.frame, given.seconds)),
        "clients": given.clients,
        "frame": given.frame,
    }


if __name__ == "__main__":
    main()
