"""Minute bars from a CSV file, also gzipped: read whole and exactly, or refused by the line.

The header names `open_time`, `open`, `high`, `low`, `close`; further columns are passed over.
Times are seconds, milliseconds or microseconds since the epoch, by their number of digits. Missing
minutes are a gap: one of at most an hour is tolerated and told, the price standing at the last
close; a longer one is refused, and with `strict` every one.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pilothouse.language.numbers import (
    INDEX_PRICE_MAX_E12,
    SECOND_US,
    NotExact,
    parse_decimal,
)

MINUTE_US: Final = 60 * SECOND_US
GAP_MINUTES_MAX: Final = 60
BARS_MAX: Final = 1_000_000
FAULTS_SHOWN: Final = 20
BYTES_MAX: Final = 256 << 20
PRICES: Final = ("open", "high", "low", "close")
TO_US: Final = {10: SECOND_US, 13: 1_000, 16: 1}
"""What a time is multiplied with, by the number of its digits."""


@dataclass(frozen=True)
class Bar:
    """One minute: when it began (microseconds), its four prices (10^-12 dollars), its line."""

    began_us: int
    open_e12: int
    high_e12: int
    low_e12: int
    close_e12: int
    line: int = 0


@dataclass(frozen=True)
class Remark:
    """What is to be said about a line of the file."""

    line: int
    says: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.says}"


@dataclass(frozen=True)
class BarFile:
    """A file that was read: its bars in order, its gaps, and the digest of its bytes."""

    path: Path
    digest: str
    bars: tuple[Bar, ...]
    gaps: tuple[Remark, ...] = ()


class BadFile(ValueError):
    """The file is no series of minute bars; `faults` says why, each by its line."""

    def __init__(self, path: Path, faults: Sequence[Remark]) -> None:
        self.path, self.faults = path, tuple(faults)
        shown = "\n".join(f"  {one}" for one in self.faults[:FAULTS_SHOWN])
        more = len(self.faults) - FAULTS_SHOWN
        rest = f"\n  and {more} more" if more > 0 else ""
        super().__init__(f"{path} is refused, nothing was sent:\n{shown}{rest}")


def read_bars(path: Path, strict: bool = False) -> BarFile:
    """Read a whole file; raise BadFile with every faulty line, OSError if it cannot be opened."""
    raw = path.read_bytes()
    faults: list[Remark] = []
    rows = _rows(_text(path, raw), faults)
    bars = [bar for bar in (_bar(line, row, faults) for line, row in rows) if bar]
    gaps = _order(bars, faults, strict)
    if not bars and not faults:
        faults.append(Remark(1, "the file holds no bar"))
    if faults:
        raise BadFile(path, sorted(faults, key=lambda one: one.line))
    return BarFile(path, hashlib.sha256(raw).hexdigest(), tuple(bars), tuple(gaps))


def part(
    file: BarFile, since_us: int | None = None, until_us: int | None = None
) -> tuple[Bar, ...]:
    """Return the bars that begin at or after `since_us` and before `until_us`; maybe none."""
    first = file.bars[0].began_us if since_us is None else since_us
    last = file.bars[-1].began_us + 1 if until_us is None else until_us
    return tuple(one for one in file.bars if first <= one.began_us < last)


def _text(path: Path, raw: bytes) -> str:
    try:
        plain = _unzipped(raw) if raw[:2] == b"\x1f\x8b" else raw
        return plain.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as wrong:
        raise BadFile(path, [Remark(1, f"it is no whole gzip file ({wrong})")]) from wrong
    except UnicodeDecodeError as wrong:
        line = raw[: wrong.start].count(b"\n") + 1
        raise BadFile(path, [Remark(line, "it is no text in UTF-8")]) from wrong


def _unzipped(raw: bytes) -> bytes:
    with gzip.open(io.BytesIO(raw)) as source:
        plain = source.read(BYTES_MAX + 1)
    if len(plain) > BYTES_MAX:
        raise OSError(f"unpacked it has more than {BYTES_MAX} bytes")
    return plain


def _rows(text: str, faults: list[Remark]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each line's number and the columns that are needed, by their names."""
    reader = csv.reader(io.StringIO(text))
    header = [one.strip().lower() for one in next(reader, [])]
    missing = [one for one in ("open_time", *PRICES) if header.count(one) != 1]
    if missing:
        faults.append(Remark(1, f"the header must name once: {', '.join(missing)}"))
        return
    for count, row in enumerate(reader):
        if count >= BARS_MAX:
            faults.append(Remark(reader.line_num, f"a file may hold {BARS_MAX:,} bars at most"))
            return
        if len(row) != len(header):
            said = f"it has {len(row)} columns, the header {len(header)}"
            faults.append(Remark(reader.line_num, said))
            continue
        yield reader.line_num, dict(zip(header, row, strict=True))


def _bar(line: int, row: dict[str, str], faults: list[Remark]) -> Bar | None:
    try:
        began = _time(row["open_time"].strip())
        first, high, low, close = (_price(name, row[name].strip()) for name in PRICES)
        if not (low <= min(first, close) and max(first, close) <= high):
            raise NotExact("open and close do not lie between low and high")
    except NotExact as wrong:
        faults.append(Remark(line, str(wrong)))
        return None
    return Bar(began, first, high, low, close, line)


def _time(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) in TO_US):
        raise NotExact(f"open_time {text[:40]!r} is no count of seconds, milli- or microseconds")
    began = int(text) * TO_US[len(text)]
    if began % MINUTE_US:
        raise NotExact(f"open_time {text} is not the beginning of a minute")
    return began


def _price(name: str, text: str) -> int:
    try:
        price = parse_decimal(text, 12)
    except NotExact as wrong:
        raise NotExact(f"{name}: {wrong}") from wrong
    if not 0 < price <= INDEX_PRICE_MAX_E12:
        raise NotExact(f"{name} {text[:40]} is not a positive price an index can have")
    return price


def _order(bars: Sequence[Bar], faults: list[Remark], strict: bool) -> list[Remark]:
    """Compare each bar with the one before; return the gaps that are tolerated."""
    gaps: list[Remark] = []
    for before, bar in itertools.pairwise(bars):
        minutes = (bar.began_us - before.began_us) // MINUTE_US
        if minutes == 0:
            faults.append(Remark(bar.line, f"the minute {_clock(bar)} stands there twice"))
        elif minutes < 0:
            said = f"{_clock(bar)} is earlier than {_clock(before)} of the line before"
            faults.append(Remark(bar.line, said))
        elif minutes > 1:
            said = f"{minutes - 1} minutes are missing after {_clock(before)}"
            refused = strict or minutes - 1 > GAP_MINUTES_MAX
            (faults if refused else gaps).append(Remark(bar.line, said))
    return gaps


def _clock(bar: Bar) -> str:
    return f"{datetime.fromtimestamp(bar.began_us // SECOND_US, UTC):%Y-%m-%d %H:%M}"
