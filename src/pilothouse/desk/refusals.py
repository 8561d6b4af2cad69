"""Why the desk refuses a deed: each reason a name and what to do. Recorded in the audit."""

from __future__ import annotations

from typing import Final

from pilothouse.control.refusals import Reason

WRONG_STATE: Final = Reason(
    "the_incident_is_not_in_a_state_for_this",
    "see its timeline, or reopen it",
    is_of_state=True,
)
TITLE_IS_MISSING: Final = Reason(
    "an_incident_needs_a_title", "enter a short title of what is wrong"
)
WHY_IS_MISSING: Final = Reason("a_sentence_is_missing", "enter a sentence")
CLOCK_IS_SET: Final = Reason(
    "the_clock_was_read_already", "correct it and give the reason; the old reading is kept"
)
CLOCK_IS_AHEAD: Final = Reason("a_clock_cannot_stand_in_the_future", "enter a time in the past")
CLOCK_IS_TOO_FAR_BACK: Final = Reason(
    "a_clock_cannot_stand_so_far_back",
    "enter a time within the five years before the incident was opened; add older times as a note",
)
CLOCKS_ARE_OUT_OF_ORDER: Final = Reason(
    "the_clocks_would_be_out_of_order",
    "no clock can be before `occurred`, and `resolved` cannot be before `mitigated`",
)
NOTHING_CHANGES: Final = Reason("this_is_so_already", "no action needed")
UNKNOWN_SUBJECT: Final = Reason("there_is_no_such_market_or_product", "choose one from the list")
ALERT_IS_TAKEN: Final = Reason(
    "the_alert_belongs_to_an_incident_already", "see the incident it belongs to"
)
PERSON_MAY_NOT_COMMAND: Final = Reason(
    "this_person_may_not_work_on_incidents", "choose someone whose role does"
)
TOO_MANY_DEEDS: Final = Reason(
    "you_have_done_too_much_with_incidents_today",
    "ask a colleague to do this, or wait a day; put several remarks into one note",
)
TOO_MANY_OPEN: Final = Reason(
    "you_have_too_many_open_incidents",
    "resolve or dismiss one of yours, add this to one as a note, or ask a colleague to open it",
)
TOO_MANY_TODAY: Final = Reason(
    "you_have_opened_too_many_incidents",
    "add this to an open one as a note, ask a colleague to open it, or wait a day",
)
TOO_MANY_TOLD: Final = Reason(
    "you_have_had_people_notified_too_often",
    "ask a colleague to do this, or wait a day; a critical incident can still be notified",
)
NOTICE_IS_NOT_LOOSE: Final = Reason(
    "nothing_is_to_be_decided_about_this_notice", "it has arrived, or is on its way"
)
