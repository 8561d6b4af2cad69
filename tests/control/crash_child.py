"""A console process of its own, for the test of a crash. `first` dies while it sends; `second`
starts on the same home and lets the machine go on. Each writes what it sent beside the home.
"""

import os
import sys
from pathlib import Path

import django

HOME = Path(os.environ["PILOTHOUSE_HOME"])


def sent(name, message):
    from pilothouse.language.rows import to_rows

    with (HOME / name).open("a") as file:
        file.write(to_rows(message).tobytes().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def first(team, exchange):
    from pilothouse.control import apply, approve, preview, propose
    from tests.control.conftest import NOON, wish

    def die(messages):
        sent("first", messages[0])
        os._exit(9)

    exchange.submit = die
    change = propose.propose(
        "margin_schedule", wish(4, 2), by=team.operator, why="volatility", now=NOON
    )
    change = preview.first(change, by=team.operator, now=NOON)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    apply.apply(change, by=team.operator, now=NOON)


def second(exchange):
    from pilothouse.control import worker
    from pilothouse.control.models import Change
    from tests.control.conftest import NOON

    real = exchange.submit

    def note(messages):
        sent("second", messages[0])
        return real(messages)

    exchange.submit = note
    seen = [Change.objects.get().state]
    for _ in range(3):
        worker.tick(NOON)
        seen.append(Change.objects.get().state)
    print(" ".join(seen))


def main():
    django.setup()
    from django.core.management import call_command

    from pilothouse.control import ports
    from tests.control.conftest import Team
    from tests.control.doubles import Exchange

    exchange = Exchange()
    ports.connect(exchange, exchange, exchange, exchange)
    if sys.argv[1] == "first":
        call_command("migrate", verbosity=0, interactive=False)
        first(Team(), exchange)
    else:
        second(exchange)


main()
