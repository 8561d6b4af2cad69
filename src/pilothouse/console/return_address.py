"""Where signing in leads back to: a page of ours, or the request is refused with 400.

Anybody can send `next` without a session, and it reaches parsers that were not written for it.
So it is judged once, before any of them, in the address and in the form.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from pilothouse.console.errors import say

SIGN_IN: Final = "/sign-in/"
NEXT: Final = "next"
JUDGED_CHARACTERS: Final = 2_000
"""Where an address leads is decided by its beginning; Django judges no longer one."""
SENTENCE: Final = (
    "The address to return to is not a page of this console. Open the console's first page and "
    "sign in there."
)


def is_page_of_ours(address: str) -> bool:
    """Tell whether an address begins with one slash and is nothing that a header cannot carry."""
    is_path = address.startswith("/") and address.isprintable()
    begin = address[:JUDGED_CHARACTERS]
    return is_path and url_has_allowed_host_and_scheme(begin, allowed_hosts=None)


class ReturnAddress:
    """Middleware: refuse a request to sign in that would lead elsewhere."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Judge every `next`, and pass the request on."""
        if request.path.startswith(SIGN_IN):
            given = [*request.GET.getlist(NEXT), *request.POST.getlist(NEXT)]
            if not all(is_page_of_ours(one) for one in given if one):
                return say(request, HTTPStatus.BAD_REQUEST, "Refused", SENTENCE)
        return self.answer(request)
