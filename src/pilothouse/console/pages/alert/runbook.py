"""The runbook of an alert, and the change it proposes for the market, drafted in a form."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from pilothouse.control import draft, register
from pilothouse.control.kinds import KINDS, runbook
from pilothouse.control.kinds.kind import Kind
from pilothouse.control.ports import ports
from pilothouse.watch.models import Alert


@dataclass(frozen=True)
class Runbook:
    """A runbook as it holds now. `draft` is the address of the form it fills, empty if none."""

    key: str
    title: str
    when: str
    steps: list[str]
    proposes: str
    draft: str


def runbook_of(alert: Alert) -> Runbook | None:
    """Return the runbook an alert names, or None if it names none that holds."""
    held = register.entry(runbook.NAME, alert.runbook) if alert.runbook else None
    if held is None:
        return None
    kind = KINDS.get(held.body["proposes"])
    return Runbook(
        held.key,
        held.body["title"],
        held.body["when"],
        held.body["steps"],
        kind.TITLE if kind else "",
        _address(kind, alert, held.body["template"]) if kind and alert.market else "",
    )


def _address(kind: Kind, alert: Alert, template: dict[str, str]) -> str:
    # What it proposes may not be there for this market: a margin schedule for a spot pair.
    found = [one for one, name in kind.subjects(ports().reader) if name == alert.market]
    if not found:
        return ""
    try:
        form = draft.form(kind, found[0], template, ports().reader)
    except draft.BadTemplate:
        return ""
    why = f"AL-{alert.pk}: {alert.title}"
    return f"/changes/propose?{urlencode({'kind': kind.NAME, **form, 'why': why})}"
