"""POST /theme: remember the theme in a cookie and come back. Works without a script."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES: Final = ("dark", "light")
YEAR_S: Final = 365 * 24 * 3600


def theme_of(request: HttpRequest) -> str:
    """Return the chosen theme; empty without a choice: then the browser follows its system."""
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in THEMES else ""


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Set the theme and return to the page it was asked on."""
    back = request.POST.get("back", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    answer = redirect(back)
    if request.POST.get("theme") in THEMES:
        answer.set_cookie("theme", request.POST["theme"], YEAR_S, httponly=True, samesite="Lax")
    return answer
