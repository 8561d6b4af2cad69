"""One process of the embedded exchange: `python -m pilothouse.wiring.child PART HOME [PORT]`.

A child ends with its parent, however the parent ended, and tells it that its loop comes round. It
ends with a code that says whether starting it again is of use, and with a sentence as its last.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pilothouse.wiring.faults import sentence_of
from pilothouse.wiring.home import close_to_others
from pilothouse.wiring.lifeline import Sign, leave_with_parent
from pilothouse.wiring.parts import Part
from pilothouse.wiring.unfailing import say_without_failing
from pilothouse.wiring.victims import offer

if TYPE_CHECKING:
    from pilothouse.language.doors import Doorway
    from pilothouse.venue.readiness import AskAlso

Alive = Callable[[], None]


def main(arguments: list[str]) -> None:
    """Run the part that the arguments name until it is asked to stop."""
    part, home, port = Part(arguments[0]), Path(arguments[1]), int(arguments[2])
    os.environ["PILOTHOUSE_HOME"] = str(home)
    close_to_others()
    offer(part)
    say_without_failing()
    alive = Sign()
    leave_with_parent()
    try:
        PARTS[part](home, port, alive)
    except Exception as error:
        sentence, code = sentence_of(error, home)
        print(f"{part}: {sentence}", file=sys.stderr, flush=True)
        sys.exit(code)


def _compile(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.wiring.compiling import compile_once

    compile_once()


def _writer(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.venue.writer import log_line, run_writer
    from pilothouse.wiring.disk import judge_disk
    from pilothouse.wiring.witnesses import told

    judge_disk(home, log_line)
    run_writer(
        home,
        alive=alive,
        told=lambda: told(home, log_line),
        doors=_doors(home),
        founding_ends=True,
    )


def _doors(home: Path) -> list[Doorway]:
    """Return the doors of this folder.

    Invented traffic has none where money is real, and a founding that is over has none.
    """
    from pilothouse.language.doors import Doorway
    from pilothouse.wiring import environment
    from pilothouse.wiring.demo import KEYS_FILE
    from pilothouse.wiring.genesis import is_new

    founding = environment.read(home) or environment.UNFOUNDED
    invented = founding.environment in (environment.DEMO, environment.DRILL)
    shut = set() if invented else {Doorway.TRAFFIC}
    if not is_new(home) and not (invented and not (home / KEYS_FILE).exists()):
        shut.add(Doorway.FOUNDING)
    return [one for one in Doorway if one not in shut]


def _found(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.language.doors import Doorway
    from pilothouse.venue.client import VenueClient
    from pilothouse.wiring.genesis import found_if_new
    from pilothouse.wiring.people import begin_django

    begin_django(home)
    found_if_new(home, VenueClient(home, door=Doorway.FOUNDING))


def _begin_django() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.wiring.settings")
    django.setup()


def _seed(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.language.doors import Doorway
    from pilothouse.venue.client import VenueClient
    from pilothouse.wiring.demo import seed

    _judge_database(home)
    seed(home, VenueClient(home, door=Doorway.FOUNDING), _seed_number())


def _seed_number() -> int:
    return int(os.environ.get("PILOTHOUSE_SEED", "1"))


def _gateway(home: Path, port: int, alive: Alive) -> None:
    _begin_django()
    from pilothouse.control.revocations import find_key
    from pilothouse.trading_api.process import run_gateway
    from pilothouse.wiring.known_keys import KnownKeys

    slot = int(os.environ.get("PILOTHOUSE_GATEWAY_SLOT", "0"))
    keys = KnownKeys(find_key)
    run_gateway(home, port, keys, slot=slot, alive=alive, also=_questions(home))


def _console(home: Path, port: int, alive: Alive) -> None:
    _judge_database(home)
    from pilothouse.console.process import run_console
    from pilothouse.wiring.founding import found_register
    from pilothouse.wiring.people import begin_django
    from pilothouse.wiring.running import most_failures

    begin_django(home)
    from pilothouse.journal.storage import Files
    from pilothouse.records.losses import note_losses

    note_losses(Files(home))
    found_register()
    failures = partial(most_failures, home)
    run_console(home, port, alive=alive, also=_questions(home), failures=failures)


def _questions(home: Path) -> list[AskAlso]:
    """Return what a door needs to be ready that only the plug board knows."""
    from pilothouse.access.secret_file import SecretIsUnsafe
    from pilothouse.venue.readiness import Cause
    from pilothouse.wiring import environment

    def secret() -> Cause | None:
        try:
            environment.holding(home)
        except (SecretIsUnsafe, environment.WrongEnvironment, OSError) as error:
            return Cause("secret", f"{error}")
        return None

    return [secret]


def _judge_database(home: Path) -> None:
    from pilothouse.wiring.database import judge_database

    judge_database(home, lambda sentence: print(sentence, file=sys.stderr, flush=True))


def _traffic(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.simulation.process import run_traffic

    rate = int(os.environ.get("PILOTHOUSE_TRAFFIC_RATE", "500"))
    run_traffic(home, rate, _seed_number(), alive=alive)


def _replay(home: Path, port: int, alive: Alive) -> None:
    from pilothouse.wiring.replaying import go_on

    go_on(home, alive=alive)


PARTS: dict[Part, Callable[[Path, int, Alive], None]] = {
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
