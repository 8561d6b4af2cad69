"""Why a verb is refused: each reason a name, a sentence and what to do. Recorded in the audit.

The engine's refusals have numbers and live in `language.refusals`; these are change control's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pilothouse.language.refusals import REFUSALS


@dataclass(frozen=True)
class Reason:
    """One reason. `number` is the engine's where the reason is the engine's, else 0."""

    name: str
    remedy: str
    number: int = 0
    is_of_state: bool = False
    """The verb does not lead from where its subject stands now."""

    @property
    def sentence(self) -> str:
        """Return the reason as a sentence."""
        return self.name.replace("_", " ")


class Refused(Exception):
    """A verb was refused; nothing was changed but the audit."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(str(self))

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.reason.sentence}{detail}: {self.reason.remedy}"


def of_the_engine(number: int) -> Reason:
    """Return the engine's refusal of this number as a reason."""
    known = REFUSALS[number]
    return Reason(known.name, known.remedy, int(known))


def too_long(most: int) -> Reason:
    """Return why a text is refused that has more than so many characters."""
    return Reason("it_is_too_long", f"use at most {most} characters; nothing was cut or kept")


NOT_RECORDED: Final = Reason(
    "the_audit_cannot_be_written_now", "nothing was changed; try again when the database is back"
)
TEXT_HIDES: Final = Reason(
    "a_text_does_not_read_as_it_was_written", "remove the invisible or right-to-left characters"
)
NO_RIGHT: Final = Reason("your_role_does_not_allow_this", "ask someone whose role does")
NOT_AS_RECORDED: Final = Reason(
    "it_is_not_as_the_audit_recorded_it",
    "somebody changed the records; withdraw or reject it, then propose it again",
    is_of_state=True,
)
AUDIT_IS_BROKEN: Final = Reason(
    "the_audit_is_not_whole",
    "nothing was sent; see the page of the audit, and call the people who run the exchange",
)
WRONG_STATE: Final = Reason(
    "the_change_is_not_in_a_state_for_this", "see its timeline", is_of_state=True
)
PROPOSER_MAY_NOT_SIGN: Final = Reason(
    "the_proposer_cannot_sign_their_own_change", "ask another person to sign"
)
SIGNED_ALREADY: Final = Reason("you_have_signed_this_already", "another person must sign")
ROLE_MAY_NOT_SIGN_THIS_CLASS: Final = Reason(
    "your_role_does_not_sign_this_class", "ask one of the roles the class names"
)
FINGERPRINT_DIFFERS: Final = Reason(
    "what_you_read_is_not_what_stands_here_now", "read the change again, then sign"
)
PREVIEW_IS_MISSING: Final = Reason("there_is_no_preview_of_this", "preview it first")
PREVIEW_IS_OLD: Final = Reason("the_preview_is_too_old_to_sign", "preview it again")
PREVIEW_IS_REFUSED: Final = Reason(
    "the_exchange_would_refuse_it_now", "fix what the preview reports, then preview again"
)
PREVIEW_IS_ABOVE_THE_CEILING: Final = Reason(
    "the_preview_counts_more_than_the_ceiling",
    "raise the ceiling or choose an alternative with less impact",
)
CEILING_IS_NEGATIVE: Final = Reason("a_ceiling_must_not_be_negative", "use 0 or more")
NOTHING_TO_SETTLE: Final = Reason("no_difference_is_chosen", "choose at least one")
TOO_MANY_TO_SETTLE: Final = Reason(
    "a_settlement_has_at_most_100_differences", "settle them in several settlements"
)
NOT_OPEN: Final = Reason(
    "a_chosen_difference_is_not_open", "open the page again; somebody may have settled it"
)
SETTLEMENT_WAITS: Final = Reason(
    "a_chosen_difference_is_in_a_settlement_that_waits", "sign or decline that settlement first"
)
TOO_MANY_SETTLEMENTS: Final = Reason(
    "you_have_proposed_too_many_settlements",
    "have those that wait signed or declined; a person proposes at most 20 within a day",
)
NO_SUCH_SETTLEMENT: Final = Reason(
    "this_settlement_does_not_wait_for_a_signature", "open the page of the audit again"
)
PROPOSER_CANNOT_SETTLE: Final = Reason(
    "the_proposer_cannot_sign_their_own_settlement", "ask another person to sign"
)
RIGHTS_DIFFER: Final = Reason(
    "your_roles_are_not_as_the_audit_recorded_them", "ask a person whose roles are"
)
CREDENTIALS_DIFFER: Final = Reason(
    "your_password_or_second_factors_are_not_as_the_audit_recorded_them",
    "let another person do it, and tell the manager: somebody changed them in the database",
)
NOTHING_IS_DUE: Final = Reason("no_step_is_due_now", "wait for its time or schedule it again")
CONDITIONS_DO_NOT_HOLD: Final = Reason(
    "the_conditions_of_this_stage_do_not_hold_yet",
    "choose Apply as planned: it is sent once its conditions have held",
)
NOT_ITS_PROPOSER: Final = Reason("only_the_proposer_may_do_this", "ask the proposer, or reject it")
APPLIER_MUST_DIFFER: Final = Reason(
    "a_change_of_this_class_is_applied_by_another_than_its_proposer", "ask another person"
)
UNKNOWN_KIND: Final = Reason("there_is_no_such_kind_of_change", "choose one of the kinds")
UNKNOWN_ALTERNATIVE: Final = Reason("there_is_no_such_alternative", "preview the change again")
BUNDLED_LOOSENING: Final = Reason(
    "a_loosening_is_bundled_into_a_tightening", "propose two changes, one for each direction"
)
REASON_IS_MISSING: Final = Reason("a_reason_is_missing", "enter the reason in a sentence")
CONFLICT_IS_OPEN: Final = Reason(
    "another_open_change_touches_the_same_object", "wait for it, or withdraw one of the two"
)
TOO_MANY_OPEN: Final = Reason(
    "you_have_too_many_open_changes", "withdraw one, or have one decided, then propose this"
)
TOO_MANY_TODAY: Final = Reason(
    "you_have_proposed_too_many_changes", "ask a colleague to propose this, or wait a day"
)
TOO_MANY_EDITS: Final = Reason(
    "you_have_edited_too_often",
    "withdraw it and propose it as it should be, ask a colleague to propose it, or wait a day",
)
TOO_MANY_PREVIEWS: Final = Reason(
    "you_have_previewed_too_often",
    "use the preview that stands here, ask a colleague to preview it, or wait an hour",
)
TIMES_MUST_RISE: Final = Reason("times_must_rise_from_step_to_step", "order the steps by time")
TIME_IS_PAST: Final = Reason("the_time_is_past", "enter a time in the future")
TIME_IS_TOO_FAR: Final = Reason(
    "the_time_is_too_far_away", "enter a time within one year; propose later steps then"
)
NAMES_ARE_USED_UP: Final = Reason(
    "the_change_has_been_sent_too_often", "withdraw it and propose it again"
)
NOTHING_WAS_APPLIED: Final = Reason("nothing_was_applied", "there is nothing to revert")
UNDO_IS_NOT_POSSIBLE: Final = Reason(
    "this_change_cannot_be_undone", "propose a separate change to the value you want"
)
EXCHANGE_IS_AWAY: Final = Reason(
    "the_exchange_cannot_be_read_now", "wait until it is back; nothing was changed"
)
ENTRY_IS_MISSING: Final = Reason("there_is_no_such_entry_to_take_out", "see which entries hold")
UNKNOWN_ENTRY: Final = Reason(
    "it_names_an_entry_that_does_not_hold", "propose that entry first, or name another"
)
SCOPE_DOES_NOT_FIT: Final = Reason(
    "the_measure_is_not_taken_in_this_scope",
    "use exchange for a measure of the exchange, else markets, spot, perpetuals, market:SYMBOL or "
    "product:KEY",
)
LIMIT_MEANS_NOTHING: Final = Reason(
    "a_measure_is_never_negative",
    "fire and clear at 0 or more, and above 0 where a rule fires below its limit",
)
CLEARS_BEYOND_ITS_LIMIT: Final = Reason(
    "a_rule_must_not_clear_beyond_its_limit",
    "for a rule that fires above, clear at the limit or lower; else at the limit or higher",
)
LOOSER_ABOUT_RECORDS: Final = Reason(
    "a_rule_about_the_records_is_never_looser_than_at_the_founding",
    "change its title, owners or runbook, or let it fire sooner or with a higher severity",
)
IT_IS_ABOUT_YOU: Final = Reason(
    "nobody_signs_what_they_are_given_themselves", "ask another person to sign"
)
ANOTHER_PERSON: Final = Reason(
    "the_name_means_another_person_than_when_this_was_proposed", "withdraw it and propose it again"
)
PERSON_IS_DISABLED: Final = Reason(
    "this_person_cannot_sign_in", "propose the sign-in active first, then this"
)
DUTIES_MEET: Final = Reason(
    "the_role_gives_duties_that_must_not_meet_in_one_person",
    "end the other role first; docs/people.md lists which duties are kept apart",
)
TOO_MANY_PEOPLE: Final = Reason(
    "the_folder_knows_as_many_people_as_it_may", "give the role to somebody who is known"
)
SESSION_IS_OVER: Final = Reason("this_session_is_over", "open the page of the person again")
NO_INVITATION: Final = Reason(
    "this_person_has_a_password_or_cannot_sign_in",
    "propose a reset of their sign-in, or the sign-in active, then make an invitation",
)
KEY_IS_KNOWN: Final = Reason("this_key_was_made_already", "propose another one")
TOO_MANY_KEYS: Final = Reason(
    "the_account_has_as_many_keys_as_it_may", "revoke one of its keys first"
)
SECRET_WAS_SHOWN: Final = Reason(
    "the_secret_was_shown_or_is_older_than_an_hour", "revoke the key and propose another one"
)
