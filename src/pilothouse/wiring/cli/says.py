"""What the commands print: facts as a table for people or as JSON for programs; errors aside."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any, Final, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from pilothouse.venue.progress import under_way


class Says(Console):
    """A console whose reader may go away: what is said then goes nowhere, and nothing ends."""

    def on_broken_pipe(self) -> None:
        """Say nothing any more; Rich would end the program."""
        self.quiet = True
        with open(os.devnull, "wb") as nowhere, contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere.fileno(), self.file.fileno())


OUT: Final = Says(soft_wrap=True, highlight=False)
ERROR: Final = Says(stderr=True, soft_wrap=True, highlight=False)


def facts(plain: Mapping[str, Any], as_json: bool) -> None:
    """Print facts: one JSON object, or two columns."""
    if as_json:
        typer.echo(json.dumps(plain))
        return
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in plain.items():
        table.add_row(name.replace("_", " "), _plain(_shown(value)))
    OUT.print(table)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return "\n".join(map(str, value)) or "none"
    return "none" if value is None else str(value)


def failure(reason: str, as_json: bool = False, code: int = 1) -> NoReturn:
    """Say on the error stream why a command failed, and end with its code."""
    complain(reason, as_json)
    raise typer.Exit(code)


def complain(reason: str, as_json: bool = False) -> None:
    """Say on the error stream why a command fails, before what is still to be cleared away."""
    if as_json:
        typer.echo(json.dumps({"error": reason}), err=True)
    else:
        ERROR.print(f"[bold red]error[/] {_plain(reason)}")


def going_on(sentence: str) -> None:
    """Say on the error stream what work is under way, if a sentence says so."""
    said = under_way(sentence)
    if said:
        ERROR.print(said, style="dim", markup=False)


def _plain(text: str) -> str:
    # A bracket in somebody else's text is no markup of ours.
    return text.replace("[", r"\[")
