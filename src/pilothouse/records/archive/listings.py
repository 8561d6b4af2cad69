"""What the fold must remember of the exchange: its markets, house accounts and fee tiers.

It is small, is learnt from the journal, and at a restart read back from the archive's own tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilothouse.language.commands import FeeTier, ListMarket, SetFeeSchedule
from pilothouse.language.events import AccountOpened, MarketListed
from pilothouse.language.kinds import MarketKind, Purpose
from pilothouse.language.numbers import PPM
from pilothouse.language.rows import from_rows
from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import Archive, live
from pilothouse.records.archive.batches import Batch, Words
from pilothouse.records.archive.definitions import TABLES

_KEPT_AS: Final = ("base", "quote", "fee_schedule", "clearing_account", "insurance_account")
_OF_A_MARKET: Final = ("kind", "base", "quote", "fee_schedule", "clearing", "insurance")


class Listings:
    """Markets as columns by number, the house's accounts, and every version of fee tiers."""

    def __init__(self) -> None:
        self.house = {Purpose.FEES: 0, Purpose.INSURANCE: 0, Purpose.CUSTODY: 0}
        self.schedules: dict[int, list[tuple[int, tuple[FeeTier, ...]]]] = {}
        self._insured_from = 0
        self._markets = np.zeros((1, len(_OF_A_MARKET)), np.int64)

    def of(self, markets: Words, name: str) -> Words:
        """Return one fact of each of some markets."""
        return self._markets[markets, _OF_A_MARKET.index(name)]

    def learn(self, batch: Batch) -> None:
        """Take in what a batch lists, before its rows are decoded."""
        opened = batch.events_of(AccountOpened)
        for purpose, known in self.house.items():
            of = opened.rows[opened.column("purpose") == purpose]
            if not known and len(of):
                self.house[purpose] = int(of[0, 3])
                if purpose == Purpose.INSURANCE:
                    self._insured_from = int(of[0, 1])
        self._learn_fees(batch)
        self._learn_markets(batch)

    def _learn_fees(self, batch: Batch) -> None:
        asked = batch.commands(SetFeeSchedule)
        for k, position in enumerate(asked.positions.tolist()):
            made = from_rows(asked.whole(k)).command
            assert isinstance(made, SetFeeSchedule)
            versions = self.schedules.setdefault(made.fee_schedule, [])
            if not versions or versions[-1][0] < position:
                versions.append((position, made.tiers))

    def _learn_markets(self, batch: Batch) -> None:
        listed = batch.events_of(MarketListed)
        if not len(listed):
            return
        asked = batch.commands(ListMarket)
        at, _ = asked.find(listed.positions)
        opened = batch.events_of(AccountOpened)
        clearing = opened.rows[opened.column("purpose") == Purpose.CLEARING]
        accounts = dict(zip(clearing[:, 1].tolist(), clearing[:, 3].tolist(), strict=True))
        columns = [
            asked.column("kind")[at],
            asked.column("base")[at],
            asked.column("quote")[at],
            asked.column("fee_schedule")[at],
            np.array([accounts.get(one, 0) for one in listed.positions.tolist()], np.int64),
        ]
        insured = (columns[-1] > 0) & (listed.positions > self._insured_from)
        pool = np.where(insured, self.house[Purpose.INSURANCE], 0)
        self._put(listed.column("market"), np.stack([*columns, pool], axis=1))

    def _put(self, numbers: Words, facts: Words) -> None:
        missing = int(numbers.max()) + 1 - len(self._markets)
        if missing > 0:
            self._markets = np.pad(self._markets, ((0, missing), (0, 0)))
        self._markets[numbers] = facts

    def recall(self, tables: Mapping[str, pa.Table]) -> None:
        """Take back what was learnt before, from the archive's own rows."""
        for one in tables["accounts"].to_pylist():
            purpose = Purpose[one["purpose"].upper()]
            if self.house.get(purpose) == 0:
                self.house[purpose] = one["account"]
                if purpose == Purpose.INSURANCE:
                    self._insured_from = one["position"]
        for one in tables["fee_schedules"].to_pylist():
            versions = self.schedules.setdefault(one["fee_schedule"], [])
            if not versions or versions[-1][0] != one["position"]:
                versions.append((one["position"], ()))
            made = FeeTier(**{name: one[name] for name in FeeTier.__dataclass_fields__})
            versions[-1] = (one["position"], (*versions[-1][1], made))
        for one in tables["markets"].to_pylist():
            facts = [MarketKind[one["market_kind"].upper()], *(one[name] for name in _KEPT_AS)]
            self._put(np.array([one["market"]]), np.array([facts], np.int64))

    def tiers(self, markets: Words, positions: Words, values: Words, fees: Words,
              rate: str) -> Words:  # fmt: skip
        """Return for each fee the lowest tier, from 1, whose rate gives exactly it; 0 if none.

        `rate` is `maker_ppm` or `taker_ppm`. A fee is its share of the value, rounded up, so on
        a very small value several tiers may give the same one.
        """
        found = np.zeros(len(markets), np.int64)
        schedules = self.of(markets, "fee_schedule")
        for schedule, versions in self.schedules.items():
            starts = np.array([position for position, _ in versions])
            version = np.searchsorted(starts, positions, side="right") - 1
            for number, (_, tiers) in enumerate(versions):
                mine = np.flatnonzero((schedules == schedule) & (version == number))
                for place in range(len(tiers), 0, -1):
                    same = share_up(values[mine], getattr(tiers[place - 1], rate)) == fees[mine]
                    found[mine[same]] = place
        return found


def share_up(values: Words, ppm: int) -> Words:
    """Return a share of each value in ppm, rounded up, without leaving 64 bits."""
    whole, rest = np.divmod(values, PPM)
    made: Words = whole * ppm - (-rest * ppm // PPM)
    return made


def listings_of(archive: Archive) -> Listings:
    """Return what an archive's own tables say was listed so far. Raises Damaged."""
    made = Listings()
    house = pa.array([one.name.lower() for one in made.house])
    made.recall(
        {
            "accounts": _rows(archive, "accounts", "purpose", house).sort_by("position"),
            "fee_schedules": _rows(archive, "fee_schedules").sort_by(
                [(one, "ascending") for one in ("position", "fee_schedule", "tier")]
            ),
            "markets": _rows(archive, "markets"),
        }
    )
    return made


def _rows(archive: Archive, name: str, column: str = "", words: pa.Array = None) -> pa.Table:
    # Each part is compared with its checksum, and only its rows with these words are kept.
    table = TABLES[name]
    made = [table.schema.empty_table()]
    for row in live(name):
        rows = parts.read_parts(archive.home, table, [row])
        if column:
            rows = rows.filter(pc.is_in(rows[column].cast(pa.string()), words))
        made.append(rows)
    return pa.concat_tables(made)
