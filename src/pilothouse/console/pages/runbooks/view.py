"""GET /runbooks: what to do about which alert, step by step, and the change each proposes."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from pilothouse.access.rights import may
from pilothouse.access.roles import Right
from pilothouse.console.answers import answer
from pilothouse.console.rights import needs, person_of
from pilothouse.control import register
from pilothouse.control.kinds import alert_rule, runbook


@dataclass(frozen=True)
class RunbookLine:
    """One runbook. `proposes` is the title of a kind of change, empty if it proposes none."""

    key: str
    title: str
    when: str
    steps: list[str]
    proposes: str
    template: dict[str, str]
    rules: list[str]
    version: int
    change: int | None


@needs(Right.VIEW)
def runbooks(request: HttpRequest) -> HttpResponse:
    """Answer all runbooks with the rules that name them."""
    rules = register.entries(alert_rule.NAME)
    facts = {"runbooks": [_line(one, rules) for one in register.entries(runbook.NAME)]}
    drawing = {"nav": "runbooks", "may_propose": may(person_of(request), Right.PROPOSE)}
    return answer(request, "runbooks/page.html", facts, drawing)


def _line(entry: register.Entry, rules: tuple[register.Entry, ...]) -> RunbookLine:
    body = entry.body
    return RunbookLine(
        key=entry.key,
        title=body["title"],
        when=body["when"],
        steps=body["steps"],
        proposes=runbook.PROPOSES.get(body["proposes"], ""),
        template=body["template"],
        rules=[one.body["title"] for one in rules if one.body["runbook"] == entry.key],
        version=entry.version,
        change=entry.change,
    )
