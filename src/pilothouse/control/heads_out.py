"""Heads that leave the machine: signed lines, appended where the home's owner cannot rewrite them.

A line names the exchange by the seal of its first block and by a key made of the home's secret,
the block, the audit's row, and the time. Whoever keeps the lines can tell later whether a folder
is this one, and whether any of its history was cut off or made anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pilothouse.access.secret_file import derive, read_secret
from pilothouse.control.canonical import plain_bytes
from pilothouse.control.heads import Heads, Leave
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files

PURPOSE: Final = "heads"
VARIABLE: Final = "PILOTHOUSE_HEADS_TO"
LINE_MOST: Final = 4_096
LINES_MOST: Final = 5_000_000


class BadHeads(ValueError):
    """A file of heads cannot be relied on; the text says why."""


@dataclass(frozen=True)
class Line:
    """One signed head."""

    exchange: str
    """The seal of the first block: the name of the exchange for ever."""
    key: str
    heads: Heads
    signature: str

    @property
    def signed(self) -> bytes:
        """Return the bytes under the signature."""
        return plain_bytes({"exchange": self.exchange, "key": self.key, **asdict(self.heads)})

    @property
    def text(self) -> str:
        """Return the line as it is written."""
        plain = {"exchange": self.exchange, "key": self.key, **asdict(self.heads)}
        return plain_bytes(plain | {"signature": self.signature}).decode()


def public_key(secret: bytes) -> str:
    """Return the key by which the heads of a home are known."""
    return _raw(_private(secret).public_key())


def line_of(secret: bytes, exchange: str, heads: Heads) -> Line:
    """Return a head, signed in the name of an exchange."""
    unsigned = Line(exchange, public_key(secret), heads, "")
    return Line(exchange, unsigned.key, heads, _private(secret).sign(unsigned.signed).hex())


def leave(place: Path, line: Line) -> None:
    """Append a line to a file, or to a file of the exchange's name in a folder. Raises OSError."""
    file = place / f"{line.exchange[:16]}.heads" if place.is_dir() else place
    handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.text.encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)


def leaving(home: Path) -> Leave:
    """Return what has heads leave the machine as PILOTHOUSE_HEADS_TO says; nothing if unset.

    Raises BadHeads for a place within the home: who rewrites the home would rewrite them too.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return lambda heads: None
    place = Path(named).resolve()
    if place.is_relative_to(home.resolve()):
        raise BadHeads(f"{VARIABLE} is within the exchange's folder; name a place elsewhere")
    if not place.is_dir() and not place.parent.is_dir():
        raise BadHeads(f"{VARIABLE} names {place}, and there is no such folder")
    return lambda heads: leave(place, line_of(read_secret(home), first_seal(home), heads))


def first_seal(home: Path) -> str:
    """Return the seal of a journal's first block; raises BadHeads if there is none."""
    with closing(Reader(Files(home))) as reader:
        first = reader.header_of(1)
    if first is None:
        raise BadHeads("the journal has no first block")
    return first.seal.hex()


def read(text: Iterable[str]) -> list[Line]:
    """Return the lines of a file, each as it was signed, of one exchange, never going back.

    Raises BadHeads, which names the line.
    """
    lines: list[Line] = []
    for number, one in enumerate(text, 1):
        if not one.strip():
            continue
        if number > LINES_MOST:
            raise BadHeads(f"there are more than {LINES_MOST:,} lines")
        line = _line(one, number)
        if lines:
            _follows(lines[-1], line, number)
        lines.append(line)
    if not lines:
        raise BadHeads("there is no head in it")
    return lines


def _line(text: str, number: int) -> Line:
    try:
        plain: dict[str, Any] = json.loads(text[:LINE_MOST])
        names = Heads.__dataclass_fields__
        line = Line(
            str(plain["exchange"]),
            str(plain["key"]),
            Heads(**{name: plain[name] for name in names}),
            str(plain["signature"]),
        )
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(line.key))
        key.verify(bytes.fromhex(line.signature), line.signed)
    except (ValueError, KeyError, TypeError, InvalidSignature, RecursionError):
        raise BadHeads(f"line {number} is not a signed head") from None
    return line


def _follows(before: Line, line: Line, number: int) -> None:
    if (line.exchange, line.key) != (before.exchange, before.key):
        raise BadHeads(f"line {number} is of another exchange, or signed by another key")
    if line.heads.block < before.heads.block or line.heads.row < before.heads.row:
        raise BadHeads(f"line {number} goes back behind line {number - 1}")


def _private(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive(secret, PURPOSE))


def _raw(key: Ed25519PublicKey) -> str:
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    return key.public_bytes(*raw).hex()
