"""Saved questions: the four that come with the house, and those that people keep.

A parameter stands in the SQL as `$name` and is never pasted into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from pilothouse.records import audit
from pilothouse.records.archive.house_sql import (
    ALERT_TO_CHANGE,
    CLIENTS_HIT,
    CONCENTRATION,
    REVENUE,
)
from pilothouse.records.archive.refusals import PARAMETER_IS_WRONG, TITLE_IS_TOO_LONG, Refused
from pilothouse.records.models import SavedQuery

_PARAMETER: Final = re.compile(r"(?<![\w$])\$([a-z_][a-z0-9_]*)")
_NAME: Final = re.compile(r"[^a-z0-9]+")
TITLE_MOST: Final = 64
"""Letters of a title: its name is made of all of them, so that no two titles share one."""


class ParameterKind(StrEnum):
    """What a parameter takes."""

    INTEGER = "integer"
    TEXT = "text"
    TIME = "time"


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type, what it is, and the value it begins with."""

    name: str
    kind: ParameterKind = ParameterKind.TEXT
    doc: str = ""
    default: str = ""


@dataclass(frozen=True)
class Chart:
    """Bars: the column that names each, and the column of whole or exact numbers that draws it."""

    label: str = ""
    value: str = ""


@dataclass(frozen=True)
class Question:
    """A saved question."""

    name: str
    title: str
    sql: str
    parameters: tuple[Parameter, ...] = ()
    chart: Chart = Chart()
    owner: str = ""


_MARKET: Final = Parameter("market", ParameterKind.TEXT, "a market's symbol; empty for all")
_SINCE: Final = Parameter("since", ParameterKind.TIME, "from when on, UTC", "2020-01-01 00:00")
BUILT_IN: Final[dict[str, Question]] = {
    one.name: one
    for one in (
        Question(
            "open_interest_concentration",
            "Concentration of open interest",
            CONCENTRATION,
            (_MARKET,),
            Chart("symbol", "ten_largest_ppm"),
        ),
        Question(
            "revenue_by_tier",
            "Revenue by fee tier",
            REVENUE,
            (_SINCE,),
            Chart("tier", "revenue"),
        ),
        Question(
            "clients_hit_by_change",
            "Clients hit by each change",
            CLIENTS_HIT,
            (Parameter("minutes", ParameterKind.INTEGER, "how long after it", "60"),),
            Chart("change", "clients_hit"),
        ),
        Question(
            "alert_to_change",
            "Time from alert to change",
            ALERT_TO_CHANGE,
            (_SINCE,),
            Chart("alert", "seconds_to_change"),
        ),
    )
}


def all_questions() -> list[Question]:
    """Return every saved question, those of the house first."""
    kept = [_of(row) for row in SavedQuery.objects.all()]
    return [*BUILT_IN.values(), *kept]


def question(name: str) -> Question | None:
    """Return a saved question, or None."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    row = SavedQuery.objects.filter(name=name).first()
    return _of(row) if row else None


def _of(row: SavedQuery) -> Question:
    parameters = [
        Parameter(one["name"], ParameterKind(one["kind"]), one["doc"], one["default"])
        for one in row.parameters
    ]
    chart = Chart(**row.chart) if row.chart else Chart()
    return Question(row.name, row.title, row.sql, tuple(parameters), chart, row.owner)


def save(title: str, sql: str, chart: Chart, *, actor: str, owner: str) -> Question:
    """Keep a question under its title; one's own may be written anew. Raises Refused."""
    if len(title) > TITLE_MOST:
        raise Refused(TITLE_IS_TOO_LONG, f"it has {len(title)}")
    name = _NAME.sub("_", title.lower()).strip("_")
    row = SavedQuery.objects.filter(name=name).first()
    if not name or name in BUILT_IN or (row is not None and row.owner != owner):
        raise Refused(PARAMETER_IS_WRONG, f"the name {title!r} is taken or empty")
    parameters = [
        {"name": one.name, "kind": one.kind.value, "doc": one.doc, "default": one.default}
        for one in parameters_in(sql)
    ]
    with transaction.atomic():
        row, _ = SavedQuery.objects.update_or_create(
            name=name,
            defaults={
                "title": title,
                "sql": sql,
                "parameters": parameters,
                "chart": {"label": chart.label, "value": chart.value},
                "owner": owner,
                "saved_at": timezone.now(),
            },
        )
        audit.write(actor, "save_query", f"query:{name}", f"Saved the query {title}")
    return _of(row)


def parameters_in(sql: str, known: tuple[Parameter, ...] = ()) -> tuple[Parameter, ...]:
    """Return the parameters that stand in a text of SQL, with what is known of them.

    An unknown one is a time if it is named `since` or `until`, else a text.
    """
    of = {one.name: one for one in known}
    names = dict.fromkeys(_PARAMETER.findall(sql))
    times = {"since", "until"}
    return tuple(
        of.get(name)
        or Parameter(name, ParameterKind.TIME if name in times else ParameterKind.TEXT)
        for name in names
    )


def values(parameters: tuple[Parameter, ...], given: Mapping[str, str]) -> dict[str, Any]:
    """Return what was filled in, each as its type. Raises Refused for what is missing or wrong."""
    return {one.name: _value(one, given.get(one.name, one.default).strip()) for one in parameters}


def _value(one: Parameter, said: str) -> Any:
    try:
        if one.kind is ParameterKind.INTEGER:
            return int(said)
        if one.kind is ParameterKind.TIME:
            moment = datetime.fromisoformat(said)
            return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except ValueError:
        raise Refused(PARAMETER_IS_WRONG, f"${one.name} takes a {one.kind}") from None
    return said
