"""GET /healthz: 200 once this process follows the exchange, 503 before."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse

from pilothouse.console.live.ticker import latest


@login_not_required
def health(_request: HttpRequest) -> JsonResponse:
    """Answer the position of the last pulse; tells nothing that needs a right."""
    pulse = latest()
    if pulse is None:
        return JsonResponse({"status": "starting"}, status=503)
    return JsonResponse({"status": "ok", "position": pulse.position})
