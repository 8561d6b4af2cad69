"""Writes the pages of docs/ that are made from the definitions; `make docs` runs it.

tests/house/test_docs.py makes them again and compares, so that no page can fall behind.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import pilothouse.language.commands
import pilothouse.language.events  # noqa: F401  (importing defines the words)
from pilothouse.control import watched
from pilothouse.language import kinds
from pilothouse.language.refusals import REFUSALS
from pilothouse.language.schema import COMMANDS, EVENTS, Command, Event, lay_out
from pilothouse.records.archive import batches, exchange_tables, team_tables  # noqa: F401
from pilothouse.records.archive.definitions import HEAD_OF_A_ROW, TABLES, Table
from pilothouse.wiring import first_rules
from pilothouse.wiring.cli import app
from scripts import kraken_api

DOCS = Path(__file__).parents[1] / "docs"
MADE = "<!-- Made by `make docs` from src/pilothouse/language. Do not edit. -->\n"
FAMILIES = {
    10: "The journal and the name of a command",
    11: "Capacity",
    12: "What is named must exist",
    13: "Orders",
    14: "Money",
    15: "Definitions of assets, markets, fees and accounts",
    16: "Margin schedules",
    17: "Market status and price band",
    18: "Prices",
}


def pages() -> dict[str, str]:
    """Return every made page: its path under docs/ and its text."""
    return {
        "language.md": language(),
        "command_line.md": command_line(),
        "watch.md": watch(),
        "archive.md": archive(),
        "kraken_api.md": kraken_api.page(),
    }


def watch() -> str:
    """return the page of monitoring: its own words, and the tables from the definitions."""
    made = {"measures": _measures(), "first rules": _first_rules()}
    return _with_tables("watch.md", made)


def archive() -> str:
    """Return the page of the archive: its own words, and its tables from the definitions."""
    return _with_tables("archive.md", {"tables": "\n\n".join(_archive_tables())})


def _with_tables(page: str, tables: dict[str, str]) -> str:
    text = (DOCS / page).read_text()
    for name, table in tables.items():
        begin, end = (
            f"<!-- {name}: made by `make docs`, do not edit. -->",
            f"<!-- end of {name} -->",
        )
        text = re.sub(
            f"{re.escape(begin)}.*?{re.escape(end)}",
            lambda _, whole=f"{begin}\n\n{table}\n\n{end}": whole,
            text,
            flags=re.S,
        )
    return text


def _measures() -> str:
    rows = ["| measure | taken of each | unit | how |", "|---|---|---|---|"]
    for one in watched.MEASURES.values():
        unit = "" if one.unit == "count" else one.unit.replace("_", " ")
        rows.append(f"| `{one.name}` | {one.taken} | {unit} | {one.how} |")
    return "\n".join(rows)


def _archive_tables() -> Iterator[str]:
    for one in TABLES.values():
        grows = "A picture, replaced whole." if one.picture else "It only grows."
        rows = [f"### {one.name}", "", f"{one.doc} {grows}", ""]
        rows += ["| column | what | unit | client |", "|---|---|---|---|"]
        for column in one.columns:
            hidden = f"masked ({column.mask})" if column.mask else _undated(one, column.name)
            rows.append(f"| `{column.name}` | {column.doc} | {column.unit} | {hidden} |")
        yield "\n".join(rows)


def _undated(table: Table, column: str) -> str:
    if table.undated is None or column not in HEAD_OF_A_ROW:
        return ""
    return f"hidden of a {' or '.join(table.undated.words)}" if table.undated.column else "hidden"


def _first_rules() -> str:
    rows = [
        "| rule | fires when | where | for | clears at | severity | runbook |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, key, body in first_rules.RULES:
        unit = watched.MEASURES[body["measure"]].unit
        clear = body["limit"] if body["clear_limit"] is None else body["clear_limit"]
        limit, within = (
            f"{watched.shown(value, unit)} {watched.word(unit)}".strip()
            for value in (body["limit"], clear)
        )
        rows.append(
            f"| `{key}` | `{body['measure']}` {body['test']} {limit} | {body['scope']} "
            f"| {body['for_s']} s | {within}, for {body['clear_s']} s | {body['severity']} "
            f"| `{body['runbook']}` |"
        )
    return "\n".join(rows)


def command_line() -> str:
    """Return the page of the command line, from what each command says of itself."""
    parts = [
        "# The command line",
        "<!-- Made by `make docs` from src/pilothouse/wiring/cli. Do not edit. -->",
        "Every command explains itself with `--help` and ends with a code other than 0 when it\n"
        "fails; the reason is on the error stream.",
    ]
    parts += [_command(name, one) for name, one in commands(get_command(app))]
    return "\n\n".join(parts) + "\n"


def commands(group: Any, before: str = "pilothouse") -> Iterator[tuple[str, Any]]:
    """Yield every command of a group and of the groups in it, by its whole name."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands(one, f"{before} {name}")
        else:
            yield f"{before} {name}", one


