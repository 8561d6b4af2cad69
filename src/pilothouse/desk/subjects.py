"""What an incident can affect: a market by its symbol, a product by its key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pilothouse.control import register
from pilothouse.control.kinds import product
from pilothouse.control.ports import ports
from pilothouse.control.refusals import Refused
from pilothouse.desk.refusals import UNKNOWN_SUBJECT

MARKET: Final = "market:"
PRODUCT: Final = "product:"


def all_known() -> list[str]:
    """Return everything that can be affected, products first."""
    products = [f"{PRODUCT}{one.key}" for one in register.entries(product.NAME)]
    return products + sorted(f"{MARKET}{one.symbol}" for one in ports().reader.markets())


def known(subject: str) -> str:
    """Return a subject that exists; raises Refused for any other."""
    if subject not in all_known():
        raise Refused(UNKNOWN_SUBJECT, subject)
    return subject


def symbols(subjects: Iterable[str]) -> list[str]:
    """Return the symbols of the markets that subjects are or consist of, each once."""
    found: list[str] = []
    for one in subjects:
        kind, _, name = one.partition(":")
        found += [name] if f"{kind}:" == MARKET else _of_product(name)
    return list(dict.fromkeys(found))


def _of_product(key: str) -> list[str]:
    held = register.entry(product.NAME, key)
    return list(held.body["markets"]) if held else []
