"""`pilothouse environment`: what a folder is; or the word for one that does not say it."""

from __future__ import annotations

from typing import Annotated

import typer

from pilothouse.wiring import environment as foundings
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import is_ours, judged_home
from pilothouse.wiring.settling import settle_as, what_it_was


def environment(
    name: Annotated[
        str | None,
        typer.Argument(
            help="The environment of a folder that has none yet: demo, staging or production."
        ),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show the environment of a folder, or set it once for a folder of an older release.

    A folder's environment is written when it is founded and never changes. A folder of a release
    that did not write it is taken as production, unless its journal begins as a demonstration.
    """
    place = judged_home(home)
    if name is not None and name not in (foundings.DEMO, "staging", foundings.PRODUCTION):
        failure(f"{name} is not an environment; use demo, staging or production", as_json)
    if name is not None:
        settle_as(place, name)
    known = foundings.read(place)
    if known is None and not is_ours(place):
        failure(f"{place} holds no exchange; make one with `pilothouse up`", as_json)
    told = {"home": str(place)}
    if known is None:
        told |= {"environment": "not written", "taken_for": what_it_was(place)[0]}
    else:
        told |= {"environment": known.environment, "exchange": known.exchange}
        told |= {"copy_of": known.of} if known.of else {}
    facts(told, as_json)
