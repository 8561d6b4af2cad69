"""GET /sql shows the editor; POST /sql answers, exports (csv, parquet) or saves a question.

Whether clients are shown is judged here: by the right, and because it was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from pilothouse.access.roles import Right
from pilothouse.console import fresh
from pilothouse.console.answers import answer
from pilothouse.console.charts.bars import bars
from pilothouse.console.pages.sql.export import EXPORTS
from pilothouse.console.pages.sql.shown import shown
from pilothouse.console.rights import needs, person_of, sees_clients
from pilothouse.control.policy import FRESH_UNMASK
from pilothouse.records.archive import questions
from pilothouse.records.archive.ask import PURPOSE_MOST, ROWS_MAX, SECONDS_MAX, Answer
from pilothouse.records.archive.decimals import DECIMAL_VIEWS
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.refusals import FACTOR_IS_OLD, Refused
from pilothouse.records.archive.running import NoArchive, keeper

ROWS_SHOWN: Final = 200
FIRST_SQL: Final = "SELECT symbol, market_kind, tick, lot\nFROM markets ORDER BY symbol"


@dataclass(frozen=True)
class Asked:
    """What stands in the form."""

    sql: str
    purpose: str
    clients: bool
    given: dict[str, str]
    parameters: tuple[questions.Parameter, ...]
    chart: questions.Chart
    title: str

    @property
    def fields(self) -> list[tuple[questions.Parameter, str]]:
        """Return each parameter with what was filled in."""
        return [(one, self.given.get(one.name, one.default)) for one in self.parameters]


def asked_of(request: HttpRequest) -> Asked:
    """Return what a request asks: a saved question's words, or those of the form."""
    form = request.POST if request.method == "POST" else request.GET
    saved = questions.question(form.get("question", ""))
    sql = form.get("sql") or (saved.sql if saved else FIRST_SQL)
    known = saved.parameters if saved else ()
    chart = saved.chart if saved else questions.Chart()
    return Asked(
        sql=sql.replace("\r\n", "\n"),
        purpose=form.get("purpose", ""),
        clients=form.get("clients") == "1",
        given={k[2:]: str(v) for k, v in form.items() if k.startswith("p_")},
        parameters=questions.parameters_in(sql, known),
        chart=questions.Chart(form.get("label", chart.label), form.get("value", chart.value)),
        title=form.get("title", ""),
    )


@needs(Right.VIEW)
@require_http_methods(["GET", "POST"])
def sql(request: HttpRequest) -> HttpResponse:
    """Answer the page, the rows, or a file."""
    asked = asked_of(request)
    made: Answer | None = None
    fault = ""
    if request.method == "POST":
        try:
            if request.POST.get("deed") == "save":
                return _saved(request, asked)
            made = _answer(request, asked)
            if request.POST.get("deed") in EXPORTS:
                return EXPORTS[request.POST["deed"]](made)
        except Refused as refused:
            fault = str(refused)
    facts = {"fault": fault, "sql": asked.sql, "purpose": asked.purpose, **_facts(made)}
    status = 422 if fault else 200
    return answer(request, "sql/page.html", facts, _drawing(request, asked, made), status)


def _answer(request: HttpRequest, asked: Asked) -> Answer:
    person = person_of(request)
    if asked.clients and sees_clients(request) and not fresh.is_fresh(request, FRESH_UNMASK):
        raise Refused(FACTOR_IS_OLD)
    return questions.answered(
        Path(settings.PILOTHOUSE_HOME),
        asked.sql,
        asked.parameters,
        asked.given,
        actor=f"person:{person.pk}",
        purpose=asked.purpose,
        sees_clients=asked.clients and sees_clients(request),
    )


def _saved(request: HttpRequest, asked: Asked) -> HttpResponse:
    person = person_of(request)
    kept = questions.save(
        asked.title, asked.sql, asked.chart, actor=f"person:{person.pk}", owner=str(person)
    )
    return HttpResponseRedirect(f"/sql?question={kept.name}")


def _facts(made: Answer | None) -> dict[str, Any]:
    if made is None:
        return {}
    return {
        "columns": made.rows.column_names,
        "rows": made.rows.slice(0, ROWS_SHOWN).to_pylist(),
        "row_count": len(made.rows),
        "truncated": made.truncated,
        "masked": made.masked,
        "note": made.note,
        "milliseconds": made.milliseconds,
        "archived_position": made.archived.position,
        "archived_time_us": made.archived.time,
    }


def _drawing(request: HttpRequest, asked: Asked, made: Answer | None) -> dict[str, Any]:
    chart = asked.chart
    return {
        "nav": "sql",
        "asked": asked,
        "chosen": request.GET.get("question") or request.POST.get("question", ""),
        "questions": questions.all_questions(),
        "tables": [one for one in TABLES.values() if not one.name.startswith("_")],
        "views": [(name, doc) for name, (doc, _) in DECIMAL_VIEWS.items()],
        "may_see_clients": sees_clients(request),
        "lag": _lag(),
        "rows_max": ROWS_MAX,
        "title_most": questions.TITLE_MOST,
        "seconds_max": SECONDS_MAX,
        "purpose_most": PURPOSE_MOST,
        "cells": shown(made.rows.slice(0, ROWS_SHOWN)) if made else None,
        "rows_shown": ROWS_SHOWN,
        "chart": bars(made.rows, chart.label, chart.value) if made else None,
    }


def _lag() -> Any:
    try:
        return keeper().lag
    except NoArchive:
        return None
