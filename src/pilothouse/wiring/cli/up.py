"""`pilothouse up`: the exchange with its doors in the foreground, as processes on one folder."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Annotated, Final

import typer

from pilothouse.venue.held import held
from pilothouse.wiring import environment
from pilothouse.wiring.cli.consent import consent
from pilothouse.wiring.cli.options import Home, TrustRelease
from pilothouse.wiring.cli.says import ERROR, OUT, complain, failure
from pilothouse.wiring.compiling import is_compiled
from pilothouse.wiring.database import ask_for_check, is_mended, sqlite_sentence
from pilothouse.wiring.genesis import is_new
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.missing_database import VARIABLE as NEW_DATABASE_VARIABLE
from pilothouse.wiring.missing_database import refuse_missing
from pilothouse.wiring.parts import Code, Part
from pilothouse.wiring.processes import (
    PartFailed,
    Processes,
    answers,
    free_port,
    port_is_taken,
    writer_listens,
)
from pilothouse.wiring.running import hold, take_over
from pilothouse.wiring.settling import PEOPLE, settle
from pilothouse.wiring.supervision import LOOK_S, Supervisor
from pilothouse.wiring.witnesses import WORD_VARIABLE

TRADING_PORT: Final = 8710
CONSOLE_PORT: Final = 8700
PASSWORD_VARIABLE: Final = "PILOTHOUSE_DEMO_PASSWORD"
NAMES: Final = {Part.GATEWAY: "trading API", Part.CONSOLE: "console"}


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Seed people, clients, markets and running traders.")
    ] = False,
    home: Home = None,
    trading_port: Annotated[
        int, typer.Option(help="Port of the trading API; 0 takes a free one.")
    ] = TRADING_PORT,
    console_port: Annotated[
        int, typer.Option(help="Port of the console; 0 takes a free one.")
    ] = CONSOLE_PORT,
    accept_lost_history: Annotated[
        str, typer.Option(help="Continue without lost history: the code word from the refusal.")
    ] = "",
    new_database: Annotated[
        bool, typer.Option("--new-database", help="Begin a new database when the old one is lost.")
    ] = False,
    trust_release: TrustRelease = None,
) -> None:
    """Run the exchange, its trading API and its console in the foreground, until Ctrl-C.

    A part that dies or hangs is restarted, after a longer wait each time. The exit code is 0 when
    it was stopped, 65 when the exchange refuses what it found in the folder, so that a restart
    does not help, and another code when it could not start.
    """
    if accept_lost_history:
        os.environ[WORD_VARIABLE] = accept_lost_history
    if new_database:
        os.environ[NEW_DATABASE_VARIABLE] = "1"
    place = judged_home(home)
    consent(trust_release)
    founding = settle(place, demo=demo, say=_note)
    if refuse_missing(place):
        complain(f"ALARM: the database of {place} was lost; a new one is begun")
    if founding.environment == environment.PRODUCTION and not is_mended():
        complain(f"SQLite is {sqlite_sentence()}. Install a newer one for production")
    with hold(place):
        if take_over(place, _note):
            ask_for_check(place)
        run_until_stopped(Run(Processes(place), _port(trading_port), _port(console_port), demo))


def run_until_stopped(run: Run) -> None:
    """Start a run's parts and keep them until a signal; end with the code that fits."""
    listen_for_signals(run)
    try:
        run.start()
        run.watch()
    except PartFailed as fault:
        # Said at once: the other parts may take a while to stop.
        complain(str(fault))
        run.processes.stop()
        raise typer.Exit(fault.code if fault.code > 0 else 1) from None
    stop(run)


