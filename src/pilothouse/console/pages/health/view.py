"""GET /healthz and its three questions: alive, started, ready."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse

from pilothouse.console.exchange import standstill
from pilothouse.console.live.ticker import latest
from pilothouse.console.readiness import causes, has_started
from pilothouse.control import rounds
from pilothouse.venue.readiness import told


@login_not_required
def health(_request: HttpRequest, question: str = "ready") -> JsonResponse:
    """Answer one question with 200 or 503; tells nothing that needs a right.

    Alive is that this answers, started that a pulse of the exchange was taken and pages are
    answered. A console that is not ready names each cause; to start it anew would often not help.
    """
    answer = _answer(question)
    # A caller that asks again and again is told each time; the log need not be.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _answer(question: str) -> JsonResponse:
    if question == "alive":
        return JsonResponse({"alive": True})
    pulse = latest()
    if question == "started":
        started = pulse is not None and has_started()
        return JsonResponse({"started": started}, status=200 if started else 503)
    if question != "ready":
        return JsonResponse({"error": "ask for alive, started or ready"}, status=404)
    if pulse is None or not has_started():
        return JsonResponse({"status": "starting", "alive": True, "ready": False}, status=503)
    answer = told(causes())
    answer |= {"position": pulse.position, "written_at": pulse.time, "standstill": standstill()}
    answer |= {"differences": rounds.differences()}
    return JsonResponse(answer, status=200 if answer["ready"] else 503)