def _command(name: str, one: Any) -> str:
    lines = [f"## {name}", "", inspect.cleandoc(one.help or ""), ""]
    lines += ["| option | what it does | if not given |", "|---|---|---|"]
    for option in one.params:
        names = ", ".join(f"`{opt}`" for opt in [*option.opts, *option.secondary_opts])
        default = option.default if isinstance(option.default, int | str) else ""
        shown = {True: "yes", False: ""}.get(default, default) if default != 0 else ""
        lines.append(f"| {names} | {getattr(option, 'help', None) or ''} | {shown} |")
    return "\n".join(lines)


def language() -> str:
    """Return the page of all words: commands, events, refusals, enumerations."""
    parts = [
        "# The words of the exchange",
        MADE,
        "Every command, event and refusal, each from its one definition. An integer has its unit\n"
        "beside it; one without a unit is a number, a count or a code.",
        "## Commands",
        "A command is a head of seven words (kind, rows, sender, the name's two halves, cause,\n"
        "cause's number) and these fields. A governed command is an operator's power: it is\n"
        "refused without a typed cause.",
        *(_word(one) for _, one in sorted(COMMANDS.items())),
        "## Events",
        "An event is one row: kind, position, time, account, and these fields.",
        *(_word(one) for _, one in sorted(EVENTS.items())),
        "## Refusals",
        "A refused command moves no money, places no order and changes no position or parameter.\n"
        "The checks of an order are made as they stand in `engine/placing.py`.",
        *_refusals(),
        "## Enumerations",
        *_enumerations(),
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _word(cls: type[Command] | type[Event]) -> str:
    governed = ", governed" if getattr(cls, "governed", False) else ""
    lines = [f"### {cls.__name__} ({cls.number}{governed})", "", inspect.getdoc(cls) or "", ""]
    return "\n".join([*lines, *_fields(cls)])


def _fields(cls: type[Command] | type[Event]) -> Iterator[str]:
    if not cls.layout.slots:
        return
    yield "| field | word | what it is | unit |"
    yield "|---|---|---|---|"
    for slot in cls.layout.slots:
        last = slot.start + slot.words - 1
        where = f"{slot.start}" if slot.words == 1 else f"{slot.start} to {last}"
        if slot.of is not None:
            where = f"from {slot.start}"
        yield f"| `{slot.name}` | {where} | {slot.doc} | {slot.unit} |"
        for part in lay_out(slot.of, 0).slots if slot.of else ():
            place = f"each + {part.start}"
            yield f"| `{slot.name}.{part.name}` | {place} | {part.doc} | {part.unit} |"


def _refusals() -> Iterator[str]:
    for family in sorted({number // 100 for number in REFUSALS}):
        rows = ["| number | refusal | what to do |", "|---|---|---|"]
        for number, one in sorted(REFUSALS.items()):
            if number // 100 == family:
                rows.append(f"| {number} | `{one.name}` | {one.remedy} |")
        yield f"### {FAMILIES[family]}"
        yield "\n".join(rows)


def _enumerations() -> Iterator[str]:
    for name, one in inspect.getmembers(kinds, inspect.isclass):
        if one.__module__ == kinds.__name__:
            values = ", ".join(f"`{value.name.lower()}` {value.value}" for value in one)
            yield f"**{name}.** {inspect.getdoc(one)}\n{values}."


def main() -> None:
    """Write every made page."""
    for name, text in pages().items():
        (DOCS / name).write_text(text)


if __name__ == "__main__":
    main()
