"""GET /healthz: 200 once this process follows the exchange, 503 before."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse

from pilothouse.console.exchange import standstill
from pilothouse.console.live.ticker import latest


@login_not_required
def health(_request: HttpRequest) -> JsonResponse:
    """Answer how far the last pulse came; tells nothing that needs a right.

    A standstill is told and stays 200: this process answers, and to start it anew would not help.
    """
    pulse = latest()
    if pulse is None:
        return JsonResponse({"status": "starting"}, status=503)
    told = {"position": pulse.position, "written_at": pulse.time, "standstill": standstill()}
    return JsonResponse({"status": "ok", **told})
