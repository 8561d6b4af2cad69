"""Seeding the demonstration: the exchange, its people, and the keys of two of its clients.

Seeding again is safe: the exchange's commands keep their names and get their first receipts, the
people get the password of this start, and keys that were written stay.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pilothouse.language.names import Name, Sender
from pilothouse.language.refusals import describe
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from pilothouse.simulation import markets
from pilothouse.simulation.crowd import Crowd
from pilothouse.simulation.entries import instrument_entries, spot_entries
from pilothouse.simulation.opening import stages
from pilothouse.simulation.population import Client
from pilothouse.simulation.process import Exchange
from pilothouse.venue.catalogue import Catalogue, load, merged, save
from pilothouse.venue.client import VenueClient
from pilothouse.wiring.founding import Family, found_register
from pilothouse.wiring.genesis import found_if_new
from pilothouse.wiring.importing.kraken import GENESIS_CAUSE
from pilothouse.wiring.people import begin_django, seed_person, shared_hash

KEYS_FILE: Final = "demo-keys.json"
PEOPLE: Final = ("operator", "risk", "manager", "auditor", "viewer")
PASSWORD_VARIABLE: Final = "PILOTHOUSE_DEMO_PASSWORD"
NAMES_HI: Final = 2
"""The founding has the names (1, k)."""


class SeedingFailed(RuntimeError):
    """The exchange refused a command without which there is no demonstration."""


def seed(home: Path, exchange: VenueClient, number: int = 1) -> None:
    """Seed a home whose writer runs: exchange, markets, clients, catalogue, people, keys.

    `number` is the seed of everyone and everything.
    """
    crowd = Crowd(number)
    if not (home / KEYS_FILE).exists():
        found_if_new(home, exchange)
        seed_exchange(exchange, crowd)
        save(home, merged(load(home), demo_catalogue()))
    begin_django(home)
    seed_people(os.environ[PASSWORD_VARIABLE])
    found_register(demo_families())
    if not (home / KEYS_FILE).exists():
        write_keys(home, crowd.population.keyed)


def demo_catalogue() -> Catalogue:
    """Return the entries of the demonstration's markets."""
    return Catalogue(spot=spot_entries(), instruments=instrument_entries())


def demo_families() -> list[Family]:
    """Return the families of the demonstration's markets, each of which becomes a product."""
    return [
        ("spot", "Spot", [one.symbol for one in markets.SPOT]),
        ("perpetuals", "Linear perpetuals", [one.symbol for one in markets.PERPETUALS]),
    ]


def seed_exchange(exchange: Exchange, crowd: Crowd) -> None:
    """Send the whole opening; SeedingFailed at the first refusal of anything but an order."""
    sent = 0
    for stage in stages(crowd):
        messages = [
            Message(one, Name(Sender.GENESIS, NAMES_HI, sent + k), GENESIS_CAUSE)
            for k, one in enumerate(stage)
        ]
        sent += len(messages)
        _send(exchange, crowd, stage, messages)


def _send(
    exchange: Exchange, crowd: Crowd, stage: Sequence[Command], messages: Sequence[Message]
) -> None:
    for command, receipt in zip(stage, exchange.submit(messages), strict=True):
        if receipt.outcome and not hasattr(command, "time_in_force"):
            raise SeedingFailed(f"{command}: {describe(receipt.outcome)}")
        crowd.told(command, receipt.position, receipt.outcome)


def seed_people(password: str) -> None:
    """Make the people of the demonstration, each named by their only role, with one password."""
    password_hash = shared_hash(PEOPLE, password)
    for name in PEOPLE:
        seed_person(name, name, password_hash)


def write_keys(home: Path, clients: tuple[Client, Client]) -> None:
    """Make a key that trades and one that reads; write both to the home, for its owner only."""
    from pilothouse.access.keys import make_key, secret_text

    made = {}
    for name, client, may_trade in (
        ("trading", clients[0], True),
        ("read_only", clients[1], False),
    ):
        key = make_key(client.account, may_trade=may_trade, label=f"demonstration {name}")
        made[name] = {"key": key.public, "secret": secret_text(key)}
    beside = home / f"{KEYS_FILE}.new"
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(made, indent=2))
    beside.replace(home / KEYS_FILE)
