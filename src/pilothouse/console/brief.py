"""Briefs: an alert, a change or an incident as a few lines of plain text, to paste into a chat.

No brief names an account: it is read outside the console, where nobody's rights are checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from pilothouse.console.pages.alerts.reading import AlertLine
from pilothouse.console.templatetags.figures import moment
from pilothouse.control.moves import Owner


def of_alert(request: HttpRequest, facts: Mapping[str, Any]) -> str:
    """Return the brief of an alert's page."""
    alert: AlertLine = facts["alert"]
    incident, runbook = facts["incident"], facts["runbook"]
    value = "no data" if alert.about == "no_data" else alert.value_text
    turn = (
        f"taken by {alert.acknowledged_by}" if alert.acknowledged_by else f"turn of {alert.owner}"
    )
    return _text(
        request,
        f"{alert.label} {alert.title}, {alert.where}: {alert.severity}, {alert.state}",
        f"Measured: {value}; limit {alert.limit_text}",
        f"Raised: {_when(alert.raised)}; {turn}",
        f"Over: {_when(alert.resolved)}, {alert.resolved_why}" if alert.resolved else "",
        f"Incident: {incident.label} {incident.title}" if incident else "",
        f"Runbook: {runbook.title}" if runbook else "",
    )


def of_change(request: HttpRequest, facts: Mapping[str, Any]) -> str:
    """Return the brief of a change's page."""
    change = facts["change"]
    changed = [one for one in facts["difference"] if one["effect"] != "same"]
    signed = ", ".join(str(one["person"]) for one in facts["signatures"]) or "nobody"
    return _text(
        request,
        f"{change.label} {change.title}: {change.state}, class {change.change_class}",
        f"Why: {change.why}" if change.why else "",
        f"Proposed by {change.proposer}, {_when(change.proposed_at)}{_turn(change.owner)}",
        *(f"{one['name']}: {one['before']} -> {one['after']}" for one in changed),
        *(_count(one) for one in facts["counts"]),
        f"Signed by: {signed}; needed: {facts['who_signs']}",
    )


def of_incident(request: HttpRequest, facts: Mapping[str, Any]) -> str:
    """Return the brief of an incident's page."""
    incident, due = facts["incident"], facts["first_report_due"]
    commander = incident.commander or f"nobody, turn of {incident.owner}"
    read = [one for one in facts["clocks"] if one.at]
    return _text(
        request,
        f"{incident.label} {incident.title}: {incident.severity}, {incident.state}",
        f"What: {incident.what}" if incident.what else "",
        f"Commander: {commander}",
        *(f"{one.name.capitalize()}: {_when(one.at)}" for one in read),
        f"First report, if major, by {_when(due)}" if due else "",
        _list("Affected", (one.name for one in facts["affected"])),
        _list("Alerts", (f"{one.alert.label} {one.alert.title}" for one in facts["alerts"])),
        _list("Changes", (f"{one.label} {one.title} ({one.state})" for one in facts["changes"])),
    )


def _turn(owner: str) -> str:
    return "" if owner == Owner.NOBODY else f"; turn of {owner}"


def _count(one: Any) -> str:
    actual = f", actual {one.actual_text}" if one.actual is not None else ""
    return f"{one.label.capitalize()}: predicted {one.predicted_text}{actual}"


def _list(name: str, things: Iterable[str]) -> str:
    said = "; ".join(things)
    return f"{name}: {said}" if said else ""


def _when(at_us: int) -> str:
    return f"{moment(at_us)} UTC"


def _text(request: HttpRequest, *lines: str) -> str:
    # One line each, whatever was typed: a brief cannot be made to look like two.
    said = [" ".join(one.split()) for one in lines if one]
    return "\n".join([*said, request.build_absolute_uri(request.path)])
