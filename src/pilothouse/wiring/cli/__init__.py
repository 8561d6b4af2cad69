"""The command line: `pilothouse`, one file a command."""

from __future__ import annotations

import typer

from pilothouse.wiring.cli.status import status
from pilothouse.wiring.cli.up import up
from pilothouse.wiring.cli.verify import verify

app = typer.Typer(
    name="pilothouse",
    help="An exchange control center with a complete exchange under it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(verify)
app.command()(status)
