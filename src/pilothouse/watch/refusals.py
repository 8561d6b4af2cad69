"""Why a deed on an alert is refused; recorded in the audit like every refusal."""

from __future__ import annotations

from typing import Final

from pilothouse.control.refusals import Reason

NO_RIGHT: Final = Reason("your_role_does_not_answer_alerts", "ask someone whose role does")
WRONG_STATE: Final = Reason(
    "the_alert_is_not_in_a_state_for_this", "see its timeline", is_of_state=True
)
REASON_IS_MISSING: Final = Reason("a_reason_is_missing", "enter in a sentence why it is over")
"""Only a person needs one: what cleared by itself says so."""
