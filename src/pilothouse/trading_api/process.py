"""The gateway process: a replica that follows, a history that folds, and HTTP in front."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np
import uvicorn

from pilothouse.gate.entry import Counted, Gate
from pilothouse.gate.report import report_of, write
from pilothouse.gate.serving import configured, listening
from pilothouse.journal.durable import DurableMark
from pilothouse.language.schema import ROW_WORDS
from pilothouse.records.kept import FOLDER
from pilothouse.trading_api.app import build
from pilothouse.trading_api.feeds.moments import Moments
from pilothouse.trading_api.feeds.socket import FeedProtocol
from pilothouse.trading_api.gate import gate_of
from pilothouse.trading_api.keeper import Keeper
from pilothouse.trading_api.ports import FindKey
from pilothouse.trading_api.rates import Rates, tier
from pilothouse.venue.catalogue import CatalogueFile
from pilothouse.venue.client import AsyncVenueClient, WriterIsAway
from pilothouse.venue.follower import Follower
from pilothouse.venue.readiness import AskAlso, Readiness
from pilothouse.venue.views.accounts import contract_positions
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import all_markets

CATCH_UP_POLL_S: Final = 0.01
MESSAGE_MAX: Final = 1 << 16
"""How long a client's WebSocket message may be, in bytes."""
GOODBYE_S: Final = 10
"""How long requests under way and connections may take when the server stops."""
SIGN_S: Final = 1.0
REPORT_S: Final = 1.0
"""How often the watch is told how full the door is."""
SWITCHES_FILE: Final = "switches-{slot}.json"
NOBODY: Final = 0
"""Row 0 of the accounts means "none" and can be read."""

_log: Final = logging.getLogger(__name__)


class CannotFollow(Exception):
    """The replica stopped before it had caught up."""


@asynccontextmanager
async def gateway(
    home: Path,
    find_key: FindKey,
    rates: Rates | None = None,
    *,
    slot: int = 0,
    alive: Callable[[], None] = lambda: None,
    also: Iterable[AskAlso] = (),
) -> AsyncIterator[uvicorn.Server]:
    """Give a server that can be served from once its replica has caught up with the journal.

    `rates` are those of the tier in the settings unless others are given. `alive` is called while
    the loop comes round to answers of the writer and the replica follows; `also` asks what else
    the door needs to be ready.
    """
    moments = Moments()
    follower = Follower(home, from_snapshot=True, say=_log.warning)
    keeper = Keeper(follower, moments)
    history = keeper.history
    venue = AsyncVenueClient(home)
    follower.listen(history.fold, keeper.since)
    follower.listen(moments.block, keeper.since)
    follower.start()
    beside: list[asyncio.Task[None]] = []
    try:
        await _caught_up(follower)
        keeper.start()
        await asyncio.to_thread(_warm_up, follower)
        rates = rates or Rates.of_tier(tier())
        words = CatalogueFile(home, say=_log.warning).current
        ready = Readiness(home, follower, also)
        app = build(venue, follower, history, find_key, words, moments, ready.causes, rates, slot)
        gate, door = gate_of(app), app.state.door
        door.switches.keep_in(Path(home) / FOLDER / SWITCHES_FILE.format(slot=slot))
        beside += [
            asyncio.create_task(door.switches.run(door.cancel_open)),
            asyncio.create_task(door.spreads.run(follower)),
            asyncio.create_task(_give_signs(venue, follower, alive)),
            asyncio.create_task(_report(home, gate, app.state.limits)),
        ]
        yield uvicorn.Server(_configured(gate))
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await venue.close()
        await asyncio.to_thread(keeper.stop)
        await asyncio.to_thread(follower.stop)


async def _give_signs(
    venue: AsyncVenueClient, follower: Follower, alive: Callable[[], None]
) -> None:
    # An empty frame goes the way of every order: through the writer's block, sync and answer.
    # Without a writer there is no sign, and whoever watches knows that the writer comes first.
    while True:
        with contextlib.suppress(WriterIsAway):
            # Into a journal without a founding nothing may be written, not even an empty block.
            if follower.position:
                await venue.submit_rows(np.zeros((0, ROW_WORDS), np.int64))
            if not follower.fault:
                alive()
        await asyncio.sleep(SIGN_S)


async def _report(home: Path, gate: Gate, limits: Mapping[str, Counted]) -> None:
    while True:
        try:
            write(home, "gateway", report_of(gate, limits))
        except OSError as error:
            _log.warning("how full the door is could not be written: %s", error)
        await asyncio.sleep(REPORT_S)


def _configured(gate: Gate) -> uvicorn.Config:
    # Compressed frames would have to be made anew for every client.
    return configured(
        gate,
        log_config=None,
        ws=FeedProtocol,
        ws_max_size=MESSAGE_MAX,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GOODBYE_S,
    )


async def _caught_up(follower: Follower) -> None:
    # A door that opened earlier would answer with balances of long ago; and what an older engine
    # release wrote can be read only from the first block of this release on.
    target = DurableMark(follower.storage).block
    while follower.block < target or (target and follower.is_sealed):
        if follower.fault:
            raise CannotFollow(follower.fault)
        await asyncio.sleep(CATCH_UP_POLL_S)


def _warm_up(follower: Follower) -> None:
    # The kernels that read are compiled when first called; no client is to wait for that. The
    # one that reads a position needs a position, and where there is none nobody asks yet.
    with follower.machine() as machine:
        margin(machine, NOBODY)
        any(contract_positions(machine, one.number, 1) for one in all_markets(machine))


def run_gateway(
    home: Path,
    port: int,
    find_key: FindKey,
    *,
    host: str = "127.0.0.1",
    ready: Callable[[str], None] = _log.info,
    slot: int = 0,
    alive: Callable[[], None] = lambda: None,
    also: Iterable[AskAlso] = (),
) -> None:
    """Be the gateway process until SIGTERM or SIGINT. Port 0 takes a free one.

    `find_key` is called in threads and may block. `ready` is told the address
    when it takes connections. Gateways that run at once have a slot each.
    """
    door = gateway(Path(home), find_key, slot=slot, alive=alive, also=also)
    asyncio.run(_serve(door, host, port, ready))


async def _serve(
    door: AbstractAsyncContextManager[uvicorn.Server],
    host: str,
    port: int,
    ready: Callable[[str], None],
) -> None:
    # The server sends itself the signal that ended it once more; the process is to end well.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    async with door as server:
        server.config.host, server.config.port = host, port
        plug = listening(server.config)
        ready(f"http://{host}:{plug.getsockname()[1]}")
        await server.serve(sockets=[plug])
