"""One process of the embedded exchange: `python -m pilothouse.wiring.child PART HOME [PORT]`.

A child ends with its parent, however the parent ended: it holds the reading end of a pipe whose
writing end only the parent has, and the pipe's end is the parent's.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pilothouse.wiring.parts import Part


def main(arguments: list[str]) -> None:
    """Run the part that the arguments name until it is asked to stop."""
    part, home, port = Part(arguments[0]), Path(arguments[1]), int(arguments[2])
    os.environ["PILOTHOUSE_HOME"] = str(home)
    threading.Thread(target=_leave_with_parent, name="leave-with-parent", daemon=True).start()
    PARTS[part](home, port)


def _leave_with_parent() -> None:
    # A blocked read costs the writer's one computing thread nothing.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _compile(home: Path, port: int) -> None:
    from pilothouse.wiring.compiling import compile_once

    compile_once()


def _writer(home: Path, port: int) -> None:
    from pilothouse.journal.appender import JournalFailed
    from pilothouse.journal.mend import Damaged
    from pilothouse.venue.recovery import STOPPED
    from pilothouse.venue.writer import AnotherWriter, run_writer

    try:
        run_writer(home)
    except (AnotherWriter, Damaged, JournalFailed, *STOPPED) as fault:
        # Its sentence says what to do; where in the code it was said helps nobody.
        sys.exit(f"writer: {fault}")


def _found(home: Path, port: int) -> None:
    from pilothouse.venue.client import VenueClient
    from pilothouse.wiring.genesis import found_if_new

    found_if_new(home, VenueClient(home))


def _begin_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.wiring.settings")
    django.setup()


def _seed(home: Path, port: int) -> None:
    from pilothouse.venue.client import VenueClient
    from pilothouse.wiring.demo import seed

    seed(home, VenueClient(home), _seed_number())


def _seed_number() -> int:
    return int(os.environ.get("PILOTHOUSE_SEED", "1"))


def _gateway(home: Path, port: int) -> None:
    _begin_django()
    from pilothouse.access.keys import find_key
    from pilothouse.trading_api.process import CannotFollow, run_gateway

    try:
        run_gateway(home, port, find_key)
    except CannotFollow as fault:
        sys.exit(f"gateway: {fault}")


def _console(home: Path, port: int) -> None:
    from pilothouse.console.process import run_console
    from pilothouse.wiring.founding import found_register
    from pilothouse.wiring.people import begin_django

    begin_django(home)
    from pilothouse.records.archive.parts import OtherColumns

    found_register()
    try:
        run_console(home, port)
    except OtherColumns as fault:
        sys.exit(f"console: {fault}")


def _traffic(home: Path, port: int) -> None:
    from pilothouse.simulation.process import run_traffic

    rate = int(os.environ.get("PILOTHOUSE_TRAFFIC_RATE", "500"))
    run_traffic(home, rate, _seed_number())


def _replay(home: Path, port: int) -> None:
    from pilothouse.wiring.replaying import go_on

    go_on(home)


PARTS: dict[Part, Callable[[Path, int], None]] = {
    Part.COMPILE: _compile,
    Part.WRITER: _writer,
    Part.FOUND: _found,
    Part.SEED: _seed,
    Part.GATEWAY: _gateway,
    Part.CONSOLE: _console,
    Part.TRAFFIC: _traffic,
    Part.REPLAY: _replay,
}

if __name__ == "__main__":
    main(sys.argv[1:])
