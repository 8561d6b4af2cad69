"""GET /alerts: what lasts, the worst first, the rules that call it so, and what is over."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.live.ticker import PANELS, digest, latest
from pilothouse.console.pages.alerts.reading import lasting, over
from pilothouse.console.pages.alerts.rules import rule_lines
from pilothouse.console.pages.alerts.watch import how_the_watch_is
from pilothouse.console.rights import needs, person_of


@needs(Right.VIEW)
def alerts(request: HttpRequest) -> HttpResponse:
    """Answer the queue of alerts."""
    facts = {
        "lasting": lasting(),
        "over": over(),
        "rules": rule_lines(),
        "watch": how_the_watch_is(),
    }
    person, pulse = person_of(request), latest()
    drawing = {
        "nav": "alerts",
        "digests": {"alerts": digest("alerts", pulse)} if pulse else {},
        "may_respond": may(person, Right.RESPOND),
        "may_propose": may(person, Right.PROPOSE),
    }
    return answer(request, "alerts/page.html", facts, drawing)


PANELS["alerts"] = lambda _pulse: (lasting(), how_the_watch_is().stale)
