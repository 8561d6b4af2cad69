"""The console's process: pages, the replica they read, its rehearsal, and the worker.

The replica follows the journal's files; a slow page or the death of this process costs trading
nothing. Workers do what is due once a second: scheduled steps, verifications and expiries of
changes, and the sending of notices.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import structlog
import uvicorn

from pilothouse.console.life import Lasting, Life, checkpoint, database_bytes, log_bytes
from pilothouse.control.ports import ports
from pilothouse.gate import report
from pilothouse.gate.entry import Gate
from pilothouse.gate.serving import configured
from pilothouse.journal.threads import is_dead
from pilothouse.venue.client import VenueClient
from pilothouse.venue.follower import Follower
from pilothouse.venue.held import held
from pilothouse.venue.past import events_of_command
from pilothouse.venue.readiness import AskAlso, free_bytes
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.snapshotter import Snapshotter
from pilothouse.venue.sockets import read_counts
from pilothouse.venue.standstill import EPOCH

if TYPE_CHECKING:
    from pilothouse.control.heads import Exchanger
    from pilothouse.records.archive.keeper import Keeper
    from pilothouse.watch.watchman import Watchman

log = structlog.get_logger()
WORK_EVERY_S: Final = 1
CLEAR_EVERY_S: Final = 60
COUNT_EVERY_S: Final = 15
"""How often what followed the newest changes is counted in the archive."""
HOLD_EVERY_S: Final = 0.05
STOPPING_S: Final = 5


class Part(Lasting, Protocol):
    """What is started and stopped with the console."""

    def start(self) -> object:
        """Begin."""

    def stop(self) -> None:
        """End."""


class Worker:
    """A thread that does what is due, again and again: changes have one, notices another."""

    def __init__(
        self, name: str, work: Callable[[], object], every_s: float = WORK_EVERY_S
    ) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start working."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the deed under way."""
        self._ending.set()
        self._thread.join(timeout=STOPPING_S)

    @property
    def has_died(self) -> bool:
        """Tell whether its thread ended and nobody had it end."""
        return is_dead(self._thread) and not self._ending.is_set()

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            try:
                self._work()
            except Exception:
                # What failed is still due: it is tried again, and its change shows its state.
                log.exception("worker_failed", worker=self._name)


def run_console(
    home: Path,
    port: int,
    host: str = "127.0.0.1",
    *,
    alive: Callable[[], None] = lambda: None,
    also: Iterable[AskAlso] = (),
    failures: Callable[[], int] = lambda: 0,
) -> None:
    """Serve the console of the exchange in `home` until SIGINT or SIGTERM; Django is set up.

    `alive` is called while pages, database and replica come round; `also` asks what else the
    console needs to be ready; `failures` counts those in a row of the part that fails most.
    """
    from pilothouse.console import readiness
    from pilothouse.records.archive import mending

    with ExitStack() as running:
        parts = connect(home, running, failures=failures)
        follower = ports().follower
        readiness.connect(home, follower, also)
        running.callback(readiness.disconnect)
        more = [
            Worker("checkpoint", checkpoint),
            Worker("archive-watch", mending.Watch(home, _leave).look),
        ]
        life = Life(follower, alive, [*parts, *more])
        for part in (*more, Worker("life", life.look)):
            part.start()
            running.callback(part.stop)
        serve(port, host, life.turned)


def _leave(why: str) -> None:
    from pilothouse.control import heads

    # What took something back is known here alone until the journal holds it.
    if not heads.is_all_told():
        log.warning("stays_until_the_journal_holds_the_audit", why=why)
        return
    log.warning("leaving", why=why)
    os.kill(os.getpid(), signal.SIGTERM)


def connect(
    home: Path,
    running: ExitStack,
    rehearse: Callable[[Follower], Rehearsal] = Rehearsal,
    failures: Callable[[], int] = lambda: 0,
) -> list[Lasting]:
    """Follow the exchange, let change control reach it; return what was started in threads.

    `rehearse` makes the room in which commands are tried. Django's models can be loaded only after
    its settings, so these imports stand here.
    """
    from django.utils import timezone

    from pilothouse.console.live.ticker import Ticker
    from pilothouse.control import heads, heads_out, reconciler, rounds
    from pilothouse.control import ports as control_ports
    from pilothouse.desk import outbox, statuses
    from pilothouse.records.timeline import TIMELINE

    follower = Follower(home, from_snapshot=True, say=log.warning)
    keeper = _archive(home, follower)
    control_ports.connect(
        venue=VenueClient(home),
        rehearsal=rehearse(follower),
        follower=follower,
        look_back=partial(events_of_command, home),
    )
    watchman = _watch(home, follower, partial(_measured, home, keeper, failures))
    follower.listen(statuses.hear, statuses.begin())
    running.callback(statuses.keep, at_once=True)
    follower.listen(TIMELINE.hear)
    compares = reconciler.Reconciler()
    follower.listen(compares.hear, compares.since)
    exchanger = heads.Exchanger(heads_out.leaving(home))
    heads.connect(exchanger)
    outbox.recover(timezone.now())
    rounds.begun()
    read: list[Part] = [
        keeper,
        follower,
        Snapshotter(follower, say=log.warning),
        watchman,
        Ticker(),
    ]
    work: list[Part] = [
        Worker("heads", lambda: _exchange(follower, exchanger)),
        Worker("held", exchanger.hold, HOLD_EVERY_S),
        *_workers(home, follower),
        Worker("comparison", lambda: compares.tick(timezone.now())),
    ]
    _start(read, running)
    # What they still do is held: they stop before this, from the last one to the first.
    running.callback(lambda: exchanger.stop(timezone.now()))
    _start(work, running)
    return [*read, *work]


