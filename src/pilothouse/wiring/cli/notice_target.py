"""`pilothouse notice-target`: say where notices go, try it, or remove it."""

from __future__ import annotations

import os
from typing import Annotated, Final

import typer

from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.people import begin_django
from pilothouse.wiring.settling import settle

ADDRESS_VARIABLE: Final = "PILOTHOUSE_NOTICE_ADDRESS"
ACTOR: Final = "command line"


def notice_target(
    key: Annotated[str, typer.Argument(help="The key that routes use, for example ops_mail.")],
    drops_repeats: Annotated[
        bool,
        typer.Option(
            "--drops-repeats",
            help="The receiver drops a notice whose Idempotency-Key it has seen: a notice can be "
            "sent again when an answer was lost. For webhooks.",
        ),
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Remove it.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Set the address of a mailbox, chat or webhook that notices go to, as Apprise writes it.

    The address is asked for, or taken from PILOTHOUSE_NOTICE_ADDRESS; it is kept sealed, and a
    trial notice is sent to it at once. The audit log records it without the address's secrets.
    """
    place = judged_home(home)
    settle(place)
    begin_django(place)
    from pilothouse.desk import targets

    if remove:
        if not targets.remove_target(key, actor=ACTOR):
            failure(f"there is no target {key}", as_json)
        facts({"target": key, "removed": True}, as_json)
        return
    address = os.environ.get(ADDRESS_VARIABLE) or typer.prompt("Address", hide_input=True)
    facts(_set(key, str(address), drops_repeats, as_json), as_json)


def _set(key: str, address: str, drops_repeats: bool, as_json: bool) -> dict[str, object]:
    from django.utils import timezone

    from pilothouse.desk import sending, targets

    try:
        target = targets.set_target(
            key, address, drops_repeats=drops_repeats, actor=ACTOR, now=timezone.now()
        )
    except targets.BadTarget as error:
        failure(str(error), as_json)
    letter = sending.Letter("Pilothouse: a trial", "Notices come here.", "medium", f"trial-{key}")
    tried = sending.send(address, letter)
    return {"target": key, "address": target.masked, "trial": tried.sentence}
