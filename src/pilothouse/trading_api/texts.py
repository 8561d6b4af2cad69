"""What a client sent, as texts: bodies of forms and JSON, numbers that are really numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from pilothouse.language.numbers import NotExact, parse_decimal
from pilothouse.venue.catalogue import parse_json

FIELDS_MAX: Final = 1_000
DEPTH_MAX: Final = 16
NUMBER_MAX: Final = 40
"""Characters of a number of the wire."""
TOKENS_MAX: Final = 20_000
"""Texts, numbers, brackets and commas of one JSON text."""
# A text is taken whole, to its end if it has none, so that nothing is ever looked at twice.
_SHAPE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]|[-+0-9][-+0-9.eE]*+', re.S)
_DECIMAL: Final = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,2})?", re.A)
_INTEGER: Final = re.compile(r"[+-]?\d{1,19}", re.A)


class Unreadable(ValueError):
    """A body is neither a form nor a JSON object."""


def read_form(raw: bytes) -> dict[str, str]:
    """Return the fields of a form or a query; of a field sent twice the last one holds."""
    return dict(read_fields(raw))


def read_fields(raw: bytes) -> list[tuple[str, str]]:
    """Return the fields of a form or a query in their order."""
    try:
        text = raw.decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def read_json(raw: bytes | str) -> Any:
    """Return what a JSON text says, a broken number in it as a Decimal; raise Unreadable.

    Before it is parsed its shape is looked at, in one pass: nested at most sixteen deep, numbers
    of at most forty characters, and a bounded count of values, so that no text costs much (P39).
    """
    text = raw.decode("utf-8", errors="replace") if isinstance(raw, bytes) else raw
    _check_shape(text)
    try:
        return parse_json(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def _check_shape(text: str) -> None:
    depth = 0
    for seen, found in enumerate(_SHAPE.finditer(text)):
        token = found.group()
        if token in "[{":
            depth += 1
        elif token in "]}":
            depth -= 1
        elif token[0] not in '",' and len(token) > NUMBER_MAX:
            raise Unreadable("a number is too long")
        if depth > DEPTH_MAX:
            raise Unreadable("nested too deep")
        if seen > TOKENS_MAX:
            raise Unreadable("too many values")


def read_object(raw: bytes | str) -> dict[str, Any]:
    """Return a JSON object; a broken number in it is a Decimal."""
    made = read_json(raw)
    if not isinstance(made, dict):
        raise Unreadable("not an object")
    return made


def text_of(value: Any) -> str | None:
    """Return a plain value as the text a form would carry, None for what is absent or nested."""
    if value is None or isinstance(value, Mapping | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def flag_of(text: str) -> bool | None:
    """Return what a boolean in any client's spelling means, or None if it is none."""
    known = {"true": True, "1": True, "false": False, "0": False, "": False}
    return known.get(text.lower())


def integer_of(text: str) -> int | None:
    """Return a whole number that fits 64 bits, or None."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if abs(value) < 1 << 63 else None


def decimal_of(text: str, decimals: int) -> int | None:
    """Return a decimal number as an integer at `decimals` places, None if it is none."""
    if not _DECIMAL.fullmatch(text):
        return None
    try:
        return parse_decimal(text, decimals)
    except NotExact:
        return None


def is_decimal(text: str) -> bool:
    """Tell whether a text is a plain decimal number at all."""
    return _DECIMAL.fullmatch(text) is not None
