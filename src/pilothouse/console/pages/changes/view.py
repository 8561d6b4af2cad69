"""GET /changes: what waits, then everything."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.pages.changes.reading import all_changes, open_changes
from pilothouse.console.rights import needs, person_of


@needs(Right.VIEW)
def changes(request: HttpRequest) -> HttpResponse:
    """Answer all changes, those that wait first."""
    facts = {"waiting": open_changes(), "changes": all_changes()}
    may_propose = may(person_of(request), Right.PROPOSE)
    return answer(
        request, "changes/page.html", facts, {"nav": "changes", "may_propose": may_propose}
    )
