"""`pilothouse drill`: tonight's exchange, copied, under the index of a crash."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from pilothouse.language.numbers import NotExact
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.index_replay import run as files
from pilothouse.venue.index_replay.bars import BadFile, BarFile, part, read_bars
from pilothouse.venue.index_replay.run import Run as Replay
from pilothouse.wiring import environment
from pilothouse.wiring.cli.options import Bars, Home, Since, Speed, Until
from pilothouse.wiring.cli.replay import moment, speed_milli
from pilothouse.wiring.cli.says import OUT, failure
from pilothouse.wiring.cli.up import Run, listen_for_signals, stop
from pilothouse.wiring.drill.copying import CannotCopy, Copied, copy_exchange
from pilothouse.wiring.home import judged_home
from pilothouse.wiring.parts import Part
from pilothouse.wiring.processes import PartFailed, Processes, free_port
from pilothouse.wiring.running import hold
from pilothouse.wiring.settling import what_it_was

KEYS_FILE: Final = "demo-keys.json"
SETTLES_S: Final = 5
"""How long the exchange goes on after the last price, before the sheet is made."""


def drill(
    file: Bars,
    market: Annotated[str, typer.Option("--market", help="The market whose index crashes.")],
    speed: Speed = "1",
    since: Since = None,
    until: Until = None,
    into: Annotated[
        Path | None, typer.Option("--into", help="The copy's folder; default: beside the home.")
    ] = None,
    end: Annotated[
        bool,
        typer.Option("--end", help="Stop after the report and remove the copy; the report stays."),
    ] = False,
    home: Home = None,
) -> None:
    """Copy the exchange, running or not, and play a crash on the copy.

    The copy has its own console, trading API and traffic on free ports, all marked DRILL; the
    original is only read. At the end a report shows how long it took to detect, to decide and to
    act, and the outcome, compared with the same crash without any action.

    The copy has its own secret, API keys and second factors: nothing signed for it is valid at
    the original, or the reverse.
    """
    place = judged_home(home)
    target = (into or place.with_name(f"{place.name}-drill-{_stamp()}")).resolve()
    try:
        bars = read_bars(file)
        wish = moment(since), moment(until), speed_milli(speed)
        if not part(bars, wish[0], wish[1]):
            failure("the file has no bars in that time; see --from and --until")
        made = copy_exchange(place, target, environment_of(place))
        environment.found(target, environment.DRILL, made.environment)
    except (BadFile, NotExact, CannotCopy) as error:
        failure(str(error))
    except OSError as error:
        failure(f"{error.filename or file}: {error.strerror}")
    OUT.print(f"copied up to command {made.position:,} into {target}")
    # It speaks of the original; the copy says itself what it is.
    os.environ.pop(environment.VARIABLE, None)
    _run(
        Drill(Processes(target), free_port(), free_port(), demo=False),
        made,
        market,
        bars,
        wish,
        end,
    )


def _run(
    run: Drill,
    made: Copied,
    market: str,
    bars: BarFile,
    wish: tuple[int | None, int | None, int],
    end: bool,
) -> None:
    listen_for_signals(run)
    try:
        with hold(run.processes.home):
            run.start()
            replay = run.begin_crash(market, bars, wish)
            run.live_through()
            _sheet(run.processes.home, made, replay)
            if not end:
                run.watch()
    except CannotBegin as fault:
        run.processes.stop()
        shutil.rmtree(run.processes.home)
        failure(f"{fault}; the copy was removed")
    except PartFailed as fault:
        run.processes.stop()
        failure(str(fault))
    stop(run)
    _say_what_remains(run.processes.home, end)


def _say_what_remains(home: Path, end: bool) -> None:
    from pilothouse.wiring.drill.removing import remove_drill

    if end:
        OUT.print(f"removed the copy; what remains in {home}: {', '.join(remove_drill(home))}")
    else:
        OUT.print(f"the copy of all clients stays; `pilothouse drill-end {home}` removes it")


class CannotBegin(PartFailed):
    """The file cannot be the index of that market; nothing has happened to the copy yet."""


@dataclass
class Drill(Run):
    """A run of the copy, with its traffic if it had some, and the crash as its index."""

    def start(self) -> None:
        """Start every part; people and passwords are those of the original, keys are new."""
        super().start()
        if (self.processes.home / KEYS_FILE).exists() and not self.leaving:
            self.keeps.keep(Part.TRAFFIC)

    def begin_crash(
        self, market: str, bars: BarFile, wish: tuple[int | None, int | None, int]
    ) -> Replay | None:
        """Write the replay down and start what drives it; CannotBegin if that is not possible."""
        from pilothouse.venue.client import WriterIsAway
        from pilothouse.venue.index_replay.begin import CannotReplay, Wish, begin, present_of
        from pilothouse.venue.wire import DoorStaysShut
        from pilothouse.wiring.replaying import number_of_a_replay

        if self.leaving:
            return None
        home, (since, until, speed) = self.processes.home, wish
        asked = Wish(bars, since, until, instead=True, speed_milli=speed)
        try:
            made = begin(home, asked, present_of(home, market), number_of_a_replay(home))
        except (CannotReplay, DoorStaysShut, WriterIsAway) as error:
            raise CannotBegin(str(error)) from error
        self.keeps.keep(Part.REPLAY)
        OUT.print(f"{made.file} is the index of {market} from now on")
        return made

    def live_through(self) -> None:
        """Wait for the last price of the file and some seconds more, or until asked to stop."""
        if self.leaving:
            return
        self._wait(lambda: Part.REPLAY not in self.keeps.kept)
        ends = time.monotonic() + SETTLES_S
        self._wait(lambda: time.monotonic() > ends)


def _sheet(home: Path, made: Copied, replay: Replay | None) -> None:
    """Make, print and save the sheet, also of a drill that ended early."""
    if replay is None:
        return
    from pilothouse.wiring.drill import sheet
    from pilothouse.wiring.drill.tally import tally
    from pilothouse.wiring.people import begin_django

    begin_django(home)
    shown = files.showing(home, wall_clock_us())
    whole = shown is not None and shown.state is files.State.FINISHED
    counted = tally(home, made.position, replay.number)
    seen = sheet.moments(made.time_us)
    facts = sheet.sheet(made, replay, counted, seen, whole)
    sheet.save(home, facts)
    OUT.print(sheet.as_text(facts), markup=False)
    OUT.print(f"saved as {sheet.TEXT_FILE} and {sheet.JSON_FILE} in {home}")


def environment_of(home: Path) -> str:
    """Return the environment the exchange was founded as."""
    known = environment.read(home)
    return known.environment if known else what_it_was(home)[0]


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
