"""Where one request ends and the next begins: refused where two readers could disagree.

h11 is lenient: it reads a length that is said twice, lines that end with a bare LF, folded lines,
any version, and a head of any length that came in one piece. A proxy in front might find the end
elsewhere, and take what follows for another's request.
"""

from __future__ import annotations

from typing import Final

import h11
from h11._receivebuffer import ReceiveBuffer

from pilothouse.gate.limits import KIB

TWO_LENGTHS: Final = (
    "The request says its length by Content-Length and by Transfer-Encoding. Send one of them."
)
LENGTHS: Final = "The request says its Content-Length more than once. Send one number."
CODED_1_0: Final = (
    "The request is HTTP/1.0 and has a Transfer-Encoding. Send Content-Length, or HTTP/1.1."
)
VERSION: Final = "The request line names another version than HTTP/1.0 or HTTP/1.1. Send HTTP/1.1."
TUNNEL: Final = "This is no proxy: it opens no tunnel. Send the request itself."
METHOD: Final = "The request's method is not in capital letters. Send it as GET or POST."
BARE: Final = "A line of the request ends with CR or LF alone. End each line with CR LF."
FOLDED: Final = "A header is continued on the next line. Send each header on one line."
TOO_LONG: Final = "The request has a head, or what is between its pieces, of more than {} KiB. "
SHORTEN: Final = "Send fewer or shorter headers, and long fields in a body."
VERSIONS: Final = (b"1.0", b"1.1")
LENGTH: Final = b"content-length:"

Event = h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]


class Lines(ReceiveBuffer):
    """h11's buffer, whose lines end with CR LF, are not folded, and say one length."""

    def __init__(self) -> None:
        super().__init__()
        self.fault = ""
        """Why its lines are refused, empty where they are not."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Return the lines up to the first empty one; None if that has not arrived.

        Raises LocalProtocolError for lines that another reader could take otherwise.
        """
        # An empty line may have come in four pieces.
        looked, self._multiple_lines_search = self._multiple_lines_search, len(self._data)
        empty = self._data.find(b"\r\n\r\n", max(0, looked - 3))
        ends = 2 if self._data[:2] == b"\r\n" else empty + 4 if empty >= 0 else 0
        if _has_bare(self._data, ends or len(self._data)):
            self._refuse(BARE)
        if not ends:
            return None
        lines = self._extract(ends).split(b"\r\n")[:-2]
        self._check(lines)
        return lines

    def maybe_extract_next_line(self) -> bytearray | None:
        """Return the line before the next piece of a body, None if it is not whole."""
        line: bytearray | None = super().maybe_extract_next_line()
        if line is not None and _has_bare(line, len(line)):
            self._refuse(BARE)
        return line

    def _check(self, lines: list[bytearray]) -> None:
        if any(line.startswith((b" ", b"\t")) for line in lines):
            self._refuse(FOLDED)
        said = [line for line in lines if line.lower().startswith(LENGTH)]
        if len(said) > 1 or any(b"," in line for line in said):
            self._refuse(LENGTHS)

    def _refuse(self, why: str) -> None:
        self.fault = why
        raise h11.LocalProtocolError(why)


def _has_bare(data: bytearray, ends: int) -> bool:
    """Tell whether a CR or LF stands alone; the last byte may be a CR whose LF is on its way."""
    pairs = data.count(b"\r\n", 0, ends)
    waiting = data.endswith(b"\r", 0, ends)
    return data.count(b"\n", 0, ends) != pairs or data.count(b"\r", 0, ends) - waiting != pairs


class Framed(h11.Connection):
    """h11's connection, whose heads are bounded whatever their pieces, and say one length."""

    def __init__(self, head_bytes: int) -> None:
        super().__init__(h11.SERVER, head_bytes)
        self._receive_buffer: Lines = Lines()
        self._head_bytes = head_bytes
        self._fault = ""

    @property
    def fault(self) -> str:
        """Return why the last request is refused, empty where h11 refuses it."""
        return self._fault or self._receive_buffer.fault

    def next_event(self) -> Event:
        """Return what arrived next; raise RemoteProtocolError for what is refused."""
        before = len(self._receive_buffer)
        event = super().next_event()
        data = len(event.data) if isinstance(event, h11.Data) else 0
        if before - len(self._receive_buffer) - data > self._head_bytes:
            self._refuse(TOO_LONG.format(self._head_bytes // KIB) + SHORTEN)
        if isinstance(event, h11.Request):
            self._check_line(event)
            self._check_length(event)
        return event

    def _check_line(self, event: h11.Request) -> None:
        if event.http_version not in VERSIONS:
            self._refuse(VERSION)
        if event.method == b"CONNECT":
            self._refuse(TUNNEL)
        # One reader takes `post` for POST, another for a method of its own.
        if event.method != event.method.upper():
            self._refuse(METHOD)

    def _check_length(self, event: h11.Request) -> None:
        names = {name for name, _ in event.headers}
        if b"transfer-encoding" not in names:
            return
        if b"content-length" in names:
            self._refuse(TWO_LENGTHS)
        if event.http_version < b"1.1":
            self._refuse(CODED_1_0)

    def _refuse(self, why: str) -> None:
        self._fault = why
        self._process_error(self.their_role)
        raise h11.RemoteProtocolError(why)
