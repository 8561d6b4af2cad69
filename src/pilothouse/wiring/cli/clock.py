"""`pilothouse clock`: the exchange's time beside this machine's clock, and a person's word."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pilothouse.journal.steady import steady_us
from pilothouse.venue.clock import BOUND_US, wall_clock_us
from pilothouse.venue.held import Hold, accept, read_state
from pilothouse.venue.moments import said
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import has_exchange, judged_home
from pilothouse.wiring.people import begin_django

clock_app = typer.Typer(help="The exchange's time and this machine's clock.", no_args_is_help=True)
WHY_LEAST: int = 8
"""Characters a reason has at least."""


@clock_app.command("show")
def show(home: Home = None, as_json: AsJson = False) -> None:
    """Show whether the exchange follows this machine's clock, and the difference."""
    place = _exchange(home, as_json)
    state, wall = read_state(place), wall_clock_us()
    told: dict[str, Any] = {"machine": said(wall), "held": False, "clock": "followed"}
    if state is not None and state.hold is not None:
        told |= {"held": True, "clock": state.hold.said()}
    if state is not None and not (state.hold and state.hold.stands):
        exchange = state.offset_us + steady_us()
        told["exchange"] = said(exchange)
        if state.hold is None and exchange - wall > BOUND_US:
            told["clock"] = "accepted; the exchange's time runs at half speed until both agree"
    facts(told, as_json)


@clock_app.command("accept")
def accept_clock(
    by: Annotated[str, typer.Option("--by", help="Who accepts it: a person of the exchange.")],
    why: Annotated[str, typer.Option("--why", help="The reason; the audit log records it.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Accept this machine's clock as right after it was held, with a reason.

    If it is ahead, the exchange's time jumps to it; if it is behind, the exchange's time runs at
    half speed until both agree. The running writer applies it within a second.
    """
    place = _exchange(home, as_json)
    state = read_state(place)
    if state is None or state.hold is None:
        failure("the clock is not held; there is nothing to accept", as_json)
    if len(why.strip()) < WHY_LEAST:
        failure(f"the reason has fewer than {WHY_LEAST} characters; say why it is right", as_json)
    begin_django(place)
    wall = wall_clock_us()
    _audit(by, why.strip(), state.hold, wall, as_json)
    accept(place, state.hold, wall, by, why.strip())
    facts({"accepted": said(wall), "by": by}, as_json)


def _exchange(home: Path | None, as_json: bool) -> Path:
    place = judged_home(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange; make one with `pilothouse up`", as_json)
    return place


def _audit(by: str, why: str, hold: Hold, wall_us: int, as_json: bool) -> None:
    from django.db import transaction

    from pilothouse.access.models import Person
    from pilothouse.records import audit

    if not Person.objects.filter(username=by, is_active=True).exists():
        failure(f"there is no user {by}; see `pilothouse person`", as_json)
    told = {"exchange_us": hold.exchange_us, "wall_us": wall_us, "stands": hold.stands}
    with transaction.atomic():
        sentence = f"this machine's clock, {said(wall_us)}, was accepted as right: {why}"
        audit.write(by, "clock.accepted", f"clock:{hold.name}", sentence, facts=told)
