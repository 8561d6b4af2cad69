"""The command line: `pilothouse`, one file a command."""

from __future__ import annotations

import typer

from pilothouse.wiring.cli.bench import bench
from pilothouse.wiring.cli.drill import drill
from pilothouse.wiring.cli.explain import explain
from pilothouse.wiring.cli.import_kraken import import_app
from pilothouse.wiring.cli.notice_target import notice_target
from pilothouse.wiring.cli.person import person
from pilothouse.wiring.cli.replay import replay_app
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
app.add_typer(import_app, name="import")
app.command()(drill)
app.add_typer(replay_app, name="replay")
app.command()(verify)
app.command()(explain)
app.command()(status)
app.command()(bench)
app.command()(person)
app.command()(notice_target)
