"""Allowances of addresses: what an IPv6 client owns beyond its /64 counts as well.

Who owns a /48 has 65,536 of what counts as one client, and could ask with another for every
request (P41). So the networks around an address have levels too, of several times the rate.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from pilothouse.gate.allowances import SENDERS_KEPT, Allowances, Rate

AROUND: Final = ((56, 8), (48, 32))
"""Networks by their bits, and how many times the rate of one client all their clients share."""


class AddressAllowances(Allowances[str]):
    """The levels of addresses, named as `address_key` names them, and of networks around them."""

    def __init__(
        self,
        rate: Rate,
        kept: int = SENDERS_KEPT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(rate, kept, clock)
        self._wide: list[Allowances[str]] = [
            Allowances(Rate(rate.limit * times, rate.per_second * times), kept, clock)
            for _, times in AROUND
        ]

    def take(self, sender: str, cost: float = 1) -> bool:
        """Add a cost to an address's level; False, and nothing added, if it would pass its limit
        or that of a network around it.
        """
        around = list(self._around(sender))
        if not all(wide.has_room(network, cost) for wide, network in around):
            self.refused += 1
            return False
        if not super().take(sender, cost):
            return False
        for wide, network in around:
            wide.add(network, cost)
        return True

    def add(self, sender: str, cost: float) -> None:
        """Add a cost that is not asked about; one below zero is given back."""
        super().add(sender, cost)
        for wide, network in self._around(sender):
            wide.add(network, cost)

    def is_spent(self, sender: str) -> bool:
        """Tell whether an address, or a network around it, has room for nothing more."""
        if super().is_spent(sender):
            return True
        if not any(wide.is_spent(network) for wide, network in self._around(sender)):
            return False
        self.refused += 1
        return True

    @property
    def busiest_ppm(self) -> int:
        """Return the highest level of any address or network in ppm of its limit."""
        return max(super().busiest_ppm, *(one.busiest_ppm for one in self._wide))

    def _around(self, sender: str) -> Iterator[tuple[Allowances[str], str]]:
        return zip(self._wide, networks_around(sender), strict=False)


@lru_cache(4_096)
def networks_around(key: str) -> tuple[str, ...]:
    """Return the networks around an IPv6 client, the narrowest first; none around others."""
    try:
        client = ipaddress.IPv6Network(key)
    except ValueError:
        return ()
    return tuple(str(client.supernet(new_prefix=bits)) for bits, _ in AROUND)
