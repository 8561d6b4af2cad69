"""Kraken's answers as commands: the whole translation, pure, before anything is sent.

Order of the commands: assets, fee schedules, markets, margin schedules. The original entries go
along unchanged for the catalogue, so that what is absent in an answer stays absent in ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.language.commands import ListMarket
from pilothouse.language.kinds import CauseKind, MarketKind
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.language.schema import Command
from pilothouse.venue.catalogue import Catalogue, Entry
from pilothouse.wiring.importing import futures, spot
from pilothouse.wiring.importing.answers import (
    AssetPairs,
    Instrument,
    Refused,
    read_instruments,
    read_pairs,
)
from pilothouse.wiring.importing.drafts import Assets, FeeSchedules, Known

GENESIS_CAUSE = Cause(CauseKind.GENESIS, 1)


@dataclass(frozen=True)
class File:
    """A file to be imported: its name for messages, and what is in it."""

    name: str
    text: str


@dataclass(frozen=True)
class Translation:
    """The commands of an import in their order, and the original entries."""

    commands: tuple[Command, ...]
    catalogue: Catalogue

    @property
    def markets(self) -> tuple[ListMarket, ...]:
        """Return the markets that are listed."""
        return tuple(one for one in self.commands if isinstance(one, ListMarket))

    @property
    def tradeable(self) -> int:
        """Return how many of the markets can trade in this release."""
        kinds = (MarketKind.SPOT, MarketKind.PERPETUAL_LINEAR)
        return sum(one.kind in kinds for one in self.markets)


def translate(pairs: File | None, instruments: Sequence[File], known: Known) -> Translation:
    """Return the commands that list what the files describe, behind what is `known` already.

    Raises Refused with the file, the place in it and the reason; nothing has been sent then.
    """
    draft = _Draft(known)
    if pairs is not None:
        with _In(pairs.name):
            draft.add_pairs(*read_pairs(pairs.text))
    placed = []
    for file in instruments:
        with _In(file.name):
            placed += [_Placed(file.name, k, *one) for k, one in enumerate(_entries(file))]
    draft.add_contracts(placed)
    return draft.translation(placed)


@dataclass(frozen=True)
class _Placed:
    """An entry of an `instruments` answer, where it stood, and as it stood there."""

    file: str
    index: int
    entry: Instrument
    original: Entry

    @property
    def place(self) -> str:
        return f"instruments.{self.index}"


def _entries(file: File) -> list[tuple[Instrument, Entry]]:
    entries, originals = read_instruments(file.text)
    return list(zip(entries, originals, strict=True))


class _Draft:
    """The listings so far, in the order of their numbers."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._assets, self._fees = Assets(known), FeeSchedules(known)
        self._markets: dict[str, ListMarket] = {}
        self._spot: dict[str, Entry] = {}

    def add_pairs(self, answer: AssetPairs, originals: dict[str, Entry]) -> None:
        """Add the spot pairs of an answer."""
        spot.note_assets(answer, self._assets)
        for symbol, pair in answer.result.items():
            self._refuse_twice(symbol, f"result.{symbol}")
            self._markets[symbol] = spot.market_of(symbol, pair, self._assets, self._fees)
        self._spot = originals

    def add_contracts(self, placed: list[_Placed]) -> None:
        """Add contracts and indices; all their assets are noted first."""
        for one in placed:
            with _In(one.file):
                futures.note_assets(one.entry, self._assets)
        for one in placed:
            with _In(one.file):
                symbol = futures.symbol_of(one.entry)
                self._refuse_twice(symbol, f"{one.place}.symbol")
                self._markets[symbol] = futures.market_of(one.place, one.entry, self._assets)

    def translation(self, placed: list[_Placed]) -> Translation:
        """Return everything as commands, with the original entries."""
        first = len(self._known.markets) + 1
        numbers = {symbol: first + k for k, symbol in enumerate(self._markets)}
        commands = [*self._assets.commands(), *self._fees.commands(), *self._markets.values()]
        for one in placed:
            with _In(one.file):
                symbol = futures.symbol_of(one.entry)
                fee = self._markets[symbol].liquidation_fee_ppm
                commands += futures.schedules_of(one.place, one.entry, numbers[symbol], fee)
        originals = {futures.symbol_of(one.entry): one.original for one in placed}
        return Translation(tuple(commands), Catalogue(spot=self._spot, instruments=originals))

    def _refuse_twice(self, symbol: str, place: str) -> None:
        if symbol in self._markets:
            raise Refused(place, f"{symbol} is described twice")
        if symbol in self._known.markets:
            raise Refused(place, f"{symbol} is listed already")


def messages(translation: Translation, name_hi: int) -> list[Message]:
    """Return the commands as messages of the import's door, named (name_hi, 0, 1, 2, …)."""
    return [
        Message(one, Name(Sender.IMPORT, name_hi, k), GENESIS_CAUSE)
        for k, one in enumerate(translation.commands)
    ]


class _In:
    """Within it, a Refused gets the name of the file in front of its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, fault: BaseException | None, _trace: object) -> None:
        if isinstance(fault, Refused):
            raise Refused(f"{self._name}: {fault.place}", fault.reason) from None
