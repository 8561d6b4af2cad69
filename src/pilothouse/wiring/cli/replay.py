"""`pilothouse replay`: a file of minute bars, walked as index prices over an exchange."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pilothouse.language.numbers import (
    SECOND_US,
    NotExact,
    format_decimal,
    parse_decimal,
    trim,
)
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import BadFile, BarFile, read_bars
from pilothouse.venue.index_replay.run import AnotherReplay, Run, Showing, State
from pilothouse.wiring.cli.options import AsJson, Bars, Home, Since, Speed, Until
from pilothouse.wiring.cli.replay_says import announce, line, teller, told
from pilothouse.wiring.cli.says import OUT, facts, failure
from pilothouse.wiring.home import has_exchange, judged_home

replay_app = typer.Typer(help="Play a file of minute bars as index prices.", no_args_is_help=True)


@replay_app.command("index")
def index(
    file: Bars,
    market: Annotated[str, typer.Option("--market", help="The market whose index it becomes.")],
    speed: Speed = "1",
    since: Since = None,
    until: Until = None,
    instead: Annotated[
        bool,
        typer.Option("--instead/--beside", help="As all sources of the asset, or as one more."),
    ] = False,
    as_is: Annotated[
        bool,
        typer.Option("--as-is/--from-now", help="Absolute prices, or from the present index."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a file in which any minute is missing.")
    ] = False,
    home: Home = None,
) -> None:
    """Play a file on the running exchange, in the foreground, until its end or Ctrl-C.

    After Ctrl-C `pilothouse replay resume` continues. A malformed, unordered or duplicate line is
    refused with its number; a gap of at most 60 minutes is reported, and the price stays constant
    during it.
    """
    from pilothouse.venue.client import WriterIsAway
    from pilothouse.venue.index_replay.begin import CannotReplay, Wish, begin, present_of, way_of
    from pilothouse.venue.wire import DoorStaysShut
    from pilothouse.wiring.replaying import number_of_a_replay

    place = _exchange(home)
    bars = _read(file, strict)
    for gap in bars.gaps:
        OUT.print(f"gap, {gap}; the price stands at the last close")
    try:
        wish = Wish(bars, moment(since), moment(until), instead, as_is, speed_milli(speed))
        with files.wheel_of(place):
            present = present_of(place, market)
            run = begin(place, wish, present, number_of_a_replay(place))
            announce(run, wish.speed_milli)
            _drive(place, run, way_of(run, bars))
    except (AnotherReplay, CannotReplay, DoorStaysShut, NotExact, WriterIsAway) as error:
        failure(str(error))


@replay_app.command("example")
def example(
    file: Annotated[Path, typer.Argument(help="Where to write the minute bars.")],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other bars.")] = 1,
) -> None:
    """Write an invented crash of half an hour: a fall by a third and nearly full recovery.

    The same seed writes the same bars. An existing file is not overwritten.
    """
    from pilothouse.simulation.crash import as_csv, bars

    try:
        with file.open("x") as into:
            into.write(as_csv(bars(seed)))
    except OSError as error:
        failure(f"{file} cannot be written: {error.strerror}")
    OUT.print(f"wrote {file}; `pilothouse drill {file} --market SYMBOL` lets it happen to a copy")


@replay_app.command("resume")
def resume(home: Home = None) -> None:
    """Continue the interrupted replay from its position."""
    from pilothouse.venue.index_replay.begin import CannotReplay, way_of

    place = _exchange(home)
    shown = _showing(place)
    if not shown.is_on:
        failure(f"the last replay is {shown.state}; begin one with `pilothouse replay index`")
    try:
        with files.wheel_of(place):
            _drive(place, shown.run, way_of(shown.run, _read(Path(shown.run.path), strict=False)))
    except (AnotherReplay, CannotReplay) as error:
        failure(str(error))


@replay_app.command("speed")
def speed(
    value: Annotated[str, typer.Argument(help="Seconds of the file a second, to 3 decimals.")],
    home: Home = None,
) -> None:
    """Change the speed of the replay that runs; also ends a pause."""
    try:
        milli = speed_milli(value)
    except NotExact as error:
        failure(str(error))
    _ask(home, speed_milli=milli)
    OUT.print(f"speed {trim(format_decimal(milli, files.SPEED_DECIMALS))}")


@replay_app.command("pause")
def pause(home: Home = None) -> None:
    """Pause: the price stays constant and is sent each second. `replay speed X` continues."""
    _ask(home, speed_milli=0)
    OUT.print("paused")


@replay_app.command("stop")
def stop(home: Home = None) -> None:
    """End the replay at its position; the index follows the other sources again."""
    _ask(home, stop=True)
    OUT.print("stops")


@replay_app.command("status")
def status(home: Home = None, as_json: AsJson = False) -> None:
    """Show the newest replay and its progress."""
    place = _exchange(home)
    facts(told(_showing(place)), as_json)


def speed_milli(text: str) -> int:
    """Return a speed in thousandths; raise NotExact unless it is above 0 and at most 10,000."""
    made = parse_decimal(text, files.SPEED_DECIMALS)
    if not 0 < made <= files.SPEED_MAX_MILLI:
        raise NotExact(f"a speed is above 0 and at most {files.SPEED_MAX_MILLI // 1000:,}")
    return made


def moment(text: str | None) -> int | None:
    """Return a time in UTC as microseconds since the epoch; raise NotExact if it is none."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise NotExact(f"{text!r} is not a time; example: 2024-04-12T17:00") from wrong
    aware = read.replace(tzinfo=UTC) if read.tzinfo is None else read
    return int(aware.timestamp()) * SECOND_US


def _exchange(home: Path | None) -> Path:
    place = judged_home(home)
    if not has_exchange(place):
        failure(f"{place} holds no exchange; make one with `pilothouse up`")
    return place


def _read(file: Path, strict: bool) -> BarFile:
    try:
        return read_bars(file, strict)
    except BadFile as error:
        failure(str(error))
    except OSError as error:
        failure(f"{file} cannot be read: {error.strerror}")


def _showing(place: Path) -> Showing:
    shown = files.showing(place, wall_clock_us())
    if shown is None:
        failure("nothing was replayed on this exchange; see `pilothouse replay index --help`")
    return shown


def _ask(home: Path | None, speed_milli: int | None = None, stop: bool = False) -> None:
    place = _exchange(home)
    shown = _showing(place)
    if not shown.is_on:
        failure(f"the last replay is {shown.state}; begin one with `pilothouse replay index`")
    files.ask(place, speed_milli, stop)
    if shown.state is State.INTERRUPTED:
        OUT.print("its driver does not run now; `pilothouse replay resume` applies the setting")


def _drive(place: Path, run: Run, way: Any) -> None:
    from pilothouse.venue.index_replay.driver import ReplayRefused
    from pilothouse.wiring.replaying import drive_until_signalled

    try:
        progress = drive_until_signalled(place, run, way, teller(run))
    except ReplayRefused as error:
        failure(str(error))
    OUT.print(line(run, progress))
    if progress.state in (State.RUNNING, State.PAUSED):
        OUT.print("interrupted; `pilothouse replay resume` continues from here")
