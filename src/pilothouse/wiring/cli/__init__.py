"""The command line: `pilothouse`, one file a command."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from pilothouse.wiring.cli.bench import bench
from pilothouse.wiring.cli.clock import clock_app
from pilothouse.wiring.cli.drill import drill
from pilothouse.wiring.cli.drill_end import drill_end
from pilothouse.wiring.cli.environment import environment
from pilothouse.wiring.cli.explain import explain
from pilothouse.wiring.cli.import_kraken import import_app
from pilothouse.wiring.cli.key import key, keys
from pilothouse.wiring.cli.new_secret import new_secret
from pilothouse.wiring.cli.notice_target import notice_target
from pilothouse.wiring.cli.person import people, person
from pilothouse.wiring.cli.replay import replay_app
from pilothouse.wiring.cli.says import complain
from pilothouse.wiring.cli.status import status
from pilothouse.wiring.cli.up import up
from pilothouse.wiring.cli.verify import verify
from pilothouse.wiring.faults import sentence_of
from pilothouse.wiring.home import asked_home, close_to_others


class Guarded(TyperGroup):
    """The group of commands: what a command cannot do ends in a sentence and a code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; everything it makes belongs to its owner alone."""
        close_to_others()
        try:
            return super().invoke(ctx)
        except Exception as error:
            # What the command line itself ends a command with carries its code already.
            if isinstance(error, typer.Abort) or hasattr(error, "exit_code"):
                raise
            sentence, code = sentence_of(error, asked_home())
            complain(sentence, "--json" in sys.argv)
            raise typer.Exit(code) from error


app = typer.Typer(
    name="pilothouse",
    cls=Guarded,
    help="An exchange control center with a complete exchange under it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.add_typer(import_app, name="import")
app.command()(drill)
app.command()(drill_end)
app.add_typer(replay_app, name="replay")
app.command()(verify)
app.command()(explain)
app.command()(status)
app.add_typer(clock_app, name="clock")
app.command()(bench)
app.command()(person)
app.command()(people)
app.command()(key)
app.command()(keys)
app.command()(notice_target)
app.command()(environment)
app.command("new-secret")(new_secret)
