"""The gateway process: a replica that follows, a history that folds, and HTTP in front."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvicorn
from starlette.applications import Starlette

from pilothouse.journal.durable import DurableMark
from pilothouse.trading_api.app import build
from pilothouse.trading_api.feeds.moments import Moments
from pilothouse.trading_api.feeds.socket import FeedProtocol
from pilothouse.trading_api.keeper import Keeper
from pilothouse.trading_api.ports import FindKey
from pilothouse.venue.catalogue import CatalogueFile
from pilothouse.venue.client import AsyncVenueClient
from pilothouse.venue.follower import Follower
from pilothouse.venue.views.accounts import contract_positions
from pilothouse.venue.views.margin import margin
from pilothouse.venue.views.markets import all_markets

CATCH_UP_POLL_S: Final = 0.01
MESSAGE_MAX: Final = 1 << 16
"""How long a client's WebSocket message may be, in bytes."""
GOODBYE_S: Final = 10
"""How long requests under way and connections may take when the server stops."""
NOBODY: Final = 0
"""Row 0 of the accounts means "none" and can be read."""

_log: Final = logging.getLogger(__name__)


class CannotFollow(Exception):
    """The replica stopped before it had caught up."""


@asynccontextmanager
async def gateway(home: Path, find_key: FindKey) -> AsyncIterator[uvicorn.Server]:
    """Give a server that can be served from once its replica has caught up with the journal."""
    moments = Moments()
    follower = Follower(home, from_snapshot=True, say=_log.warning)
    keeper = Keeper(follower, moments)
    history = keeper.history
    venue = AsyncVenueClient(home)
    follower.listen(history.fold, keeper.since)
    follower.listen(moments.block, keeper.since)
    follower.start()
    try:
        await _caught_up(follower)
        keeper.start()
        await asyncio.to_thread(_warm_up, follower)
        app = build(venue, follower, history, find_key, CatalogueFile(home).current, moments)
        yield uvicorn.Server(_configured(app))
    finally:
        await venue.close()
        await asyncio.to_thread(keeper.stop)
        await asyncio.to_thread(follower.stop)


def _configured(app: Starlette) -> uvicorn.Config:
    # Compressed frames would have to be made anew for every client.
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
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
) -> None:
    """Be the gateway process until SIGTERM or SIGINT. Port 0 takes a free one.

    `find_key` is called in threads and may block. `ready` is told the address just before the
    first request can be answered.
    """
    asyncio.run(_serve(Path(home), host, port, find_key, ready))


async def _serve(
    home: Path, host: str, port: int, find_key: FindKey, ready: Callable[[str], None]
) -> None:
    # The server sends itself the signal that ended it once more; the process is to end well.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    async with gateway(home, find_key) as server:
        server.config.host, server.config.port = host, port
        listening = server.config.bind_socket()
        ready(f"http://{host}:{listening.getsockname()[1]}")
        await server.serve(sockets=[listening])
