"""The catalogue: what Kraken's answers say about a market that the machine does not hold.

Names, currencies of fees, dates, identifiers, leverage: words that decide nothing. The importer
writes them once to `HOME/catalogue.json`, the traders' door hands them out again. A broken number
is a Decimal, so that every figure is exactly the one of its file; what a file did not say stays
absent.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

CATALOGUE_FILE: Final = "catalogue.json"
KINDS: Final = ("spot", "instruments", "assets")

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

    Raises CatalogueIsUnreadable, with the file's name, if it is damaged.
    """
    path = Path(home) / CATALOGUE_FILE
    if not path.exists():
        return Catalogue()
    try:
        read = parse_json(path.read_bytes())
        return Catalogue(**{kind: dict(read[kind]) for kind in KINDS})
    except (ValueError, KeyError, TypeError) as error:
        raise CatalogueIsUnreadable(f"{path.name}: {error}") from error


class CatalogueFile:
    """The catalogue as it is now: read again when an import has replaced its file."""

    def __init__(self, home: Path) -> None:
        self._home = Path(home)
        self._seen: tuple[int, int] | None = None
        self._catalogue = Catalogue()

    def current(self) -> Catalogue:
        """Return the catalogue; the same object while its file is the same."""
        seen = self._stamp()
        if seen != self._seen:
            self._catalogue, self._seen = load(self._home), seen
        return self._catalogue

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = (self._home / CATALOGUE_FILE).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino


def save(home: Path, catalogue: Catalogue) -> None:
    """Write the catalogue whole or not at all: to a file beside it, synced, then renamed."""
    path = Path(home) / CATALOGUE_FILE
    beside = path.with_suffix(".json.new")
    raw = to_json({kind: dict(getattr(catalogue, kind)) for kind in KINDS})
    with beside.open("wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)


def merged(one: Catalogue, other: Catalogue) -> Catalogue:
    """Return both catalogues as one; where both name a symbol, `other` holds."""
    return Catalogue(**{kind: {**getattr(one, kind), **getattr(other, kind)} for kind in KINDS})
