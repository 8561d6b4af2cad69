"""`pilothouse import kraken`: markets from the answers of Kraken's API, whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pilothouse.wiring.cli.options import AsJson, Home
from pilothouse.wiring.cli.says import ERROR, facts, failure
from pilothouse.wiring.genesis import is_new
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import PartFailed, Processes, writer_listens
from pilothouse.wiring.running import hold, take_over
from pilothouse.wiring.settling import settle

if TYPE_CHECKING:
    from pilothouse.wiring.importing.kraken import File, Translation

START_TIMEOUT_S = 60

import_app = typer.Typer(help="Build markets from another exchange's answers.")
Answer = Annotated[
    Path | None, typer.Option(help="A response of spot AssetPairs.", exists=True, dir_okay=False)
]
Answers = Annotated[
    list[Path] | None,
    typer.Option(help="A response of futures instruments.", exists=True, dir_okay=False),
]
More = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE]...", help="Further responses of futures instruments.", exists=True
    ),
]


@import_app.callback()
def _group() -> None:
    # With a callback Typer keeps `kraken` a command of its own although it is the only one.
    pass


@import_app.command()
def kraken(
    pairs: Answer = None,
    instruments: Answers = None,
    more: More = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List every market that the files describe; refuse all of them if one is malformed."""
    spot = _read(pairs) if pairs else None
    futures = [_read(one) for one in [*(instruments or []), *(more or [])]]
    if spot is None and not futures:
        failure("name files: --pairs FILE, --instruments FILE", as_json, 2)
    # Late, because the rules that judge the answers load the compiler; so does sending them.
    from pilothouse.wiring.importing.drafts import Known
    from pilothouse.wiring.importing.kraken import translate

    try:
        translate(spot, futures, Known())
        place = judged_home(home)
        settle(place)
        with _running_writer(place):
            done = _send(place, spot, futures)
    except (PartFailed, ValueError, RuntimeError, OSError) as fault:
        failure(str(fault), as_json)
    facts(_told(done), as_json)


def _read(path: Path) -> File:
    from pilothouse.wiring.importing.kraken import File

    return File(str(path), path.read_text(encoding="utf-8", errors="replace"))


def _send(home: Path, spot: File | None, futures: list[File]) -> Translation:
    from pilothouse.wiring.importing.sending import send_import

    with ERROR.status("importing …"):
        return send_import(home, spot, futures)


@contextmanager
def _running_writer(home: Path) -> Iterator[None]:
    """Have a writer on the folder: the one that runs, or one of our own for a moment."""
    if writer_listens(home):
        yield
        return
    with hold(home), _own_writer(home):
        yield


@contextmanager
def _own_writer(home: Path) -> Iterator[None]:
    take_over(home)
    processes = Processes(home)
    try:
        with ERROR.status("starting the exchange …"):
            processes.start(Part.COMPILE)
            processes.finish(Part.COMPILE, _never)
            processes.start(Part.WRITER)
            processes.wait_until(
                "an answer of the writer",
                lambda: writer_listens(home),
                START_TIMEOUT_S,
                _never,
                partial(ERROR.print, markup=False),
            )
            if is_new(home):
                processes.start(Part.FOUND)
                processes.finish(Part.FOUND, _never)
        yield
    finally:
        processes.stop()


def _never() -> bool:
    return False


def _told(done: Translation) -> dict[str, Any]:
    from pilothouse.language.commands import ListAsset, SetMarginSchedule

    kinds = Counter(one.kind.name.lower() for one in done.markets)
    return {
        "markets": len(done.markets),
        "tradeable": done.tradeable,
        **{f"markets_{kind}": count for kind, count in sorted(kinds.items())},
        "assets": sum(isinstance(one, ListAsset) for one in done.commands),
        "margin_schedules": sum(isinstance(one, SetMarginSchedule) for one in done.commands),
    }
