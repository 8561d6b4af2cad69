"""A gate before a small application, on a real socket, in a thread; and clients that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn

from pilothouse.gate.entry import Gate
from pilothouse.gate.serving import configured

WAIT_S = 60
ANSWER_S = 30


@dataclass
class Served:
    """A door that runs."""

    port: int
    gate: Gate


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with who asked, and how long the body was; `/slow` never ends its answer."""
    if scope["type"] != "http":
        return
    message = await receive()
    told = {"client": scope["client"][0], "bytes": len(message.get("body", b""))}
    told |= {"path": scope["path"], "scheme": scope["scheme"]}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b".", "more_body": True})
        await receive()
        return
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


@contextlib.contextmanager
def served(gate: Gate, **more: Any) -> Iterator[Served]:
    """Serve a gate from a thread until the end."""
    server = uvicorn.Server(configured(gate, lifespan="off", log_config=None, **more))
    plug = socket.socket()
    plug.bind(("127.0.0.1", 0))
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[plug])), daemon=True
    )
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield Served(plug.getsockname()[1], gate)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(WAIT_S)


def wait_until(holds: Callable[[], Any], seconds: float = WAIT_S) -> None:
    """Wait for what can be seen."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)


def connect(port: int, sent: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
    """Open a connection from a loopback address and send something on it."""
    made = socket.socket()
    made.settimeout(ANSWER_S)
    made.bind((source, 0))
    made.connect(("127.0.0.1", port))
    with contextlib.suppress(OSError):
        made.sendall(sent)
    return made


def request(
    path: str, *headers: str, body: bytes = b"", method: str = "GET", host: str = "127.0.0.1"
) -> bytes:
    """Return a request's bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"host: {host}", *headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def read_answer(plug: socket.socket) -> tuple[int, bytes]:
    """Return the status and the body of an answer; (0, b"") if the connection just ended."""
    data = b""
    with contextlib.suppress(OSError):
        while True:
            piece = plug.recv(1 << 16)
            data += piece
            head, _, body = data.partition(b"\r\n\r\n")
            if not piece or (body and _is_whole(head, body)):
                break
    if not data:
        return 0, b""
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), _unchunked(head, body)


def _is_whole(head: bytes, body: bytes) -> bool:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return body.endswith(b"0\r\n\r\n")


def _unchunked(head: bytes, body: bytes) -> bytes:
    if b"chunked" not in head.lower():
        return body
    made, rest = b"", body
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        made, rest = made + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return made


def ask(
    port: int, path: str, *headers: str, source: str = "127.0.0.1", **rest: Any
) -> tuple[int, bytes]:
    """Send one request on a connection of its own and return the answer."""
    with connect(port, request(path, *headers, **rest), source) as plug:
        return read_answer(plug)