def _start(parts: Iterable[Part], running: ExitStack) -> None:
    for part in parts:
        part.start()
        running.callback(part.stop)


def _archive(home: Path, follower: Follower) -> Keeper:
    from pilothouse.control import archived as control_archived
    from pilothouse.control import reconciler
    from pilothouse.desk import archived as desk_archived
    from pilothouse.records.archive import running as archives
    from pilothouse.records.archive.mending import kept_archive

    keeper = kept_archive(home, log.warning, reconciler.note_archive)
    archives.connect(keeper)
    keeper.pictures.show("changes", control_archived.changes)
    keeper.pictures.show("incidents", desk_archived.incidents)
    keeper.pictures.show("alerts", desk_archived.alerts)
    follower.listen(keeper.hear, keeper.since)
    return keeper


def _watch(home: Path, follower: Follower, house: Callable[[], dict[str, int]]) -> Watchman:
    from pilothouse.control import ports as control_ports
    from pilothouse.desk import from_alert, routes
    from pilothouse.watch import ports as watch_ports
    from pilothouse.watch import running as watches
    from pilothouse.watch.doors import Doors
    from pilothouse.watch.hearing import Hearing
    from pilothouse.watch.trial import Trial
    from pilothouse.watch.watchman import Watchman

    reports = [_own_door, partial(report.read, home, "gateway")]
    hearing = Hearing(doors=Doors(reports, partial(read_counts, home)).heard)
    follower.listen(hearing.hear)
    watchman = Watchman(
        follower.machine,
        hearing,
        clock_is_held=lambda: held(home) is not None,
        blocks_behind=lambda: follower.blocks_behind,
        house=house,
    )
    watches.connect(watchman)
    watch_ports.connect(from_alert.hear)
    control_ports.connect_trial("alert_rule", Trial(watchman))
    control_ports.connect_trial("notice_route", routes.trial)
    return watchman


def _workers(home: Path, follower: Follower) -> list[Worker]:
    from django.utils import timezone

    from pilothouse.console import old_sessions
    from pilothouse.console.aftermath import AFTERMATHS
    from pilothouse.control import worker
    from pilothouse.desk import outbox, statuses

    return [
        Worker("changes", lambda: _do_due(follower, worker.tick)),
        Worker("statuses", statuses.keep),
        Worker("aftermaths", lambda: AFTERMATHS.count(timezone.now()), COUNT_EVERY_S),
        Worker("audit", _keep_audit),
        Worker("sessions", lambda: old_sessions.clear(timezone.now()), CLEAR_EVERY_S),
        Worker("door", lambda: report.write(home, "console", _own_door())),
        Worker("notices", lambda: outbox.tick(timezone.now())),
    ]


def _do_due(follower: Follower, tick: Callable[[datetime], object]) -> None:
    # What is due is judged by the exchange's own bounded time: a clock that jumps sends no step.
    if follower.block and follower.has_caught_up:
        tick(EPOCH + timedelta(microseconds=follower.time))


def _exchange(follower: Follower, exchanger: Exchanger) -> None:
    from django.utils import timezone

    # Only a replica that was level with the journal knows the newest head in it.
    if follower.has_caught_up:
        exchanger.tick(timezone.now())


def _keep_audit() -> None:
    from pilothouse.records import audit
    from pilothouse.records.checking import CHECKING

    audit.write_summaries()
    CHECKING.go_round()


def _measured(home: Path, keeper: Keeper, failures: Callable[[], int]) -> dict[str, int]:
    asked: dict[str, Callable[[], int]] = {
        "disk_free": lambda: free_bytes(home) >> 20,
        "database_log": lambda: log_bytes() >> 20,
        "database_size": lambda: database_bytes() >> 20,
        "parts_failing": failures,
        "archive_behind": lambda: keeper.lag.seconds * 1_000,
    }
    return {name: told for name, ask in asked.items() if (told := _told(ask)) is not None}


def _told(ask: Callable[[], int]) -> int | None:
    # What cannot be asked is absent, which alerts; the rest is measured all the same.
    try:
        return ask()
    except Exception:
        return None


_gates: list[Gate] = []


def _own_door() -> report.Report:
    from pilothouse.console.live.places import PLACES

    if not _gates:
        return report.Report(0, 0)
    return report.report_of(_gates[0], {"live feeds": PLACES})


def serve(port: int, host: str, turned: Callable[[], None] = lambda: None) -> None:
    """Serve pages until a signal. Feeds are told to end, so that stopping waits for nobody.

    `turned` is called whenever the loop that serves comes round.
    """
    from django.core.asgi import get_asgi_application

    from pilothouse.console.gate import gate_of

    # The server sends itself the signal that ended it once more: then the parts are to be stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    _gates[:] = [gate_of(get_asgi_application())]
    config = configured(
        _gates[0],
        host=host,
        port=port,
        lifespan="off",
        ws="none",
        log_config=None,  # its faults go where those of pages go, and are bounded there
        timeout_graceful_shutdown=STOPPING_S,
    )
    Server(config, turned).run()


class Server(uvicorn.Server):
    """uvicorn, which waits for open answers when it stops: the feeds are ended first."""

    def __init__(self, config: uvicorn.Config, turned: Callable[[], None]) -> None:
        super().__init__(config)
        self._turned = turned

    async def on_tick(self, counter: int) -> bool:
        """Say that the loop came round; tell whether it is to end."""
        self._turned()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the feeds, then stop."""
        from pilothouse.console.live.ticker import FEED

        FEED.close()
        await super().shutdown(sockets)
