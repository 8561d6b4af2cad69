"""GET /drill: what this drill is a copy of, and its sheet once it is over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.drill.rows import COUNTS, SPANS
from pilothouse.console.pages.replay.view import facts, newest
from pilothouse.console.rights import needs

MARKER, SHEET = "drill.json", "drill-sheet.json"


@needs(Right.VIEW)
def drill(request: HttpRequest) -> HttpResponse:
    """Answer the drill's sheet; 404 on an exchange that is no drill."""
    copied, sheet = _read(MARKER), _read(SHEET)
    if copied is None:
        raise Http404("this exchange is no drill")
    told = {"copied": copied, "replay": facts(newest()), "sheet": sheet}
    shell = {"nav": "drill", "of": Path(copied["of"]).name}
    return answer(request, "drill/page.html", told, shell | _drawing(sheet))


def _read(name: str) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] = json.loads((settings.PILOTHOUSE_HOME / name).read_text())
    except FileNotFoundError:
        return None
    return made


def _drawing(sheet: dict[str, Any] | None) -> dict[str, Any]:
    if sheet is None:
        return {}
    return {
        "spans": [(label, sheet[name]) for label, name in SPANS],
        "counts": [
            (label, sheet["done"][name], sheet["nothing_done"][name], is_money)
            for label, name, is_money in COUNTS
        ],
    }
