"""What an incident can affect: a market by its symbol, a product by its key."""

from __future__ import annotations

from typing import Final

from pilothouse.control.ports import ports
from pilothouse.control.refusals import Refused
from pilothouse.desk.refusals import UNKNOWN_SUBJECT

MARKET: Final = "market:"


def all_known() -> list[str]:
    """Return everything that can be affected."""
    return [f"{MARKET}{one.symbol}" for one in ports().reader.markets()]


def known(subject: str) -> str:
    """Return a subject that exists; raises Refused for any other."""
    if subject not in all_known():
        raise Refused(UNKNOWN_SUBJECT, subject)
    return subject


def symbols(subjects: list[str]) -> list[str]:
    """Return the symbols of the markets among subjects."""
    return [one.removeprefix(MARKET) for one in subjects if one.startswith(MARKET)]
