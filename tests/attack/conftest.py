"""What is attacked: the console over a world that lived, and the traders' door of an exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import pytest

from pilothouse.console import exchange as of_console
from pilothouse.control import ports
from pilothouse.gate.allowances import Rate
from pilothouse.language.kinds import ClientClass
from pilothouse.trading_api.rates import TIERS
from pilothouse.venue.rehearsal import AffectedAccount
from pilothouse.wiring.founding import found_register
from tests.console.conftest import at, team
from tests.control.doubles import Exchange as Double
from tests.trading_api import running
from tests.trading_api.conftest import rich
from tests.venue.lived import live, write_home
from tests.watch.conftest import FAMILIES

__all__ = ["at", "rich", "team"]

PRO = TIERS["pro"]


@pytest.fixture
def founded(db: Any) -> int:
    """The first register, for this test alone: its rows are attacked."""
    return found_register(FAMILIES)


FROZEN = replace(
    PRO,
    **{
        one.name: Rate(getattr(PRO, one.name).limit, 0)
        for one in fields(PRO)
        if isinstance(getattr(PRO, one.name), Rate)
    },
)
"""The limits of the tier, with counters that never fall: no test waits or hurries."""

BESIDE = 1
"""The slot of a door beside the exchange's own: in the same one it would shut that one out."""


class Lived(Double):
    """The exchange of one page, with the machine and the folder of a world that lived."""

    def __init__(self, home: Any, machine: Any) -> None:
        super().__init__()
        self.home, self.real = home, machine

    def impact(self, message: Any, after: Any = ()) -> Any:
        """Return the double's impact, with an account as the real rehearsal names it."""
        hit = AffectedAccount(7, ClientClass.RETAIL, 5_000, 1_500, 1_000, 2_000, 800, 1_600)
        return replace(super().impact(message), most_affected=(hit,))

    @contextmanager
    def machine(self) -> Iterator[Any]:
        """Lend the world's machine."""
        yield self.real


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a folder with a journal, and the machine at its end."""
    home, lived = tmp_path_factory.mktemp("lived"), live(5)
    write_home(home, lived.blocks)
    return home, lived.machine


@pytest.fixture
def stage(world: Any) -> Iterator[Lived]:
    """Connect the console to the world; what is sent changes a double alone."""
    made = Lived(*world)
    of_console._pasts.clear()
    ports.connect(made, made, made, made)
    yield made
    ports.disconnect()


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[running.Exchange]:
    """Run an exchange whose door does not limit."""
    with running.running_exchange(tmp_path_factory.mktemp("attacked")) as made:
        yield made


@pytest.fixture
def limited(exchange: running.Exchange) -> Iterator[running.Exchange]:
    """Open a second door to it, with the limits that everybody has, and no time that helps."""
    before = exchange.url, exchange.gate
    with running.gateway_thread(exchange, FROZEN, slot=BESIDE):
        yield exchange
    exchange.url, exchange.gate = before
