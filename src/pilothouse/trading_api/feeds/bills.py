"""What a connection costs its address and its keys: one allowance for all sockets of a sender.

A unit is about a fifth of a millisecond of the gateway's loop. A message is charged before it is
looked at, by its length; what it is answered with is charged by its bytes, snapshots above all.
"""

from __future__ import annotations

from typing import Final

from pilothouse.gate.allowances import UNLIMITED, Allowances

OPENED: Final = 5
"""What opening a connection costs."""
HEARD: Final = 1
BYTES_HEARD: Final = 512
"""Bytes of a message that cost one unit more; they are parsed."""
SAID: Final = 0.2
BYTES_SAID: Final = 4_096
"""Bytes of an answer that cost one unit: about a hundred levels of a book."""
PATIENCE: Final = 100
"""Refusals after which a connection is ended."""


class Bill:
    """Who pays for one connection: its address, and every key that opened something on it."""

    def __init__(self, allowances: Allowances[str], address: str) -> None:
        self._allowances = allowances
        self._payers = [address]
        self.refused = 0

    def add_payer(self, public: str) -> None:
        """Let a key pay as well, by its public half."""
        payer = f"key {public}"
        if payer not in self._payers:
            self._payers.append(payer)

    def opens(self) -> bool:
        """Pay for the connection itself; False if nothing is left for it."""
        return self._take(OPENED)

    def hears(self, size: int) -> bool:
        """Pay for a message of so many bytes; False if nothing is left for it."""
        return self._take(HEARD + size / BYTES_HEARD)

    def says(self, size: int) -> None:
        """Pay for an answer of so many bytes, which is given already."""
        for payer in self._payers:
            self._allowances.add(payer, SAID + size / BYTES_SAID)

    @property
    def is_over(self) -> bool:
        """Tell whether more was given than there was left: the rest of an answer waits."""
        return any(map(self._allowances.is_over, self._payers))

    @property
    def is_impatient(self) -> bool:
        """Tell whether so much was refused that the connection is to end."""
        return self.refused > PATIENCE

    def _take(self, cost: float) -> bool:
        taken = all(self._allowances.take(one, cost) for one in self._payers)
        self.refused += not taken
        return taken


def free() -> Bill:
    """Return a bill on which everything is free."""
    return Bill(Allowances(UNLIMITED), "")
