"""The console's process: pages, the replica they read, its rehearsal, and the worker.

The replica follows the journal's files; a slow page or the death of this process costs trading
nothing. Workers do what is due once a second: scheduled steps, verifications and expiries of
changes, and the sending of notices.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvicorn

from pilothouse.venue.client import VenueClient
from pilothouse.venue.follower import Follower
from pilothouse.venue.past import events_of_command
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.snapshotter import Snapshotter

log = structlog.get_logger()
WORK_EVERY_S: Final = 1
STOPPING_S: Final = 5


class Worker:
    """A thread that does what is due, again and again: changes have one, notices another."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._every_s = WORK_EVERY_S
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start working."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the deed under way."""
        self._ending.set()
        self._thread.join(timeout=STOPPING_S)

    def _run(self) -> None:
        while not self._ending.wait(self._every_s):
            try:
                self._work()
            except Exception:
                # What failed is still due: it is tried again, and its change shows its state.
                log.exception("worker_failed", worker=self._name)


def run_console(home: Path, port: int, host: str = "127.0.0.1") -> None:
    """Serve the console of the exchange in `home` until SIGINT or SIGTERM; Django is set up."""
    with ExitStack() as running:
        connect(home, running)
        serve(port, host)


def connect(
    home: Path, running: ExitStack, rehearse: Callable[[Follower], Rehearsal] = Rehearsal
) -> None:
    """Follow the exchange, let change control reach it, and start ticker and worker.

    `rehearse` makes the room in which commands are tried. Django's models can be loaded only after
    its settings, so these imports stand here.
    """
    from django.utils import timezone

    from pilothouse.console.live.ticker import Ticker
    from pilothouse.control import archived as control_archived
    from pilothouse.control import ports, worker
    from pilothouse.desk import archived as desk_archived
    from pilothouse.desk import from_alert, outbox, routes, statuses
    from pilothouse.records.archive import running as archives
    from pilothouse.records.archive.archive import Archive
    from pilothouse.records.archive.keeper import Keeper
    from pilothouse.records.timeline import TIMELINE
    from pilothouse.watch import ports as watch_ports
    from pilothouse.watch import running as watches
    from pilothouse.watch.hearing import Hearing
    from pilothouse.watch.trial import Trial
    from pilothouse.watch.watchman import Watchman

    follower = Follower(home, from_snapshot=True, say=log.warning)
    keeper = Keeper(Archive(home))
    archives.connect(keeper)
    keeper.pictures.show("changes", control_archived.changes)
    keeper.pictures.show("incidents", desk_archived.incidents)
    keeper.pictures.show("alerts", desk_archived.alerts)
    follower.listen(keeper.hear, keeper.since)
    ports.connect(
        venue=VenueClient(home),
        rehearsal=rehearse(follower),
        follower=follower,
        look_back=partial(events_of_command, home),
    )
    hearing = Hearing()
    follower.listen(hearing.hear)
    watchman = Watchman(follower.machine, hearing)
    watches.connect(watchman)
    watch_ports.connect(from_alert.hear)
    ports.connect_trial("alert_rule", Trial(watchman))
    ports.connect_trial("notice_route", routes.trial)
    follower.listen(statuses.hear, statuses.since())
    running.callback(statuses.keep, at_once=True)
    follower.listen(TIMELINE.hear)
    outbox.recover(timezone.now())
    for part in (
        keeper,
        follower,
        Snapshotter(follower, say=log.warning),
        watchman,
        Ticker(),
        Worker("changes", lambda: worker.tick(timezone.now())),
        Worker("statuses", statuses.keep),
        Worker("notices", lambda: outbox.tick(timezone.now())),
    ):
        part.start()
        running.callback(part.stop)


def serve(port: int, host: str) -> None:
    """Serve pages until a signal. Feeds are told to end, so that stopping waits for nobody."""
    from django.core.asgi import get_asgi_application

    # The server sends itself the signal that ended it once more: then the parts are to be stopped.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(
        get_asgi_application(),
        host=host,
        port=port,
        lifespan="off",
        log_level="warning",
        timeout_graceful_shutdown=STOPPING_S,
    )
    Server(config).run()


class Server(uvicorn.Server):
    """uvicorn, which waits for open answers when it stops: the feeds are ended first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the feeds, then stop."""
        from pilothouse.console.live.ticker import FEED

        FEED.close()
        await super().shutdown(sockets)
