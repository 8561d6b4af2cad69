"""Seeding the demonstration: the exchange, its people, and three keys of two of its clients.

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
from pilothouse.venue.catalogue import Catalogue, last_good, merged, save
from pilothouse.venue.client import VenueClient
from pilothouse.wiring import environment
from pilothouse.wiring.founding import Family, found_register
from pilothouse.wiring.genesis import found_if_new
from pilothouse.wiring.importing.kraken import GENESIS_CAUSE
from pilothouse.wiring.people import begin_django, seed_person, shared_hash
from pilothouse.wiring.settling import PEOPLE

KEYS_FILE: Final = "demo-keys.json"
PASSWORD_VARIABLE: Final = "PILOTHOUSE_DEMO_PASSWORD"
NAMES_HI: Final = 2
"""The founding has the names (1, k)."""


class SeedingFailed(RuntimeError):
    """The exchange refused a command without which there is no demonstration."""


def seed(home: Path, exchange: VenueClient, number: int = 1) -> None:
    """Seed a home whose writer runs: exchange, markets, clients, catalogue, people, keys.

    `number` is the seed of everyone and everything. Raises WrongEnvironment, before anything is
    sent or written, unless the folder was founded as a demonstration.
    """
    refuse_other_than_demo(home)
    crowd = Crowd(number)
    # Before the first block: a journal without a database means that the database was lost.
    begin_django(home)
    if not (home / KEYS_FILE).exists():
        found_if_new(home, exchange)
        seed_exchange(exchange, crowd)
        save(home, merged(last_good(home), demo_catalogue()))
    seed_people(os.environ[PASSWORD_VARIABLE])
    found_register(demo_families())
    if not (home / KEYS_FILE).exists() or no_keys_are_known():
        write_keys(home, crowd.population.keyed)


def refuse_other_than_demo(home: Path) -> None:
    """Raise WrongEnvironment unless a folder says that it is a demonstration."""
    known = environment.holding(home)
    if known.environment != environment.DEMO:
        raise environment.WrongEnvironment(
            f"{home} is {known.environment}: no demonstration is seeded there. Nothing was "
            f"changed. Start a demonstration on a folder of its own: `pilothouse up --demo --home`"
        )


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


def no_keys_are_known() -> bool:
    """Tell whether the database has no API key: a new one was begun where it was lost."""
    from pilothouse.access.models import StoredKey

    return not StoredKey.objects.exists()


def write_keys(home: Path, clients: tuple[Client, Client]) -> None:
    """Make the keys and write them to the home, for its owner only.

    One trades, one trades futures without nonces as often as the same bytes come, one reads.
    """
    from pilothouse.access.keys import make_key, secret_text

    made = {}
    for name, client, may_trade, optional in (
        ("trading", clients[0], True, False),
        ("trading_without_nonces", clients[0], True, True),
        ("read_only", clients[1], False, False),
    ):
        label = f"demonstration {name}"
        key = make_key(client.account, may_trade=may_trade, label=label, nonce_optional=optional)
        made[name] = {"key": key.public, "secret": secret_text(key)}
    beside = home / f"{KEYS_FILE}.new"
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(made, indent=2))
    beside.replace(home / KEYS_FILE)
