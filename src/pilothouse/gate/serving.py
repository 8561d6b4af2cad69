"""A door's server: uvicorn with the gate's connections, and no line of the log for a stranger."""

from __future__ import annotations

import logging
import socket
from typing import Any, Final

import uvicorn

from pilothouse.gate.connection import guarded
from pilothouse.gate.entry import Gate

KEEP_ALIVE_S: Final = 5
BACKLOG: Final = 512


def configured(gate: Gate, **more: Any) -> uvicorn.Config:
    """Return uvicorn's configuration of a door.

    Proxies are the gate's matter, so uvicorn believes no header. It would write a line for each
    request that is none; anybody can send those, so only its own faults are logged.
    """
    made = uvicorn.Config(
        gate,
        http=guarded(gate),
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        backlog=BACKLOG,
        h11_max_incomplete_event_size=gate.limits.head_bytes,
        **more,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return made


def listening(config: uvicorn.Config) -> socket.socket:
    """Return the door's socket, which takes connections from now on.

    uvicorn binds it and listens only when it serves: who was told the address in between would be
    refused. Who connects now waits in the backlog until the first turn of the loop.
    """
    made = config.bind_socket()
    made.listen(config.backlog)
    return made
