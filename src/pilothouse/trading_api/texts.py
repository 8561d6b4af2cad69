"""What a client sent, as texts: bodies of forms and JSON, numbers that are really numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from pilothouse.language.numbers import NotExact, parse_decimal
from pilothouse.venue.catalogue import parse_json

FIELDS_MAX: Final = 1_000
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


def read_object(raw: bytes | str) -> dict[str, Any]:
    """Return a JSON object; a broken number in it is a Decimal."""
    try:
        made = parse_json(raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from error
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
