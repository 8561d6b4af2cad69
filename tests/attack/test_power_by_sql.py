"""Power taken by writing the database without the folder's secret: no change goes on from it."""

from datetime import timedelta

import pytest
from django.db import transaction

from pilothouse.control import (
    apply,
    approve,
    authority,
    edit,
    ports,
    preview,
    recorded,
    revert,
    verify,
    withdraw,
    worker,
)
from pilothouse.control.conditions import UNWATCHED_MAX
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import State
from pilothouse.control.refusals import NOT_AS_RECORDED, Refused
from pilothouse.records.models import AuditRow
from tests.attack.forging import chain_anew
from tests.attack.reconciling import applied, journal, team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, wish
from tests.control.recording import record_changes

__all__ = ["applied", "approved", "exchange", "journal", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)


def is_refused(do, *about, **rest):
    with pytest.raises(Refused) as why:
        do(*about, now=NOON, **rest)
    return why.value.reason is NOT_AS_RECORDED


def with_its_fingerprint(change, **values):
    """Exchange columns of a change, and make the fingerprint anew: it is a plain hash."""
    Change.objects.filter(pk=change.pk).update(**values)
    change.refresh_from_db()
    change.fingerprint = fingerprint_of(change)
    Change.objects.filter(pk=change.pk).update(fingerprint=change.fingerprint)
    return change


def test_a_class_and_a_state_by_sql_execute_nothing(team, exchange, previewed):
    change = with_its_fingerprint(previewed(), change_class="A", state="approved")
    assert is_refused(preview.first, change, by=team.operator)
    assert [one for one in authority.differences() if one.startswith(f"Change {change.pk} ")]
    assert apply.apply(change, by=team.operator, now=NOON).state == State.SUSPENDED
    assert is_refused(preview.first, change, by=team.operator)
    assert exchange.sent == [] and list(recorded.differences())


def test_nobody_signs_their_own_change_after_its_proposer_was_exchanged(team, exchange, previewed):
    change = previewed()
    Change.objects.update(proposer=team.manager)
    for signer in (team.operator, team.risk):
        assert is_refused(approve.approve, change, change.fingerprint, by=signer)


def test_the_signer_whom_the_audit_has_as_proposer_signed_nothing(journal, applied, team):
    """Reconciling asks the audit who proposed: another proposer in the row hides nobody."""
    step = applied.steps.get()
    assert authority.why_unsigned(applied, step) == ""
    (row,) = AuditRow.objects.filter(deed="propose", subject=applied.subject)
    Change.objects.update(proposer=team.manager)
    assert authority.why_unsigned(Change.objects.get(), step) == ""
    row.actor = f"person:{team.risk.pk}"
    AuditRow.objects.filter(pk=row.pk)._raw_delete("default")
    AuditRow.objects.bulk_create([row])
    assert "0 of 1 signatures" in authority.why_unsigned(Change.objects.get(), step)


def test_another_undo_is_no_undo(team, exchange, applied):
    Change.objects.update(rollback=[wish(1, 0.6)])
    assert is_refused(revert.revert, applied, "x", by=team.operator)
    assert Change.objects.count() == 1


def test_signatures_made_to_last_longer_carry_no_undo(team, exchange, applied):
    undo = revert.revert(applied, "calm", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert undo.state == State.APPROVED
    later = NOON + 90 * MINUTE
    applied.signatures.update(signed_at=later)
    undo = apply.apply(undo, by=team.operator, now=later)
    assert undo.state != State.APPLIED and len(exchange.sent) == 1


def test_words_exchanged_after_they_were_approved_are_never_said(team, exchange, approved):
    exchange.refuses_to_answer = 1
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert change.state == State.APPLYING
    exchange.refuses_to_answer, before = 0, len(exchange.sent)
    step = change.steps.get()
    step.words["body"]["tiers"][0]["initial_ppm"] = 90_000
    step.save()
    (moved,) = worker.tick(NOON)
    assert moved.state == State.FAILED and len(exchange.sent) == before
    assert "not as the audit recorded it" in moved.state_reason
    assert withdraw.withdraw(moved, by=team.operator, now=NOON).state == State.WITHDRAWN


def test_what_was_odd_stays_odd(team, exchange, previewed):
    change = previewed()
    Change.objects.update(title="harmless")
    withdraw.withdraw(change, by=team.operator, now=NOON)
    Change.objects.update(state="previewed")
    assert is_refused(edit.edit, change, wish(5, 2), by=team.operator)


def test_a_change_that_nobody_proposed_is_none(team, exchange, approved):
    change = approved()
    change.pk = None
    change.save(force_insert=True)
    assert is_refused(verify.verify, change, by=team.operator)
    assert [f"Change {change.pk} " in one for one in recorded.differences()] == [True]


def test_what_follows_a_preview_is_recorded_too(team, exchange, previewed):
    change = previewed()
    for part in (preview.instead, preview.play_out, preview.shocks):
        part(Change.objects.get(), now=NOON)
        assert not list(recorded.differences())
    assert AuditRow.objects.filter(deed="preview", actor="machine").count() == 3
    Change.objects.update(alternatives=[])
    assert is_refused(edit.choose, change, "x", by=team.operator)


def test_a_folder_of_before_begins_once_and_its_changes_go_on(team, exchange, approved):
    change = approved()
    rows = list(AuditRow.objects.order_by("number"))
    for row in rows:
        row.facts.pop(recorded.RECORD, None)
    chain_anew(rows)
    assert not list(recorded.differences()), "nothing is compared before it begins"
    with transaction.atomic():
        recorded.begin()
        recorded.begin()
    assert AuditRow.objects.filter(deed=recorded.BEGUN).count() == 1
    assert not list(recorded.differences())
    assert apply.apply(change, by=team.operator, now=NOON).state == State.APPLIED
    AuditRow.objects.filter(deed=recorded.BEGUN)._raw_delete("default")
    with transaction.atomic():
        recorded.begin()
    assert not AuditRow.objects.filter(deed=recorded.BEGUN).exists(), "it is not made again"


def test_what_a_stage_waits_for_is_not_read_from_its_row(team, exchange, approved):
    change = approved()
    ChangeStep.objects.update(conditions=["nobody_waits_for_protection"], soak_s=60)
    exchange.accounts_waiting = lambda market: 0
    Change.objects.update(state=State.SCHEDULED)
    change.refresh_from_db()
    change = with_its_fingerprint(change)
    change.signatures.update(fingerprint=change.fingerprint)
    record_changes()
    worker.tick(NOON)
    ChangeStep.objects.update(held_since=NOON - 60 * MINUTE, watched_at=NOON, waits_for="")
    worker.tick(NOON + UNWATCHED_MAX)
    assert exchange.sent == [] and not list(recorded.differences())
    ports.connect(exchange, exchange, exchange, exchange)
    worker.tick(NOON + 2 * UNWATCHED_MAX)
    assert exchange.sent == [], "who begins anew has seen nothing"
