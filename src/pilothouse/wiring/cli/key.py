"""`pilothouse key` and `pilothouse keys`: API keys of clients, from the folder's own machine."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pilothouse.wiring import client_keys
from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.person import begin
from pilothouse.wiring.cli.says import facts, failure


def key(
    account: Annotated[int, typer.Option("--account", help="Make a key for this account.")] = 0,
    may: Annotated[str, typer.Option("--may", help="query, cancel or trade.")] = "query",
    only_from: Annotated[
        str, typer.Option("--from", help="Addresses or networks it may be used from, with commas.")
    ] = "",
    until: Annotated[str, typer.Option("--until", help="Its end, UTC: 2026-12-31T18:00.")] = "",
    repeats: Annotated[
        bool, typer.Option("--repeats", help="It repeats futures requests without a nonce.")
    ] = False,
    label: Annotated[str, typer.Option("--label", help="Whose software uses it.")] = "",
    revoke: Annotated[
        str, typer.Option("--revoke", help="Revoke the key that begins with this.")
    ] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key for a client's account and print its secret once, or revoke one.

    Anyone who can write the exchange's folder can do this; the audit log records it.
    """
    if bool(account) == bool(revoke):
        failure("Give either --account or --revoke.", as_json)
    begin(home)
    # What knows Django is loaded behind its set-up.
    from pilothouse.control.kinds.kind import Unreadable

    form = {
        "account": str(account),
        "may": may,
        "networks": only_from,
        "expires": until,
        "repeats": "yes" if repeats else "no",
        "label": label,
    }
    try:
        said = client_keys.end(revoke) if revoke else client_keys.make(form)
    except (ValueError, LookupError, Unreadable) as error:
        failure(str(error), as_json)
    if as_json:
        facts(said, as_json)
        return
    # Whole on a line of its own, however narrow the terminal is: people copy it.
    secret = said.pop("secret", "")
    facts(said, as_json)
    if secret:
        typer.echo(f"secret {secret}")


def keys(home: Home = None, as_json: AsJson = False) -> None:
    """List the API keys that are not revoked, without their secrets."""
    begin(home)
    known = client_keys.every()
    facts({"keys": known if as_json else [_line(one) for one in known]}, as_json)


def _line(one: dict[str, Any]) -> str:
    places = ", ".join(one["networks"]) or "any address"
    return f"{one['key'][:8]}… account {one['account']}: {one['may']}, from {places}"
