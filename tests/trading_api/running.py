"""A whole small exchange for tests: a writer process, a gateway in this one, clients with keys."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pilothouse.access.keys import ApiKey
from pilothouse.language.commands import (
    CreateExchange,
    Deposit,
    OpenAccount,
    SetIndexPrice,
    SetMarketStatus,
    Transfer,
)
from pilothouse.language.kinds import CauseKind, ClientClass, MarketStatus, Purpose, Wallet
from pilothouse.language.names import Cause, Name, Receipt, Sender
from pilothouse.language.numbers import E12
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from pilothouse.trading_api.process import gateway
from pilothouse.trading_api.rates import NO_LIMITS, Rates
from pilothouse.venue import catalogue
from pilothouse.venue.client import VenueClient, WriterIsAway
from pilothouse.wiring.importing.drafts import Known
from pilothouse.wiring.importing.kraken import File, messages, translate
from tests.trading_api import answers

GENESIS_NAMES = 1
BTC_USD = 20_000
START_S = 600


@dataclass(frozen=True)
class Key(ApiKey):
    may_trade: bool = True

    @property
    def secret_text(self) -> str:
        return base64.b64encode(self.secret).decode()


def key_of(public: str, account: int, may_trade: bool = True) -> Key:
    return Key(public, hashlib.sha512(public.encode()).digest(), account, may_trade)


@dataclass
class Exchange:
    """What a test holds of a running exchange."""

    home: Path
    venue: VenueClient
    url: str = ""
    keys: dict[str, Key] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)
    named: int = 0
    told: dict[tuple[int, int], int] = field(default_factory=dict)
    """What each source said last of each asset."""
    status_versions: dict[str, int] = field(default_factory=dict)
    gate: Any = None

    def ask(self, sender: Sender, commands: Sequence[Command]) -> list[Receipt]:
        kind = CauseKind.CHANGE if sender is Sender.CONTROL else CauseKind.GENESIS
        cause = Cause(kind, 1)
        sent = []
        for command in commands:
            self.named += 1
            if isinstance(command, SetIndexPrice):
                self.told[command.asset, command.source] = command.price_e12
            sent.append(Message(command, Name(sender, 1_000, self.named), cause))
        receipts = self.venue.submit(sent)
        assert all(one.accepted for one in receipts), [
            (command, one) for command, one in zip(commands, receipts, strict=True)
        ]
        return receipts

    def client(self, name: str, money: dict[str, int], may_trade: bool = True) -> Key:
        """Open an account with money in the spot wallet and a key of that name."""
        # More than the share of these small tables: what is limited here are the doors.
        account = OpenAccount(client_class=ClientClass.PROFESSIONAL, orders_max=1_024)
        (opened,) = self.ask(Sender.GENESIS, [account])
        account = opened.made
        gifts = [
            Deposit(account=account, asset=self.assets[asset], amount=amount)
            for asset, amount in money.items()
        ]
        self.ask(Sender.GENESIS, gifts)
        self.keys[name] = key_of(name, account, may_trade)
        return self.keys[name]

    def to_futures(self, key: Key, amount: int) -> None:
        """Move dollars to the futures wallet, in base units."""
        command = Transfer(
            account=key.account,
            asset=self.assets["ZUSD"],
            source=Wallet.SPOT,
            target=Wallet.FUTURES,
            amount=amount,
        )
        self.ask(Sender.GENESIS, [command])

    def set_status(self, symbol: str, status: MarketStatus) -> None:
        """Set a market's status, from the version it has after all earlier calls."""
        version = self.status_versions.get(symbol, 1)
        command = SetMarketStatus(market=self.numbers[symbol], status=status, base_version=version)
        self.ask(Sender.CONTROL, [command])
        self.status_versions[symbol] = version + 1


def environment() -> dict[str, str]:
    """Return what a child process needs to find the package where this one did."""
    return dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path))


