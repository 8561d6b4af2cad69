"""`pilothouse person` and `pilothouse people`: who works here, from the folder's own machine.

It is the way in for the first people of an exchange, and the way out when nobody is left who
could propose or sign a change of another's role. Each act is a row of the audit.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.people import add_person, begin_django, is_known
from pilothouse.wiring.settling import settle

PASSWORD_VARIABLE: Final = "PILOTHOUSE_PASSWORD"
Flag = Annotated[bool, typer.Option()]


def person(
    name: Annotated[str, typer.Argument(help="The name they sign in with.")],
    role: Annotated[
        str, typer.Option("--role", help="Give one of the roles of access/roles.py.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", help="End of that role, UTC: 2026-12-31T18:00.")
    ] = "",
    end_role: Annotated[str, typer.Option("--end-role", help="End this role.")] = "",
    disable: Annotated[
        bool, typer.Option("--disable", help="Keep them out; end their sessions.")
    ] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Let them in again.")] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Remove their password and second factors.")
    ] = False,
    invite: Annotated[
        bool,
        typer.Option("--invite", help="Print the path of a link by which they set a password."),
    ] = False,
    end_sessions: Annotated[
        bool, typer.Option("--end-sessions", help="End their sessions.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a person, or change or show what an existing person can do; one act at a time.

    The password of a new person is asked for, or taken from PILOTHOUSE_PASSWORD. Anyone who can
    write the exchange's folder can do this; the audit log records it.
    """
    place = begin(home)
    asked = {
        "role": role,
        "end_role": end_role,
        "disabled": disable,
        "active": enable,
        "reset": reset,
        "invite": invite,
        "end_sessions": end_sessions,
    }
    acts = [one for one, value in asked.items() if value]
    if len(acts) > 1 or (until and acts != ["role"]):
        failure("Choose one act at a time; --until belongs to --role.", as_json)
    try:
        said = _act(name, acts[0] if acts else "", role or end_role, until)
    except (ValueError, LookupError) as error:
        failure(str(error), as_json)
    facts({"person": name, **said, "home": str(place)}, as_json)


def people(home: Home = None, as_json: AsJson = False) -> None:
    """List everybody who is known, with their roles, their access and their open sessions."""
    from pilothouse.wiring.people import everybody

    begin(home)
    known = everybody()
    facts({"people": known if as_json else [_line(one) for one in known]}, as_json)


def begin(home: Any) -> Path:
    """Set Django up on a folder, which is founded if it is new; return it."""
    place = judged_home(home)
    settle(place)
    begin_django(place)
    return place


def _act(name: str, act: str, role: str, until: str) -> dict[str, Any]:
    from django.core.exceptions import ValidationError

    from pilothouse.wiring import people

    try:
        if act == "role":
            add_person(name, role, "" if is_known(name) else _password(), until)
            return {"role": role}
        return people.act_on(name, act, role)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from None


def _line(one: dict[str, Any]) -> str:
    roles = ", ".join(one["roles"]) or "no role"
    return f"{one['name']}: {roles}; {one['access']}, {one['sessions']} open sessions"


def _password() -> str:
    return os.environ.get(PASSWORD_VARIABLE) or str(
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
