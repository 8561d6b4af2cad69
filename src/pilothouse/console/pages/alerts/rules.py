"""The rules that hold, as lines of a table: what each waits for, and where it is changed."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.console.pages.alerts.reading import exactly
from pilothouse.control import register
from pilothouse.control.kinds import alert_rule
from pilothouse.control.severity import ORDER, Severity
from pilothouse.control.watched import MEASURES


@dataclass(frozen=True)
class RuleLine:
    """One rule in a table; `fires` says when in words, durations are in seconds."""

    key: str
    version: int
    title: str
    fires: str
    scope: str
    for_s: int
    severity: str
    owner: str
    escalate_s: int
    escalate_to: str
    runbook: str

    @property
    def form(self) -> str:
        """Return the address where a change of it is proposed."""
        return f"/changes/propose?kind={alert_rule.NAME}&entry={self.key}"


def rule_lines() -> list[RuleLine]:
    """Return every rule, the worst first."""
    held = [_line(one) for one in register.entries(alert_rule.NAME)]
    return sorted(held, key=lambda one: (ORDER.index(Severity(one.severity)), one.title))


def _line(entry: register.Entry) -> RuleLine:
    body = entry.body
    measure = MEASURES[body["measure"]]
    return RuleLine(
        key=entry.key,
        version=entry.version,
        title=body["title"],
        fires=f"{measure.title} {body['test']} {exactly(body['limit'], measure.unit)}",
        scope=body["scope"],
        for_s=body["for_s"],
        severity=body["severity"],
        owner=body["owner"].replace("_", " "),
        escalate_s=body["escalate_s"],
        escalate_to=body["escalate_to"].replace("_", " "),
        runbook=body["runbook"],
    )