@contextlib.contextmanager
def writer_process(home: Path, *program: str) -> Iterator[None]:
    """Run the writer as a process of its own, or a program that does; stop it at the end."""
    runs = program or ("-m", "pilothouse.venue.writer")
    process = subprocess.Popen([sys.executable, *runs, str(home)], env=environment())
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def seed(
    exchange: Exchange,
    pairs: str = answers.PAIRS,
    instruments: Sequence[str] = (answers.INSTRUMENTS,),
) -> None:
    """Create the exchange, list what the answers describe, give prices."""
    capacities = {
        "accounts": 512,
        "balances": 4_096,
        "positions": 1_024,
        "orders": 8_192,
        "levels": 8_192,
        "nodes": 8_192,
    }
    house = [
        OpenAccount(client_class=ClientClass.HOUSE, purpose=purpose)
        for purpose in (Purpose.CUSTODY, Purpose.FEES, Purpose.INSURANCE)
    ]
    exchange.ask(Sender.GENESIS, [CreateExchange(**capacities), *house])
    files = [File(f"instruments {k}", text) for k, text in enumerate(instruments)]
    made = translate(File("pairs", pairs), files, Known())
    receipts = exchange.venue.submit(messages(made, GENESIS_NAMES))
    for command, receipt in zip(made.commands, receipts, strict=True):
        assert receipt.accepted, (command, receipt)
        name = type(command).__name__
        if name in ("ListMarket", "ListAsset"):
            table = exchange.numbers if name == "ListMarket" else exchange.assets
            table[command.symbol] = receipt.made  # type: ignore[attr-defined]
    catalogue.save(exchange.home, made.catalogue)
    # Nobody gives the dollar an index: it is worth itself.
    prices = {"XXBT": BTC_USD, "ZEUR": 1}
    exchange.ask(
        Sender.INDEX,
        [
            SetIndexPrice(asset=exchange.assets[asset], source=source, price_e12=price * E12)
            for asset, price in prices.items()
            if asset in exchange.assets
            for source in (1, 2, 3)
        ],
    )


@contextlib.contextmanager
def sources_thread(exchange: Exchange) -> Iterator[None]:
    """Tell every source's last price again each second, so that no index grows stale."""
    done = threading.Event()

    def run() -> None:
        with contextlib.closing(VenueClient(exchange.home, patience_s=START_S)) as venue:
            # Names below those of `ask`: where two share a place, this one gives way for a second.
            names = (Name(Sender.INDEX, 1, number) for number in itertools.count())
            while True:
                messages = [
                    Message(
                        SetIndexPrice(asset=asset, source=source, price_e12=price), next(names)
                    )
                    for (asset, source), price in list(exchange.told.items())
                ]
                with contextlib.suppress(WriterIsAway):
                    venue.submit(messages)
                if done.wait(1):
                    return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(60)


@contextlib.contextmanager
def gateway_thread(exchange: Exchange, rates: Rates = NO_LIMITS, slot: int = 0) -> Iterator[None]:
    """Serve the exchange from a thread of this process until the end.

    A gateway beside another one needs a slot of its own, or it shuts the other out.

    Clients are not limited in most tests: those of the limits say which they have.
    """
    found: dict[str, Any] = {}
    up = threading.Event()

    async def serve() -> None:
        async with gateway(exchange.home, exchange.keys.get, rates, slot=slot) as server:
            server.config.port = 0
            listening = server.config.bind_socket()
            exchange.gate = server.config.app
            found.update(server=server, port=listening.getsockname()[1])
            up.set()
            await server.serve(sockets=[listening])

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found["fault"] = error
            up.set()
            raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert up.wait(START_S)
    assert "fault" not in found, found["fault"]
    exchange.url = f"http://127.0.0.1:{found['port']}"
    while not found["server"].started:
        time.sleep(0.01)
    try:
        yield
    finally:
        found["server"].should_exit = True
        thread.join(60)


@contextlib.contextmanager
def running_exchange(
    home: Path,
    rates: Rates = NO_LIMITS,
    sources: bool = True,
    writer: Sequence[str] = (),
    **seeds: Any,
) -> Iterator[Exchange]:
    """Start everything on an empty home; without `sources` the index is told once.

    `writer` is another program for the writer than the usual one.
    """
    with writer_process(home, *writer), contextlib.ExitStack() as feeds:
        venue = VenueClient(home, patience_s=START_S)
        exchange = Exchange(home, venue)
        try:
            seed(exchange, **seeds)
            if sources:
                feeds.enter_context(sources_thread(exchange))
            with gateway_thread(exchange, rates):
                yield exchange
        finally:
            feeds.close()
            venue.close()
