"""Fresh factors: what signs, changes the exchange or unmasks clients is done by who is there now.

How fresh each must be is policy (`control/policy.py`). A stop asks for nothing: it must not wait.
Outside the demonstration everybody has a second factor; in it nothing is asked.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from pilothouse.console.answers import wants_json
from pilothouse.console.errors import say
from pilothouse.control.policy import Fresh
from pilothouse.journal.steady import passing_now

FACTOR: Final = "mfa"
SENTENCE: Final = "Confirm that it is you with your second factor, then do this again."


def is_fresh(request: HttpRequest, what: Fresh) -> bool:
    """Tell whether the second factor of this session was given recently enough for something."""
    if not settings.PILOTHOUSE_SECOND_FACTOR:
        return True
    records = get_authentication_records(request, request.user)
    given = max((one["at"] for one in records if one.get("method") == FACTOR), default=0)
    return bool(passing_now().timestamp() - given < what.within.total_seconds())


def confirm(request: HttpRequest, back: str) -> HttpResponse:
    """Lead to the page that asks for the second factor, and from there back to a page."""
    if wants_json(request):
        return say(request, HTTPStatus.UNAUTHORIZED, "Second factor", SENTENCE)
    messages.warning(request, SENTENCE)
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': back})}")
