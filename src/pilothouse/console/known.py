"""Tells the gate whose request it was: people who are signed in have allowances of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

PERSON: Final = "pilothouse.person"
"""Under which name of `scope["state"]` the gate finds the number of who was signed in."""


class Known:
    """Middleware: note who is signed in where the gate can read it."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Note it, and pass the request on."""
        state = getattr(request, "scope", {}).get("state")
        if state is not None and request.user.is_authenticated:
            state[PERSON] = request.user.pk
        return self.answer(request)
