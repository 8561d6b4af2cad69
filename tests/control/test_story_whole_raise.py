"""The whole raise at once: proposed, previewed, signed by another, applied, verified, undone."""

from datetime import timedelta

import pytest

from pilothouse.control import apply, approve, edit, preview, revert, verify, withdraw
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.moves import State
from pilothouse.control.refusals import (
    PREVIEW_IS_ABOVE_THE_CEILING,
    PROPOSER_MAY_NOT_SIGN,
    WRONG_STATE,
    Refused,
)
from pilothouse.records import audit
from tests.control.conftest import NOON, wish
from tests.control.doubles import Account

MINUTE = timedelta(minutes=1)


def test_it_goes_all_the_way(team, exchange, raise_margin):
    change = raise_margin()
    assert change.state == State.PROPOSED and change.change_class == "C"
    change = preview.first(change, by=team.operator, now=NOON)
    assert change.state == State.PREVIEWED
    assert change.predicted["1"]["accounts_below_maintenance"] == 1
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.operator, now=NOON)
    assert refused.value.reason is PROPOSER_MAY_NOT_SIGN
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON + 5 * MINUTE)
    assert change.state == State.APPROVED and change.waited_for_signature_s == 300
    change = apply.apply(change, by=team.operator, now=NOON + 6 * MINUTE)
    assert change.state == State.APPLIED and change.applied_after_s == 60
    change = verify.verify(change, now=NOON + 6 * MINUTE)
    assert change.state == State.VERIFIED
    (step,) = change.steps.all()
    assert step.predicted["accounts_below_maintenance"] == 1
    assert step.actual["accounts_below_maintenance"] == 1
    assert exchange.market(1).schedules[0].tiers[0].initial_ppm == 40_000
    deeds = [(row.deed, row.outcome) for row in audit.rows_about(change.subject)]
    assert deeds == [
        ("propose", "done"),
        ("preview", "done"),
        ("approve", "refused"),
        ("approve", "done"),
        ("apply", "done"),
        ("apply", "done"),
        ("verify", "done"),
    ]
    assert audit.verify().whole


def test_it_is_applied_once(team, exchange, approved):
    change = approved()
    apply.apply(change, by=team.operator, now=NOON)
    with pytest.raises(Refused) as refused:
        apply.apply(change, by=team.operator, now=NOON)
    assert refused.value.reason is WRONG_STATE
    assert len(exchange.sent) == 1


def test_its_undo_was_signed_with_it_and_hurts_nobody(team, exchange, approved):
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    undo = revert.revert(change, "calm again", by=team.operator, now=NOON + MINUTE)
    change.refresh_from_db()
    assert change.state == State.REVERTING and undo.preapproved
    undo = preview.first(undo, by=team.operator, now=NOON + MINUTE)
    assert undo.state == State.APPROVED
    undo = apply.apply(undo, by=team.operator, now=NOON + MINUTE)
    undo = verify.verify(undo, now=NOON + MINUTE)
    change.refresh_from_db()
    assert (undo.state, change.state) == (State.VERIFIED, State.REVERTED)
    assert exchange.market(1).schedules[0].tiers[0].initial_ppm == 20_000


def test_an_undo_that_is_edited_needs_signatures_of_its_own(team, exchange, approved):
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    undo = revert.revert(change, "calm again", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert undo.state == State.APPROVED
    undo = edit.edit(undo, wish(9, 3), by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert undo.state == State.PREVIEWED
    with pytest.raises(Refused):
        apply.apply(undo, by=team.operator, now=NOON)
    assert exchange.market(1).schedules[0].tiers[0].initial_ppm == 40_000


def test_an_undo_that_is_tampered_with_is_suspended(team, exchange, approved):
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    undo = revert.revert(change, "calm again", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    step = undo.steps.get()
    step.ceiling = dict.fromkeys(step.ceiling, 10**15)
    step.save()
    undo.fingerprint = fingerprint_of(undo)
    undo.save()
    undo = apply.apply(undo, by=team.operator, now=NOON)
    assert undo.state == State.SUSPENDED and len(exchange.sent) == 1


def test_an_undo_on_a_version_somebody_else_made_needs_signatures(team, exchange, approved):
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    undo = revert.revert(change, "calm again", by=team.operator, now=NOON)
    exchange.market(1).schedule_version += 1
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert undo.state == State.PREVIEWED


def test_an_undo_that_would_hurt_anyone_is_not_done(team, exchange, approved):
    loosening = wish(2, 0.8)
    change = verify.verify(
        apply.apply(approved(fields=loosening), by=team.operator, now=NOON), now=NOON
    )
    exchange.accounts.append(Account(9, 9_000))
    undo = revert.revert(change, "back", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert undo.preapproved and undo.state == State.PREVIEWED
    with pytest.raises(Refused) as refused:
        approve.approve(undo, undo.fingerprint, by=team.risk, now=NOON)
    assert refused.value.reason is PREVIEW_IS_ABOVE_THE_CEILING


def test_an_undo_that_was_not_done_leaves_the_change_for_a_person(team, exchange, approved):
    change = verify.verify(apply.apply(approved(), by=team.operator, now=NOON), now=NOON)
    undo = revert.revert(change, "calm again", by=team.operator, now=NOON)
    withdraw.withdraw(undo, by=team.operator, now=NOON)
    change.refresh_from_db()
    assert change.state == State.INCONCLUSIVE
    assert verify.verify(change, by=team.operator, now=NOON).state == State.VERIFIED
