"""Who may do what: the proposer never signs, a viewer does nothing, and every attempt is kept."""

import pytest
from django.db import IntegrityError, transaction

from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.control import (
    apply,
    approve,
    arm,
    edit,
    gates,
    preview,
    propose,
    refusals,
    reject,
    revert,
    schedule,
    withdraw,
)
from pilothouse.control.buttons import allowed_moves
from pilothouse.control.models import Change, Signature
from pilothouse.control.moves import State, Verb
from pilothouse.control.refusals import Refused
from pilothouse.language.kinds import MarketStatus
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, wish
from tests.control.doubles import PERPETUAL

DEEDS = {
    Verb.EDIT: lambda change, by: edit.edit(change, wish(5, 2), by=by, now=NOON),
    Verb.PREVIEW: lambda change, by: preview.first(change, by=by, now=NOON),
    Verb.APPROVE: lambda change, by: approve.approve(change, change.fingerprint, by=by, now=NOON),
    Verb.REJECT: lambda change, by: reject.reject(change, "no", by=by, now=NOON),
    Verb.WITHDRAW: lambda change, by: withdraw.withdraw(change, by=by, now=NOON),
    Verb.SCHEDULE: lambda change, by: schedule.schedule(change, [None], by=by, now=NOON),
    Verb.ARM: lambda change, by: arm.arm(change, by=by, now=NOON),
    Verb.APPLY: lambda change, by: apply.apply(change, by=by, now=NOON),
    Verb.REVERT: lambda change, by: revert.revert(change, "why", by=by, now=NOON),
}


@pytest.mark.parametrize("verb", DEEDS)
@pytest.mark.parametrize("who", ["viewer", "auditor"])
def test_a_forged_request_is_refused_and_recorded(team, exchange, approved, verb, who):
    change = approved()
    before = Change.objects.values().get()
    with pytest.raises(Refused) as refused:
        DEEDS[verb](change, getattr(team, who))
    assert refused.value.reason is refusals.NO_RIGHT
    assert Change.objects.values().get() == before
    row = AuditRow.objects.order_by("number").last()
    assert (row.deed, row.outcome, row.subject) == (verb, "refused", change.subject)
    assert row.actor == f"person:{getattr(team, who).pk}"
    assert exchange.sent == []


def test_a_viewer_may_not_propose(team, exchange):
    with pytest.raises(Refused):
        propose.propose("margin_schedule", wish(4, 2), by=team.viewer, why="x", now=NOON)
    row = AuditRow.objects.order_by("number").last()
    assert (row.deed, row.outcome) == ("propose", "refused") and Change.objects.count() == 0


def test_a_proposer_with_every_right_still_may_not_sign(team, exchange):
    change = propose.propose("margin_schedule", wish(4, 2), by=team.manager, why="x", now=NOON)
    change = preview.first(change, by=team.manager, now=NOON)
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.manager, now=NOON)
    assert refused.value.reason is refusals.PROPOSER_MAY_NOT_SIGN


def test_the_database_refuses_it_too(team, exchange, previewed):
    change = previewed()
    with pytest.raises(IntegrityError), transaction.atomic():
        Signature.objects.create(
            change=change,
            person=team.operator,
            proposer=team.operator,
            fingerprint=change.fingerprint,
            preview_hash="",
            preview_position=1,
            signed_at=NOON,
            expires_at=NOON,
        )


def test_who_edits_is_the_proposer_so_that_an_editor_cannot_sign(team, exchange, previewed):
    with pytest.raises(Refused) as refused:
        edit.edit(previewed(), wish(5, 2), by=team.manager, now=NOON)
    assert refused.value.reason is refusals.NOT_ITS_PROPOSER


def test_a_signature_names_what_was_read(team, exchange, previewed):
    change = previewed()
    with pytest.raises(Refused) as refused:
        approve.approve(change, "0" * 64, by=team.risk, now=NOON)
    assert refused.value.reason is refusals.FINGERPRINT_DIFFERS


