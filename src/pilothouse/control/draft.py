"""A change drafted from a template: the kind's own form with what holds now, and some of it set.

A template names fields of the form. A value is a text, or `x` and a factor of what holds now
("x0.5"), rounded away from what holds; `*` in a field's name stands for every number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from fnmatch import fnmatchcase
from typing import Final

from pilothouse.control.forms import PERCENT_DECIMALS
from pilothouse.control.kinds.kind import Fields, FormField, Kind
from pilothouse.control.ports import Reader
from pilothouse.language.numbers import trim

_FACTOR: Final = re.compile(r"x(\d{1,4}(?:\.\d{1,6})?)")
_FIELD: Final = re.compile(r"[a-z][a-z0-9_*]*")
_PLACE: Final = Decimal(1).scaleb(-PERCENT_DECIMALS)


class BadTemplate(ValueError):
    """A template cannot be read, or names what the form has not."""


def read_template(text: str) -> dict[str, str]:
    """Return the settings of a text of `field = value`, separated by semicolons or lines."""
    made = {}
    for part in re.split(r"[;\n]", text):
        if not part.strip():
            continue
        name, sign, value = (one.strip() for one in part.partition("="))
        if not sign or not value or not _FIELD.fullmatch(name):
            raise BadTemplate(f"{part.strip()!r} is not like field = value")
        made[name] = value
    return made


def form(kind: Kind, subject: str, template: Mapping[str, str], reader: Reader) -> dict[str, str]:
    """Return a kind's form for a subject, filled with what holds now and then by the template.

    Raises BadTemplate when a field is not there, or is no number and was to be multiplied.
    """
    described = kind.describe(reader, subject)
    made = {one.name: one.value for one in described} | {kind.SUBJECT: subject}
    for pattern, value in template.items():
        fields = [one for one in described if fnmatchcase(one.name, pattern)]
        if not fields:
            raise BadTemplate(f"{kind.TITLE} has no field {pattern}")
        made |= {one.name: _filled(one, value) for one in fields}
    return made


def fields(kind: Kind, subject: str, template: Mapping[str, str], reader: Reader) -> Fields:
    """Return the wish of a drafted form; raises BadTemplate or Unreadable."""
    return kind.parse(form(kind, subject, template, reader))


def _filled(field: FormField, value: str) -> str:
    factor = _FACTOR.fullmatch(value)
    if factor is None:
        return value
    if not re.fullmatch(r"\d+(\.\d+)?", field.value):
        raise BadTemplate(f"{field.label} is not a number that can be multiplied")
    times = Decimal(factor[1])
    with localcontext() as exact:
        exact.prec = 60
        rounding = ROUND_CEILING if times > 1 else ROUND_FLOOR
        product = (Decimal(field.value) * times).quantize(_PLACE, rounding)
    return trim(f"{product:f}")
