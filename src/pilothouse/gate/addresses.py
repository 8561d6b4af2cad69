"""Whose a connection is: the address that counts, and what a proxy may say about it.

An IPv6 client owns at least a /64, so that is what counts of it (P41); IPv4 inside IPv6 counts as
IPv4. What a header says of the client is believed of proxies named in the settings alone (P52).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

Headers = Iterable[tuple[bytes, bytes]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CLIENT_PREFIX: Final = 64
"""How many bits of an IPv6 address name a client."""
UNKNOWN: Final = "unknown"
HOPS_MAX: Final = 20
"""Forwarded addresses that are looked at, from the last."""


@lru_cache(4_096)
def address_key(host: str) -> str:
    """Return what counts of an address: IPv4 whole, IPv6 its /64; `unknown` for what is none."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    inner = found.ipv4_mapped or found.sixtofour
    if inner is not None:
        return str(inner)
    return str(ipaddress.ip_network((int(found), CLIENT_PREFIX), strict=False))


class NotANetwork(ValueError):
    """A trusted proxy is named by something that is no address and no network."""


class Proxies:
    """The proxies whose word about their client counts; none unless they are named."""

    def __init__(self, named: str = "") -> None:
        self._networks = tuple(map(_network, filter(None, map(str.strip, named.split(",")))))

    def trusts(self, host: str) -> bool:
        """Tell whether an address is one of the named proxies."""
        if not self._networks:
            return False
        try:
            found = ipaddress.ip_address(host)
        except ValueError:
            return False
        inner = getattr(found, "ipv4_mapped", None) or found
        return any(inner in one for one in self._networks)

    def client(self, peer: str, headers: Headers) -> str:
        """Return the client's address: the peer's, or the last hop that is no named proxy."""
        if not self.trusts(peer):
            return peer
        for hop in reversed(_hops(headers)[-HOPS_MAX:]):
            if address_key(hop) == UNKNOWN:
                break
            if not self.trusts(hop):
                return hop
        return peer

    def scheme(self, peer: str, headers: Headers) -> str | None:
        """Return `http` or `https` if a named proxy says so, else None."""
        if not self.trusts(peer):
            return None
        said = [value for name, value in headers if name == b"x-forwarded-proto"]
        word = said[-1].decode("latin-1").strip().lower() if said else ""
        return word if word in ("http", "https") else None


def trusted_proxies() -> Proxies:
    """Return the proxies of `PILOTHOUSE_TRUSTED_PROXIES`; raise NotANetwork for a wrong name."""
    return Proxies(os.environ.get("PILOTHOUSE_TRUSTED_PROXIES", ""))


def _network(named: str) -> Network:
    try:
        return ipaddress.ip_network(named)
    except ValueError:
        raise NotANetwork(
            f"PILOTHOUSE_TRUSTED_PROXIES names {named[:64]!r}, which is no address and no network"
        ) from None


def _hops(headers: Headers) -> list[str]:
    said = b",".join(value for name, value in headers if name == b"x-forwarded-for")
    return [one.strip() for one in said.decode("latin-1").split(",") if one.strip()]
