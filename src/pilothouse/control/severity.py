"""How bad something is: the severities of alerts and incidents, the worst first."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """What it asks of people: drop everything, act now, look today."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"


ORDER: Final = tuple(Severity)
"""The worst first."""


def raised(severity: Severity) -> Severity:
    """Return the severity one step worse; the worst stays."""
    return ORDER[max(0, ORDER.index(severity) - 1)]
