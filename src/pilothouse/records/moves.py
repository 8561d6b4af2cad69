"""What accounts deposited and moved between their wallets: the latest of it, bounded."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import msgspec

from pilothouse.language.events import Deposited, Transferred
from pilothouse.language.kinds import Wallet
from pilothouse.records import rows as event_rows

MOVES_KEPT: Final = 200_000
MOVES_KEPT_PER_ACCOUNT: Final = 1_000
NOWHERE: Final = 0
"""The wallet that a deposit comes from."""


class Move(msgspec.Struct, frozen=True, array_like=True):
    """Money that entered a wallet, and the wallet it left. Amounts in base units of the asset."""

    position: int
    time: int
    account: int
    asset: int
    amount: int
    source: int
    target: int


class KeptMoves(msgspec.Struct, array_like=True):
    """All that moves know. `first` is the position from which on nothing is forgotten."""

    first: int
    moves: list[Move]


class Moves:
    """The moves of every account, oldest first. Folded in one thread."""

    def __init__(self, kept: int = MOVES_KEPT, of_one: int = MOVES_KEPT_PER_ACCOUNT) -> None:
        self._most, self._most_of_one = kept, of_one
        self._lock = threading.Lock()
        self._every: dict[int, Move] = {}
        self._of: dict[int, deque[int]] = {}
        self._first = 0

    def happened(self, row: list[int]) -> None:
        """Take in an event, if it moves money into a wallet or between two."""
        if row[0] == Deposited.number:
            one = event_rows.deposited(row)
            known = one.asset, one.amount, NOWHERE, int(Wallet.SPOT)
        elif row[0] == Transferred.number:
            one = event_rows.transferred(row)
            known = one.asset, one.amount, one.source, one.target
        else:
            return
        with self._lock:
            self._add(Move(one.position, one.time, one.account, *known))

    def _add(self, one: Move) -> None:
        self._every[one.position] = one
        own = self._of.setdefault(one.account, deque())
        own.append(one.position)
        if len(own) > self._most_of_one:
            self._every.pop(own.popleft(), None)
        if len(self._every) > self._most:
            oldest = self._every.pop(next(iter(self._every)))
            self._first = oldest.position + 1
            own = self._of[oldest.account]
            own.popleft()
            if not own:
                del self._of[oldest.account]

    def of(self, account: int) -> list[Move]:
        """Return an account's moves, oldest first."""
        with self._lock:
            return [self._every[one] for one in self._of.get(account, ())]

    def first(self, account: int) -> int:
        """Return the position from which on no move of an account is forgotten, 0 for all."""
        with self._lock:
            own = self._of.get(account, ())
            return max(self._first, own[0]) if len(own) >= self._most_of_one else self._first

    def kept(self) -> KeptMoves:
        """Return all it knows; to be called between two blocks."""
        return KeptMoves(self._first, list(self._every.values()))

    def recall(self, found: KeptMoves) -> None:
        """Go on from what was kept."""
        for one in found.moves:
            self._add(one)
        self._first = found.first
