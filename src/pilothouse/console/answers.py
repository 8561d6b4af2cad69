"""One address, two answers: a page for people, the same facts as JSON for machines.

A page collects its facts once. The template formats them with the filters of `figures`; the JSON
has the same integers with their unit in the name.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from pilothouse.language.texts import shown
from pilothouse.venue.explanation.facts import Figure


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the client asked for JSON rather than a page."""
    if "application/json" not in request.headers.get("Accept", ""):
        return False
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def answer(
    request: HttpRequest,
    template: str,
    facts: Mapping[str, Any],
    drawing: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Answer `facts` as a page or as JSON. `drawing` is what only the page needs."""
    if wants_json(request):
        made: HttpResponse = JsonResponse(plain(facts), status=status)
    else:
        made = render(request, template, {**facts, **(drawing or {})}, status=status)
    made["Vary"] = "Accept, Cookie"
    return made


def plain(value: Any) -> Any:
    """Return a value made of what JSON knows; enumerations by their lower-case name."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        made = {one.name: plain(getattr(value, one.name)) for one in fields}
        # A figure says itself also as people read it.
        return made | ({"text": value.text} if isinstance(value, Figure) else {})
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, Mapping):
        return {shown(str(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int | bool) or value is None:
        return value
    return shown(str(value))
