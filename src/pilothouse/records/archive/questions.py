"""Saved questions: the four that come with the house, and those that people keep.

A parameter stands in the SQL as `$name` and is never pasted into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from pilothouse.records import audit
from pilothouse.records.archive.ask import (
    SQL_MOST,
    Answer,
    ask,
    check,
    check_room,
    facts_of,
    plain,
    readable,
    record_refusal,
)
from pilothouse.records.archive.house_sql import (
    ALERT_TO_CHANGE,
    CLIENTS_HIT,
    CONCENTRATION,
    REVENUE,
)
from pilothouse.records.archive.parameters import TEXT_MOST, names_in
from pilothouse.records.archive.refusals import (
    PARAMETER_IS_WRONG,
    SQL_IS_WRONG,
    TITLE_IS_TOO_LONG,
    TOO_MANY_SAVED,
    Refused,
)
from pilothouse.records.models import SavedQuery
from pilothouse.records.room import ROOM

_NAME: Final = re.compile(r"[^a-z0-9]+")
TITLE_MOST: Final = 64
"""Characters of a title: its name is made of all of them, so that no two titles share one."""
SAVED_OF_A_PERSON: Final = 100
SAVED_MOST: Final = 2_000


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
    """Keep a question under its title; one's own may be written anew. Raises Refused, recorded.

    What is kept can be asked: it is one SELECT over the archive, and not longer than one may be.
    """
    title, sql = readable(title), readable(sql)
    facts = {"title": title[:TITLE_MOST], "sql": sql}
    try:
        plain([title, sql, chart.label, chart.value])
        name = _name(title, owner)
        _check_chart(chart)
        check_room(facts, actor)
        _check_askable(sql, actor)
    except Refused as refused:
        audit.write_refusal(actor, "save_query", "archive", f"Refused: {refused}", facts)
        raise
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
    ROOM.take(actor, facts)
    return _of(row)


def _name(title: str, owner: str) -> str:
    if len(title) > TITLE_MOST:
        raise Refused(TITLE_IS_TOO_LONG, f"it has {len(title)}")
    name = _NAME.sub("_", title.lower()).strip("_")
    row = SavedQuery.objects.filter(name=name).first()
    if not name or name in BUILT_IN or (row is not None and row.owner != owner):
        raise Refused(PARAMETER_IS_WRONG, f"the name {title!r} is taken or empty")
    theirs = SavedQuery.objects.filter(owner=owner).count()
    if row is None and theirs >= SAVED_OF_A_PERSON:
        raise Refused(TOO_MANY_SAVED, f"you have {theirs}")
    if row is None and SavedQuery.objects.count() >= SAVED_MOST:
        raise Refused(TOO_MANY_SAVED, f"there are {SAVED_MOST:,}")
    return name


def _check_chart(chart: Chart) -> None:
    for said in (chart.label, chart.value):
        if len(said) > TEXT_MOST:
            raise Refused(PARAMETER_IS_WRONG, f"a column's name has {len(said):,} characters")


def _check_askable(sql: str, actor: str) -> None:
    # Some questions compare accounts with pseudonyms, others with numbers.
    try:
        check(sql, actor=actor, masked=True)
    except Refused as refused:
        if refused.refusal != SQL_IS_WRONG:
            raise
        check(sql, actor=actor, masked=False)


def parameters_in(sql: str, known: tuple[Parameter, ...] = ()) -> tuple[Parameter, ...]:
    """Return the parameters that stand in a text of SQL, with what is known of them.

    An unknown one is a time if it is named `since` or `until`, else a text. A text that is too
    long to be asked has none.
    """
    of = {one.name: one for one in known}
    names = names_in(readable(sql)) if len(sql) <= SQL_MOST else ()
    times = {"since", "until"}
    return tuple(
        of.get(name)
        or Parameter(name, ParameterKind.TIME if name in times else ParameterKind.TEXT)
        for name in names
    )


def answered(
    home: Path,
    sql: str,
    parameters: tuple[Parameter, ...],
    given: Mapping[str, str],
    *,
    actor: str,
    purpose: str,
    sees_clients: bool,
) -> Answer:
    """Answer a statement whose parameters were filled in as texts. Raises Refused, recorded."""
    try:
        typed = values(parameters, given)
    except Refused as refused:
        record_refusal(refused, facts_of(sql, purpose, given, not sees_clients), actor)
        raise
    return ask(home, sql, typed, actor=actor, purpose=purpose, sees_clients=sees_clients)


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
    except (ValueError, OverflowError):
        raise Refused(PARAMETER_IS_WRONG, f"${one.name} takes a {one.kind}") from None
    return readable(said)