def test_class_d_needs_risk_and_a_manager_and_another_applier(team, exchange):
    change = propose.propose("margin_schedule", wish(7, 2), by=team.operator, why="x", now=NOON)
    assert change.change_class == "D"
    change = preview.first(change, by=team.operator, now=NOON)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert change.state == State.PREVIEWED
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert refused.value.reason is refusals.SIGNED_ALREADY
    change = approve.approve(change, change.fingerprint, by=team.manager, now=NOON)
    assert change.state == State.APPROVED
    for deed in (apply.apply, arm.arm):
        with pytest.raises(Refused) as refused:
            deed(change, by=team.operator, now=NOON)
        assert refused.value.reason is refusals.APPLIER_MUST_DIFFER
    assert apply.apply(change, by=team.manager, now=NOON).state == State.APPLIED


def test_a_role_that_may_sign_does_not_sign_every_class(team, exchange, previewed):
    treasury = Person.objects.create_user("treasury")
    grant(treasury, Role.TREASURY, now=NOON)
    change = previewed()
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=treasury, now=NOON)
    assert refused.value.reason is refusals.ROLE_MAY_NOT_SIGN_THIS_CLASS


def test_one_may_stop_two_must_resume(team, exchange):
    halt = {"market": 1, "status": int(MarketStatus.HALTED)}
    change = propose.propose("market_status", halt, by=team.operator, why="x", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    assert (change.change_class, change.state) == ("A", State.APPROVED)
    assert apply.apply(change, by=team.operator, now=NOON).state == State.APPLIED
    resume = {"market": 1, "status": int(MarketStatus.POST_ONLY)}
    change = propose.propose("market_status", resume, by=team.operator, why="x", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    assert (change.change_class, change.state) == ("B", State.PREVIEWED)


def test_the_undo_of_a_stop_is_not_signed_by_the_stop(team, exchange):
    halt = {"market": 1, "status": int(MarketStatus.HALTED)}
    change = propose.propose("market_status", halt, by=team.operator, why="x", now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    change = apply.apply(change, by=team.operator, now=NOON)
    from pilothouse.control import verify

    change = verify.verify(change, now=NOON)
    undo = revert.revert(change, "calm", by=team.operator, now=NOON)
    undo = preview.first(undo, by=team.operator, now=NOON)
    assert (undo.preapproved, undo.state) == (False, State.PREVIEWED)


def test_buttons_are_the_moves_of_the_table_for_this_person(team, exchange, previewed):
    change = previewed()
    for_risk = {one.verb: one for one in allowed_moves(change, team.risk, NOON)}
    assert for_risk["approve"].allowed and for_risk["reject"].allowed
    assert not for_risk["edit"].allowed and "apply" not in for_risk
    for_operator = {one.verb: one for one in allowed_moves(change, team.operator, NOON)}
    assert "cannot sign their own change" in for_operator["approve"].reason
    assert for_operator["withdraw"].allowed
    assert not any(one.allowed for one in allowed_moves(change, team.viewer, NOON))


@pytest.mark.parametrize("who", ["operator", "risk", "manager", "auditor", "viewer"])
def test_a_button_that_is_allowed_works_and_any_other_is_refused(team, exchange, approved, who):
    change, person = approved(), getattr(team, who)
    for one in allowed_moves(change, person, NOON):
        refused = gates.why_not(Verb(one.verb), change, person, NOON)
        assert one.allowed is (refused is None)
        if not one.allowed:
            with pytest.raises(Refused):
                DEEDS[Verb(one.verb)](change, person)


def test_a_lone_operator_sees_what_has_less_impact_than_a_halt(team, exchange):
    fields = {"market": PERPETUAL, "status": int(MarketStatus.HALTED)}
    halt = propose.propose("market_status", fields, by=team.operator, why="a crash", now=NOON)
    halt = preview.first(halt, by=team.operator, now=NOON)
    assert (halt.state, halt.change_class) == (State.APPROVED, "A")
    assert [one.key for one in preview.instead(halt, now=NOON)] == ["cancel_only"]
    gentler = preview.first(
        edit.choose(halt, "cancel_only", by=team.operator, now=NOON), by=team.operator, now=NOON
    )
    assert gentler.steps.latest("number").fields["status"] == MarketStatus.CANCEL_ONLY
