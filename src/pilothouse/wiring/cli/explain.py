"""`pilothouse explain`: why something happened to an account, at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from pilothouse.wiring.cli.explain_says import show
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import failure, going_on
from pilothouse.wiring.explaining import Explained, Happening, NoPurpose, explained
from pilothouse.wiring.home import has_exchange, judged_home
from pilothouse.wiring.people import begin_django


def explain(
    account: Annotated[int, typer.Option(help="The account; not needed with an order.")] = 0,
    position: Annotated[int, typer.Option(help="The position at which it happened.")] = 0,
    order: Annotated[int, typer.Option(help="Or an order's number.")] = 0,
    client_order_id: Annotated[str, typer.Option(help="Or the client order id.")] = "",
    purpose: Annotated[
        str, typer.Option(help="The purpose; the audit log records it.")
    ] = "asked at the command line",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Explain a liquidation, refusal, cancellation or fee, and the effect of changes on it.

    Name an account with a position or a client order id, or name an order.
    """
    place = judged_home(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange", as_json)
    asked = Happening(account, position, order, client_order_id)
    if not asked.is_named:
        failure("name --order, or --account with --position or --client-order-id", as_json, 2)
    begin_django(place)
    found = _explained(place, asked, purpose, as_json)
    if as_json:
        typer.echo(json.dumps(found.as_plain()))
    else:
        show(found)


def _explained(place: Path, asked: Happening, purpose: str, as_json: bool) -> Explained:
    from pilothouse.records.archive.refusals import Refused
    from pilothouse.venue.explanation.looking import NotExplained
    from pilothouse.venue.past import NoSuchMoment, PastIsSealed

    try:
        return explained(place, asked, actor="command line", purpose=purpose, say=going_on)
    except (NoPurpose, NotExplained, NoSuchMoment, PastIsSealed, Refused) as fault:
        failure(str(fault), as_json)
