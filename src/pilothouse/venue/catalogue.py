"""The catalogue: what Kraken's answers say about a market that the machine does not hold.

Names, currencies of fees, dates, identifiers, leverage: words that decide nothing. The importer
writes them once to `HOME/catalogue.json`, the traders' door hands them out again. A broken number
is a Decimal, so that every figure is exactly the one of its file; what a file did not say stays
absent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from pilothouse.journal.storage import sync_folder

CATALOGUE_FILE: Final = "catalogue.json"
BEFORE_FILE: Final = "catalogue.before.json"
KINDS: Final = ("spot", "instruments", "assets")
BYTES_MAX: Final = 64 << 20
ENTRIES_MAX: Final = 50_000
"""Limits of the file; Kraken's own answers are about a hundredth of them."""

Entry = dict[str, Any]

_decoder: Final = msgspec.json.Decoder(float_hook=Decimal)
_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class CatalogueIsUnreadable(ValueError):
    """The catalogue is not what its importer wrote."""


@dataclass(frozen=True)
class Catalogue:
    """The original entries: AssetPairs and instruments by market symbol, assets by name."""

    spot: Mapping[str, Entry] = field(default_factory=dict)
    instruments: Mapping[str, Entry] = field(default_factory=dict)
    assets: Mapping[str, Entry] = field(default_factory=dict)


def parse_json(raw: bytes | str) -> Any:
    """Return what a JSON text says, its broken numbers as Decimals; ValueError if it is none."""
    return _decoder.decode(raw)


def to_json(plain: Any) -> bytes:
    """Return plain values as JSON, Decimals as numbers."""
    return _encoder.encode(plain)


def load(home: Path) -> Catalogue:
    """Return the catalogue of an exchange, empty if none was imported.

    Raises CatalogueIsUnreadable, with the file's name, if it is damaged or beyond its limits.
    """
    path = Path(home) / CATALOGUE_FILE
    return _read(path) if path.exists() else Catalogue()


def _read(path: Path) -> Catalogue:
    try:
        with path.open("rb") as file:
            raw = file.read(BYTES_MAX + 1)
        _refuse_beyond(len(raw), {})
        read = parse_json(raw)
        made = Catalogue(**{kind: dict(read[kind]) for kind in KINDS})
        _refuse_beyond(len(raw), {kind: getattr(made, kind) for kind in KINDS})
        return made
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CatalogueIsUnreadable(f"{path.name}: {error}") from error


def _refuse_beyond(size: int, kinds: Mapping[str, Mapping[str, Entry]]) -> None:
    # Who writes it and who reads it have the same limits, so that no file that was written whole
    # is one that a reader cannot take.
    if size > BYTES_MAX:
        raise CatalogueIsUnreadable(f"it has more than {BYTES_MAX >> 20} MiB")
    for kind, entries in kinds.items():
        if len(entries) > ENTRIES_MAX:
            raise CatalogueIsUnreadable(f"{kind} has {len(entries):,} entries of {ENTRIES_MAX:,}")
        if not all(isinstance(one, dict) for one in entries.values()):
            raise CatalogueIsUnreadable(f"an entry of {kind} is no object")


def last_good(home: Path) -> Catalogue:
    """Return the catalogue, or the last good one where its file is damaged."""
    return CatalogueFile(home).current()


class CatalogueFile:
    """The catalogue as it is now: read again when an import has replaced its file.

    A file that is damaged or beyond its limits changes nothing: the last good one holds on, at a
    start the one that was replaced last, and `say` and `fault` tell why.
    """

    def __init__(self, home: Path, say: Callable[[str], None] = lambda sentence: None) -> None:
        self._home, self._say = Path(home), say
        self._seen: tuple[int, int] | None = None
        self._catalogue = Catalogue()
        self._has_read = False
        self.fault = ""

    def current(self) -> Catalogue:
        """Return the catalogue; the same object while its file is the same."""
        seen = self._stamp()
        if seen != self._seen:
            self._seen = seen
            self._read_again()
        return self._catalogue

    def _read_again(self) -> None:
        try:
            self._catalogue, self.fault = load(self._home), ""
        except (CatalogueIsUnreadable, OSError) as error:
            self.fault = f"{error}; the last good catalogue is used. Import again to replace it"
            self._say(self.fault)
            if not self._has_read:
                self._catalogue = self._before()
        self._has_read = True

    def _before(self) -> Catalogue:
        try:
            return _read(self._home / BEFORE_FILE)
        except (CatalogueIsUnreadable, OSError):
            return Catalogue()

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = (self._home / CATALOGUE_FILE).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino


def save(home: Path, catalogue: Catalogue) -> None:
    """Write the catalogue whole or not at all: to a file beside it, synced, then renamed.

    The one it replaces is kept beside it if it can be read, else the one before that. Raises
    CatalogueIsUnreadable, before anything is written, for one that no reader would take.
    """
    path = Path(home) / CATALOGUE_FILE
    kinds = {kind: dict(getattr(catalogue, kind)) for kind in KINDS}
    raw = to_json(kinds)
    _refuse_beyond(len(raw), kinds)
    _keep_before(path)
    beside = path.with_suffix(".json.new")
    with beside.open("wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def _keep_before(path: Path) -> None:
    try:
        _read(path)
    except (CatalogueIsUnreadable, OSError):
        return
    beside = path.with_name(f"{BEFORE_FILE}.new")
    beside.unlink(missing_ok=True)
    os.link(path, beside)
    beside.replace(path.with_name(BEFORE_FILE))


def merged(one: Catalogue, other: Catalogue) -> Catalogue:
    """Return both catalogues as one; where both name a symbol, `other` holds."""
    return Catalogue(**{kind: {**getattr(one, kind), **getattr(other, kind)} for kind in KINDS})
