"""POST /theme: remember the theme in a cookie and come back. Works without a script."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from pilothouse.console.return_address import is_page_of_ours

THEMES: Final = ("dark", "light")
YEAR_S: Final = 365 * 24 * 3600
BACK_MOST: Final = 2_000


def theme_of(request: HttpRequest) -> str:
    """Return the chosen theme; empty without a choice: then the browser follows its system."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Set the theme and return to the page it was asked on."""
    answer = HttpResponseRedirect(_page(request.POST.get("back", "/")))
    if request.POST.get("theme") in THEMES:
        answer.set_cookie("theme", request.POST["theme"], YEAR_S, httponly=True, samesite="Lax")
    return answer


def _page(back: str) -> str:
    return back if len(back) <= BACK_MOST and is_page_of_ours(back) else "/"
