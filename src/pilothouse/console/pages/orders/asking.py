"""Questions about orders: in turn with all others that read the archive or the past."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from django.http import HttpRequest, HttpResponse

from pilothouse.console.errors import say
from pilothouse.console.rights import person_of
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.archive.running import NoArchive
from pilothouse.records.archive.turns import EXPLANATIONS

T = TypeVar("T")


def in_turn(request: HttpRequest, ask: Callable[[], T], otherwise: T) -> T:
    """Return an answer of the archive, or something else while there is none yet.

    Raises Refused while too many ask.
    """
    with EXPLANATIONS.of(f"person:{person_of(request).pk}"):
        try:
            return ask()
        except NoArchive:
            return otherwise


def busy(request: HttpRequest, why: Refused) -> HttpResponse:
    """Answer that others are answered first."""
    return say(request, HTTPStatus.SERVICE_UNAVAILABLE, "Busy", str(why))
