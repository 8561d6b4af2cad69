"""The alert rules about the records themselves: never looser than an exchange begins with.

A rule is a row of the register, and the register is among what these rules watch: with the same
row a person who changed rows with SQL would end the alert about it. So they are judged by at least
these terms, whatever the register says, and no change may loosen them or take them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pilothouse.control.severity import ORDER, Severity

Body = dict[str, Any]
_MINUTE_MS: Final = 60_000

FIRST: Final[dict[str, Body]] = {
    "journal_differs": {
        "title": "Journal and records differ",
        "measure": "journal_differences",
        "scope": "exchange",
        "test": "above",
        "limit": 0,
        "clear_limit": None,
        "for_s": 0,
        "clear_s": 30,
        "absent_s": 30,
        "severity": "critical",
        "owner": "manager",
        "escalate_s": 60,
        "escalate_to": "duty_manager",
        "runbook": "look_at_the_records",
    },
    "heads_old": {
        "title": "Audit and journal do not record each other's heads",
        "measure": "heads_age",
        "scope": "exchange",
        "test": "above",
        "limit": 30 * _MINUTE_MS,
        "clear_limit": 10 * _MINUTE_MS,
        "for_s": 10,
        "clear_s": 30,
        "absent_s": 30,
        "severity": "high",
        "owner": "operator",
        "escalate_s": 300,
        "escalate_to": "duty_manager",
        "runbook": "look_at_the_records",
    },
}
"""Their bodies at the founding, by key. All fire above their limit."""
_FREE: Final = ("title", "owner", "escalate_to", "runbook")


def at_least(key: str, body: Mapping[str, Any]) -> Body:
    """Return a body of such a rule with what is looser than at the founding put back.

    Raises LookupError, TypeError or ValueError for a body that no change makes.
    """
    first = FIRST[key]
    made = first | {name: body[name] for name in _FREE}
    for name in ("limit", "for_s", "escalate_s"):
        made[name] = min(first[name], body[name])
    made["clear_s"] = max(first["clear_s"], body["clear_s"])
    clears = min(_clears(first), _clears(body), made["limit"])
    made["clear_limit"] = body["clear_limit"] if clears == _clears(body) else clears
    worse = [Severity(first["severity"]), Severity(body["severity"])]
    made["severity"] = min(worse, key=ORDER.index).value
    return made


def _clears(body: Mapping[str, Any]) -> int:
    limit: int = body["limit"] if body["clear_limit"] is None else body["clear_limit"]
    return limit


def is_looser(key: str, body: Mapping[str, Any] | None) -> bool:
    """Tell whether a body, or none, is looser than the founding's where the rule is one of these.

    Data that are missing later are looser, and sooner ones keep `for_s` from being reached.
    """
    return key in FIRST and (body is None or at_least(key, body) != dict(body))
