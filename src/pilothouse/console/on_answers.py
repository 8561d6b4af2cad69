"""A middleware that looks at every answer, whether the page is drawn at once or awaited."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse


class OnAnswers(ABC):
    """Pass every answer through `finish`, which a subclass writes."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Answer the request with what `finish` makes of its answer."""
        if iscoroutinefunction(self):
            return self._later(request)
        return self.finish(self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponse:
        return self.finish(await self.get_response(request))

    @abstractmethod
    def finish(self, answer: HttpResponse) -> HttpResponse:
        """Return the answer as it leaves."""