def listen_for_signals(run: Run) -> None:
    """Have SIGINT and SIGTERM end a run at its next look."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, run.ask_to_stop)


def stop(run: Run) -> None:
    """Stop every part and say so."""
    killed = run.processes.stop()
    if killed:
        failure(f"had to be killed: {', '.join(killed)}")
    OUT.print("stopped")


def _note(sentence: str) -> None:
    ERROR.print(sentence, markup=False)


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
    seeded: bool = True
    keeps: Supervisor = field(init=False)

    def __post_init__(self) -> None:
        self.keeps = Supervisor(
            self.processes, say=complain, alarm=_alarm, after_failure=self._after_failure
        )

    def ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        """Remember that SIGINT or SIGTERM came; the run ends at its next look."""
        self.leaving = True

    def start(self) -> None:
        """Start every part in order and print the addresses once the doors answer.

        A door that fails is started again for as long as the run lasts and is not waited for.
        """
        if self.demo:
            os.environ.setdefault(PASSWORD_VARIABLE, secrets.token_urlsafe(12))
        if not is_compiled():
            self._once(Part.COMPILE, "compiling the engine")
        new = is_new(self.processes.home)
        self._begin(Part.WRITER)
        # What speaks of lost history is moved away first: doors would read it.
        if not new and not os.environ.get(WORD_VARIABLE):
            self._begin_early()
        self._wait_for_writer()
        if self.demo:
            self._seed(new)
        elif new:
            self._once(Part.FOUND, "founding the exchange")
        self._begin_doors()
        self._wait_for_doors()
        if self.demo and not self.leaving:
            self.keeps.keep(Part.TRAFFIC)
        if not self.leaving:
            self._announce()

    def watch(self) -> None:
        """Keep every part running until asked to stop."""
        while not self.leaving:
            self.keeps.tend()
            time.sleep(LOOK_S)

    def _once(self, part: Part, what: str) -> None:
        if self.leaving:
            return
        began = time.monotonic()
        # A service's log shows no spinner, and a minute without a word looks like a fault.
        if not OUT.is_terminal:
            OUT.print(f"{what} …")
        with OUT.status(f"{what} …"):
            self.processes.start(part)
            self.finish(part)
        OUT.print(f"{what}: {time.monotonic() - began:.1f} s")

    def _seed(self, new: bool) -> None:
        """Seed, or bring up to date what was seeded: then its failure leaves trading open."""
        try:
            self._once(Part.SEED, "seeding the demonstration")
        except PartFailed:
            child = self.processes.children.get(Part.SEED)
            # The writer may be what failed while the seeding was waited for.
            code = child.process.poll() if child else None
            if new or child is None or code not in (Code.REFUSES, Code.LATER):
                raise
            said = child.last_sentence()
            self.processes.forget(Part.SEED)
            self.seeded = False
            complain(f"the demonstration was not seeded again, trading goes on. It said: {said}")

    def finish(self, part: Part) -> None:
        """Wait for a part that ends by itself, and keep the others; PartFailed at an error."""
        child = self.processes.children[part]
        self._wait(lambda: child.process.poll() is not None)
        code = child.process.poll()
        if code:
            raise PartFailed(f"{part} ended with code {code}\n{child.last_lines()}", code)
        if code == 0:
            self.processes.forget(part)

    def _begin(self, part: Part) -> None:
        if not self.leaving and part not in self.keeps.kept:
            self.keeps.keep(part, self._ports.get(part, 0))

    @property
    def _ports(self) -> dict[Part, int]:
        return {Part.GATEWAY: self.trading_port, Part.CONSOLE: self.console_port}

    def _wait_for_writer(self) -> None:
        home = self.processes.home
        with OUT.status("starting the writer …"):
            self._wait(lambda: writer_listens(home))

    def _wait(self, holds: Callable[[], bool]) -> None:
        tell = partial(OUT.print, markup=False)
        while not self.leaving and not holds():
            self.keeps.tend()
            for sentence in self.processes.news():
                tell(sentence)
            time.sleep(0.05)

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
            self._wait(self._doors_answer_or_failed)

    def _doors_answer_or_failed(self) -> bool:
        # Both are asked each time: the first question has a door load what its answers need.
        waited = [
            part
            for part, port in self._ports.items()
            if not answers(port) and not self.keeps.has_failed(part)
        ]
        return not waited

    def _after_failure(self, part: Part) -> None:
        if part is not Part.TRAFFIC:
            ask_for_check(self.processes.home)

    def _announce(self) -> None:
        for part, port in self._ports.items():
            late = "" if answers(port) else "  does not answer yet; it is started again"
            OUT.print(f"{NAMES[part]:<11}  http://127.0.0.1:{port}{late}")
        OUT.print(f"folder       {self.processes.home}")
        if self.demo:
            OUT.print(f"people       {', '.join(PEOPLE)}")
            password = os.environ[PASSWORD_VARIABLE] if self.seeded else "that of the last start"
            OUT.print(f"password     {password}", markup=False)
            OUT.print(f"API keys     {self.processes.home / 'demo-keys.json'}")
            OUT.print("             trading, read_only; for ccxt's futures trading_without_nonces")
        hold = held(self.processes.home)
        if hold:
            complain(hold.said())
        OUT.print("Ctrl-C stops everything")


def _alarm(sentence: str) -> None:
    complain(f"ALARM: {sentence}")
