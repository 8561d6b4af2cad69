"""The networks around a sender: what an IPv6 client owns beyond its /64.

Who owns a /48 has 65,536 of what counts as one client, and could ask with another for every
request (P41), alone or in the name of an account or a key. So the networks around an address
have levels too, of several times the rate.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Hashable
from functools import lru_cache
from typing import Final

AROUND: Final = ((56, 8), (48, 32))
"""Networks by their bits, and how many times the rate of one client all their clients share."""


def senders_around(sender: Hashable) -> tuple[Hashable, ...]:
    """Return what shares a sender's rate: itself with a network in place of its address.

    A sender is an address as `address_key` names it, or a tuple with one at whatever depth; the
    narrowest network stands first. None around a sender without an IPv6 address.
    """
    if isinstance(sender, str):
        return networks_around(sender)
    if not isinstance(sender, tuple):
        return ()
    for at, part in enumerate(sender):
        around = senders_around(part)
        if around:
            return tuple((*sender[:at], wide, *sender[at + 1 :]) for wide in around)
    return ()


@lru_cache(4_096)
def networks_around(key: str) -> tuple[str, ...]:
    """Return the networks around an IPv6 client, the narrowest first; none around others."""
    try:
        client = ipaddress.IPv6Network(key)
    except ValueError:
        return ()
    return tuple(str(client.supernet(new_prefix=bits)) for bits, _ in AROUND)
