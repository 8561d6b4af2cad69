"""`pilothouse explain`: why something happened to an account, at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import OUT, failure
from pilothouse.wiring.home import has_exchange, home_folder
from pilothouse.wiring.people import begin_django


def explain(
    account: Annotated[int, typer.Option(help="The account; not needed with an order.")] = 0,
    position: Annotated[int, typer.Option(help="The position at which it happened.")] = 0,
    order: Annotated[int, typer.Option(help="Or an order's number.")] = 0,
    client_order_id: Annotated[str, typer.Option(help="Or the client's own name of it.")] = "",
    purpose: Annotated[
        str, typer.Option(help="Why you look; it is written to the audit log.")
    ] = "asked at the command line",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Explain a liquidation, refusal, cancellation or fee, and what it owes to changes.

    Name an account with a position or with its own name of an order, or name an order.
    """
    place = home_folder(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange", as_json)
    if not (order or (account and (position or client_order_id))):
        failure("name --order, or --account with --position or --client-order-id", as_json, 2)
    begin_django(place)
    facts = _explained(place, (account, position, order, client_order_id), purpose, as_json)
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        _print(facts)


def _explained(
    place: Path, asked: tuple[int, int, int, str], purpose: str, as_json: bool
) -> dict[str, Any]:
    # Late, because Django's models and the compiled engine are loaded with them.
    from pilothouse.console.answers import plain
    from pilothouse.control.explanation import changes_before, without_it
    from pilothouse.venue.explanation import explain as ask
    from pilothouse.venue.explanation.paragraph import paragraph
    from pilothouse.venue.past import NoSuchMoment, Past, PastIsSealed

    account, position, order, name = asked
    past = Past(place)
    try:
        if order:
            made = ask.find_order(past, order)
        elif name:
            made = ask.find_client_order(past, account, name)
        else:
            made = ask.find(past, account, position)
    except (ask.NotExplained, NoSuchMoment, PastIsSealed) as fault:
        failure(str(fault), as_json)
    _note(made.account, purpose, made.moment.position)
    changes = changes_before(made)
    told: dict[str, Any] = plain(
        {
            "explanation": made,
            "paragraph": paragraph(made),
            "comparisons": [one.text for one in made.comparisons],
            "changes": changes,
            "without": {one.number: without_it(past, made, one) for one in changes},
        }
    )
    return told


def _note(account: int, purpose: str, position: int) -> None:
    from django.db import transaction

    from pilothouse.records import audit

    facts = {"purpose": purpose, "position": position}
    sentence = f"what happened to account {account} at {position} was explained: {purpose}"
    with transaction.atomic():
        audit.write(
            "command line", "explanation.seen", f"account:{account}", sentence, facts=facts
        )


def _print(facts: dict[str, Any]) -> None:
    OUT.print(facts["paragraph"], markup=False)
    for one in facts["comparisons"]:
        OUT.print(f"  {one}", markup=False)
    for section in facts["explanation"]["sections"]:
        OUT.print(f"\n{section['title']}", markup=False)
        for line in section["lines"]:
            how = f"  ({line['how']})" if line["how"] else ""
            OUT.print(f"  {line['name']}: {line['figure']['text']}{how}", markup=False)
    for change in facts["changes"]:
        would = facts["without"][str(change["number"])]
        signed = ", ".join(one["name"] for one in change["signers"]) or "nobody"
        OUT.print(f"\nChange {change['number']}, {change['title']}, signed by {signed}")
        OUT.print(f"  {would['sentence']} {would['assumed']}", markup=False)
