"""A client that keeps the truth: what was acknowledged is in the journal, and there once."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import PlaceOrder
from pilothouse.language.rows import from_rows, split
from pilothouse.trading_api.signing import futures_signature
from tests.faults.whole import OPENER, WAIT_S, Whole, until

API = "/api/v3"
RESTING_MOST = 50
"""An account has its share of the table of orders: a client that lives long takes its own back."""


class Client:
    """A trader that sends small orders one by one and remembers which were acknowledged."""

    def __init__(self, whole: Whole, name: str) -> None:
        facts = json.loads((whole.home / "demo-keys.json").read_text())["trading"]
        self.key, self.secret = facts["key"], base64.b64decode(facts["secret"])
        self.whole, self.name, self.count = whole, name, 0
        self.acknowledged: list[str] = []
        self.unknown: list[str] = []
        self.answers: list[dict] = []
        self._taken_back = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(WAIT_S)

    def goes_on(self, more: int = 3) -> None:
        """Wait until further orders were acknowledged."""
        wanted = len(self.acknowledged) + more
        last = self.answers[-1:]
        until(lambda: len(self.acknowledged) >= wanted, f"{more} more orders taken, {last}")

    def _run(self) -> None:
        while not self._ending.is_set():
            self.send()
            if len(self.acknowledged) - self._taken_back >= RESTING_MOST:
                self.take_back()
            self._ending.wait(0.2)

    def send(self) -> dict:
        """Send one order far from the market; never the same twice."""
        self.count += 1
        called = f"{self.name}-{self.count}"
        order = {"orderType": "lmt", "symbol": "PF_XBTUSD", "side": "buy", "size": "0.001"}
        told = self._ask("sendorder", order | {"limitPrice": "30000", "cliOrdId": called})
        self.answers.append(told)
        if told.get("sendStatus", {}).get("order_id"):
            self.acknowledged.append(called)
        else:
            self.unknown.append(called)
        return told

    def take_back(self) -> None:
        """Cancel everything that rests; if nobody answers, the next order asks again."""
        so_far = len(self.acknowledged)
        if self._ask("cancelallorders", {}).get("result") == "success":
            self._taken_back = so_far

    def _ask(self, word: str, words: dict[str, str]) -> dict:
        body = urllib.parse.urlencode(words).encode()
        nonce = str(time.time_ns() // 1_000).encode()
        signed = futures_signature(self.secret, body, nonce, f"{API}/{word}".encode())
        headers = {
            "APIKey": self.key,
            "Nonce": nonce.decode(),
            "Authent": base64.b64encode(signed).decode(),
        }
        address = f"http://127.0.0.1:{self.whole.trading}/derivatives{API}/{word}"
        asked = urllib.request.Request(address, body, headers, method="POST")
        try:
            with OPENER.open(asked, timeout=60) as answer:
                return json.loads(answer.read())
        except (OSError, ValueError) as error:
            return {"failed": str(error)}


def orders_in(home: Path) -> dict[str, set[tuple[int, int, int]]]:
    """Return every order of the journal by its client's name, with the names of its commands.

    A command that was sent again after a lost answer has the same name: it was executed once.
    """
    storage, found = Files(home), defaultdict(set)
    reader = Reader(storage)
    for block in reader.read(DurableMark(storage).block):
        for one in split(block.rows):
            if int(one[0, 0]) == PlaceOrder.number:
                message = from_rows(one)
                if message.command.client_order_id:
                    name = (int(one[0, 2]), int(one[0, 3]), int(one[0, 4]))
                    found[message.command.client_order_id].add(name)
    reader.close()
    return found


@dataclass(frozen=True)
class Judged:
    """How many orders were acknowledged, how many are lost, how many were executed twice."""

    acknowledged: int
    lost: int
    twice: int


def judge(client: Client, home: Path | None = None) -> Judged:
    """Assert that nothing acknowledged is lost and nothing was executed twice."""
    seen = orders_in(home or client.whole.home)
    lost = [one for one in client.acknowledged if one not in seen]
    twice = [one for one, names in seen.items() if len(names) > 1]
    assert not lost, f"acknowledged and lost: {lost}"
    assert not twice, f"executed twice: {twice}"
    assert client.acknowledged, client.answers[:3]
    return Judged(len(client.acknowledged), len(lost), len(twice))
