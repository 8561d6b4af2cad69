"""Where one request ends and the next begins: refused where two readers could disagree.

h11 reads a request whose length is said twice, and a head of any length that came in one piece.
A proxy in front might find the end elsewhere, and take what follows for another's request.
"""

from __future__ import annotations

from typing import Final

import h11

from pilothouse.gate.limits import KIB

TWO_LENGTHS: Final = (
    "The request says its length by Content-Length and by Transfer-Encoding. Send one of them."
)
CODED_1_0: Final = (
    "The request is HTTP/1.0 and has a Transfer-Encoding. Send Content-Length, or HTTP/1.1."
)
TOO_LONG: Final = "The request has a head, or what is between its pieces, of more than {} KiB. "
SHORTEN: Final = "Send fewer or shorter headers, and long fields in a body."

Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class Framed(h11.Connection):
    """h11's connection, whose heads are bounded whatever their pieces, and say one length."""

    def __init__(self, head_bytes: int) -> None:
        super().__init__(h11.SERVER, head_bytes)
        self._head_bytes = head_bytes
        self.fault = ""
        """Why the last request is refused, empty where h11 refuses it."""

    def next_event(self) -> Event:
        """Return what arrived next; raise RemoteProtocolError for what is refused."""
        before = len(self._receive_buffer)
        event = super().next_event()
        data = len(event.data) if isinstance(event, h11.Data) else 0
        if before - len(self._receive_buffer) - data > self._head_bytes:
            self._refuse(TOO_LONG.format(self._head_bytes // KIB) + SHORTEN)
        if isinstance(event, h11.Request):
            self._check_length(event)
        return event

    def _check_length(self, event: h11.Request) -> None:
        names = {name for name, _ in event.headers}
        if b"transfer-encoding" not in names:
            return
        if b"content-length" in names:
            self._refuse(TWO_LENGTHS)
        if event.http_version < b"1.1":
            self._refuse(CODED_1_0)

    def _refuse(self, why: str) -> None:
        self.fault = why
        self._process_error(self.their_role)
        raise h11.RemoteProtocolError(why)
