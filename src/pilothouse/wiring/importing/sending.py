"""Sending an import: rehearsed whole on a copy of the exchange, then sent, then catalogued.

The rehearsal is what makes an import whole or nothing: a command that the exchange would refuse is
found before the first one is sent.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilothouse.journal.durable import DurableMark
from pilothouse.journal.storage import Files
from pilothouse.language.commands import OpenDoor
from pilothouse.language.names import Name, Sender
from pilothouse.language.refusals import describe
from pilothouse.language.rows import Message, to_rows
from pilothouse.venue import catalogue
from pilothouse.venue.client import VenueClient
from pilothouse.venue.follower import Follower
from pilothouse.venue.views.assets import all_assets
from pilothouse.venue.views.fees import last_fee_schedule
from pilothouse.venue.views.markets import all_markets
from pilothouse.wiring.genesis import found_if_new
from pilothouse.wiring.importing.drafts import Known
from pilothouse.wiring.importing.kraken import File, Translation, messages, translate

CATCH_UP_S: Final = 600


class ImportRefused(ValueError):
    """The exchange would refuse a command of the import; nothing was sent."""


def send_import(home: Path, pairs: File | None, instruments: list[File]) -> Translation:
    """Import into the exchange of a folder whose writer runs; found it if it is new.

    Raises Refused with the place and the reason, or ImportRefused; then nothing is imported.
    The journal names what is sent, once the rehearsal has shown that nothing is refused.
    """
    client = VenueClient(home)
    found_if_new(home, client)
    follower = Follower(home, from_snapshot=True)
    follower.start()
    try:
        _catch_up(follower)
        with follower.machine() as machine:
            translation = translate(pairs, instruments, known(machine))
            _rehearse(machine.copy(), translation)
    finally:
        follower.stop()
    _send(client, messages(translation, client.open_door(Sender.IMPORT)))
    catalogue.save(home, catalogue.merged(catalogue.last_good(home), translation.catalogue))
    return translation


def known(machine: Any) -> Known:
    """Return what an exchange has already."""
    assets = all_assets(machine)
    return Known(
        assets={one.symbol: one.number for one in assets},
        decimals={one.symbol: one.decimals for one in assets},
        markets={one.symbol: one.number for one in all_markets(machine)},
        fee_schedules=last_fee_schedule(machine),
    )


def _catch_up(follower: Follower) -> None:
    mark = DurableMark(Files(follower.home)).block
    until = time.monotonic() + CATCH_UP_S
    while follower.block < mark:
        if follower.fault or time.monotonic() > until:
            raise ImportRefused(follower.fault or "the journal could not be replayed in time")
        time.sleep(0.005)


def _rehearse(machine: Any, translation: Translation) -> None:
    # As the import's own, so that the copy refuses what the exchange would refuse to an import.
    door = to_rows(Message(OpenDoor(), Name(Sender.IMPORT, 0, 0)))
    made = messages(translation, int(machine.step(door, machine.time).receipts[0][2]))
    rows = np.concatenate([to_rows(one) for one in made])
    for message, receipt in zip(made, machine.step(rows, machine.time).receipts, strict=True):
        if receipt[1]:
            raise ImportRefused(f"{message.command.said()}: {describe(int(receipt[1]))}")


def _send(client: VenueClient, made: list[Message]) -> None:
    for message, receipt in zip(made, client.submit(made), strict=True):
        if not receipt.accepted:
            raise ImportRefused(f"{message.command.said()}: {describe(receipt.outcome)}")
