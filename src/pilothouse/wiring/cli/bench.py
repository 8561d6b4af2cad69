"""`pilothouse bench`: every benchmark of the source tree, and what they measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.table import Table

from pilothouse.wiring.cli.options import AsJson
from pilothouse.wiring.cli.says import ERROR, OUT, failure

ROOT: Final = Path(__file__).parents[4]
FOLDER: Final = ROOT / "benchmarks"
Only = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="Only these benchmarks; all if none is named."),
]


def bench(only: Only = None, as_json: AsJson = False) -> None:
    """Run the benchmarks of the source tree and print what they measured.

    `sql` runs the saved queries, `counting` counts a margin change; both also use pandas, SQLite,
    DuckDB or Polars, and fail unless all results are equal.
    """
    known = benchmarks()
    if not known:
        failure(f"{FOLDER} is not there: the benchmarks come with the source tree", as_json)
    unknown = set(only or []) - set(known)
    if unknown:
        failure(f"no benchmark is called {', '.join(sorted(unknown))}", as_json, 2)
    measured = {name: _measure(name, as_json) for name in only or known}
    if as_json:
        typer.echo(json.dumps(measured))
    else:
        _show(measured)


def benchmarks() -> list[str]:
    """Return the names of the benchmarks: each is a module that prints one JSON object."""
    files = sorted(FOLDER.glob("*.py"))
    return [one.stem for one in files if "__main__" in one.read_text()]


def _measure(name: str, as_json: bool) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    with ERROR.status(f"{name} …"):
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        failure(f"{name} ended with code {done.returncode}: {done.stderr[-2000:]}", as_json)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _show(measured: dict[str, dict[str, Any]]) -> None:
    table = Table("benchmark", "what", "measured")
    for name, facts in measured.items():
        for what, value in flat(facts):
            table.add_row(name, what, value)
    OUT.print(table)
    for facts in measured.values():
        for lines in filter(is_lines, facts.values()):
            OUT.print(lined(lines))


def is_lines(value: Any) -> bool:
    """Tell whether a fact is a table of its own: a list of lines with the same columns."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def lined(lines: list[dict[str, Any]]) -> Table:
    """Return lines as a table: a column for each, headed by its first fact, a row for a fact."""
    head, *names = lines[0]
    table = Table(head)
    for one in lines:
        table.add_column(_worded(one[head]), justify="right")
    for name in names:
        table.add_row(_worded(name), *(_shown(one[name]) for one in lines))
    return table


def _worded(value: Any) -> str:
    # A terminal that is narrow parts words at spaces.
    return str(value).replace("_", " ")


def _shown(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def flat(facts: Any, before: str = "") -> list[tuple[str, str]]:
    """Return nested facts as pairs of a dotted name and a text, without tables of their own."""
    if isinstance(facts, dict):
        return [
            pair
            for name, value in facts.items()
            for pair in flat(value, f"{before}.{name}" if before else str(name))
        ]
    return [] if is_lines(facts) else [(before, _shown(facts))]
