"""`pilothouse up`: the exchange with its doors in the foreground, as processes on one folder."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Annotated, Final

import typer

from pilothouse.wiring.cli.options import Home
from pilothouse.wiring.cli.says import OUT, complain, failure
from pilothouse.wiring.compiling import is_compiled
from pilothouse.wiring.genesis import is_new
from pilothouse.wiring.home import home_folder, make_home
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import (
    PartFailed,
    Processes,
    answers,
    free_port,
    port_is_taken,
    running_parts,
    writer_listens,
)

TRADING_PORT: Final = 8710
CONSOLE_PORT: Final = 8700
START_TIMEOUT_S: Final = 120
PASSWORD_VARIABLE: Final = "PILOTHOUSE_DEMO_PASSWORD"


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Seed people, clients, markets and running traders.")
    ] = False,
    home: Home = None,
    trading_port: Annotated[
        int, typer.Option(help="Port of the traders' door; 0 takes a free one.")
    ] = TRADING_PORT,
    console_port: Annotated[
        int, typer.Option(help="Port of the console; 0 takes a free one.")
    ] = CONSOLE_PORT,
) -> None:
    """Run the exchange, its trading API and its console in the foreground, until Ctrl-C."""
    place = home_folder(home)
    if running_parts(place):
        failure(f"an exchange runs on {place} already; see `pilothouse status`")
    run = Run(Processes(make_home(place)), _port(trading_port), _port(console_port), demo)
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, run.ask_to_stop)
    try:
        run.start()
        run.watch()
    except PartFailed as fault:
        # Said at once: the other parts may take a while to stop.
        complain(str(fault))
        run.processes.stop()
        raise typer.Exit(1) from None
    killed = run.processes.stop()
    if killed:
        failure(f"had to be killed: {', '.join(killed)}")
    OUT.print("stopped")


def _port(asked: int) -> int:
    if asked == 0:
        return free_port()
    if port_is_taken(asked):
        failure(f"port {asked} is taken; choose others with --trading-port and --console-port")
    return asked


@dataclass
class Run:
    """One run of the embedded exchange."""

    processes: Processes
    trading_port: int
    console_port: int
    demo: bool
    leaving: bool = False

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that SIGINT or SIGTERM came; the run ends at its next look."""
        self.leaving = True

    def start(self) -> None:
        """Start every part in order and print the addresses once both doors answer."""
        os.environ.setdefault("PILOTHOUSE_ENVIRONMENT", "demo" if self.demo else "production")
        if self.demo:
            os.environ.setdefault(PASSWORD_VARIABLE, secrets.token_urlsafe(12))
        if not is_compiled():
            self._once(Part.COMPILE, "compiling the engine")
        new = is_new(self.processes.home)
        self._begin(Part.WRITER)
        if not new:
            self._begin_early()
        self._wait_for_writer()
        if self.demo:
            self._once(Part.SEED, "seeding the demonstration")
        elif new:
            self._once(Part.FOUND, "founding the exchange")
        self._begin_doors()
        self._wait_for_doors()
        if self.demo and not self.leaving:
            self.processes.start(Part.TRAFFIC)
        if not self.leaving:
            self._announce()

    def watch(self) -> None:
        """Wait until asked to stop; PartFailed if a part ends by itself."""
        while not self.leaving:
            self.processes.check()
            time.sleep(0.2)

    def _asked(self) -> bool:
        return self.leaving

    def _once(self, part: Part, what: str) -> None:
        if self.leaving:
            return
        began = time.monotonic()
        with OUT.status(f"{what} …"):
            self.processes.start(part)
            self.processes.finish(part, self._asked)
        OUT.print(f"{what}: {time.monotonic() - began:.1f} s")

    def _begin(self, part: Part) -> None:
        if not self.leaving and part not in self.processes.children:
            self.processes.start(part, self._ports.get(part, 0))

    @property
    def _ports(self) -> dict[Part, int]:
        return {Part.GATEWAY: self.trading_port, Part.CONSOLE: self.console_port}

    def _wait_for_writer(self) -> None:
        home = self.processes.home
        with OUT.status("starting the writer …"):
            self._wait("an answer of the writer", lambda: writer_listens(home))

    def _wait(self, what: str, holds: Callable[[], bool]) -> None:
        tell = partial(OUT.print, markup=False)
        self.processes.wait_until(what, holds, START_TIMEOUT_S, self._asked, tell)

    def _begin_early(self) -> None:
        # Doors read the journal's files, so they need not wait for the writer. Seeding writes the
        # database that the console brings to this release: one after the other.
        self._begin(Part.GATEWAY)
        if not self.demo:
            self._begin(Part.CONSOLE)

    def _begin_doors(self) -> None:
        for part in self._ports:
            self._begin(part)

    def _wait_for_doors(self) -> None:
        with OUT.status("starting the trading API and the console …"):
            self._wait("an answer of both doors", self._doors_answer)

    def _doors_answer(self) -> bool:
        # Both are asked each time: the first question has a door load what its answers need.
        silent = [port for port in self._ports.values() if not answers(port)]
        return not silent

    def _announce(self) -> None:
        OUT.print(f"trading API  http://127.0.0.1:{self.trading_port}")
        OUT.print(f"console      http://127.0.0.1:{self.console_port}")
        OUT.print(f"folder       {self.processes.home}")
        if self.demo:
            OUT.print("people       operator, risk, manager, auditor, viewer")
            OUT.print(f"password     {os.environ[PASSWORD_VARIABLE]}", markup=False)
            OUT.print(f"API keys     {self.processes.home / 'demo-keys.json'}")
        OUT.print("Ctrl-C stops everything")
