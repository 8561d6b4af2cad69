"""`pilothouse person`: make the first people of an exchange, or give one another role."""

from __future__ import annotations

import os
from typing import Annotated, Final

import typer

from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import facts, failure
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.people import add_person, begin_django, is_known
from pilothouse.wiring.settling import settle

PASSWORD_VARIABLE: Final = "PILOTHOUSE_PASSWORD"


def person(
    name: Annotated[str, typer.Argument(help="The name they sign in with.")],
    role: Annotated[str, typer.Option("--role", help="One of the roles of access/roles.py.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add a person, or give an existing person another role.

    The password is asked for, or taken from PILOTHOUSE_PASSWORD. Anyone who can write the
    exchange's folder can do this; the audit log records it.
    """
    place = judged_home(home)
    settle(place)
    begin_django(place)
    from django.core.exceptions import ValidationError

    from pilothouse.access.rights import DutiesMeet
    from pilothouse.access.roles import Role

    if role not in set(Role):
        failure(f"{role} is not a role; use one of {', '.join(Role)}", as_json)
    try:
        add_person(name, role, "" if is_known(name) else _password())
    except DutiesMeet as error:
        failure(str(error), as_json)
    except ValidationError as error:
        failure(" ".join(error.messages), as_json)
    facts({"person": name, "role": role, "home": str(place)}, as_json)


def _password() -> str:
    return os.environ.get(PASSWORD_VARIABLE) or str(
        typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
