"""What may stop a change between the signature and the fact, and what is written then: nothing."""

from datetime import timedelta

import pytest

from pilothouse.access.rights import revoke
from pilothouse.access.roles import Role
from pilothouse.control import (
    apply,
    approve,
    arm,
    edit,
    ports,
    preview,
    propose,
    reject,
    verify,
    worker,
)
from pilothouse.control.models import Change, ChangeStep
from pilothouse.control.moves import State
from pilothouse.control.refusals import EXCHANGE_IS_AWAY, PREVIEW_IS_ABOVE_THE_CEILING, Refused
from pilothouse.records.models import AuditRow
from tests.control.conftest import NOON, wish
from tests.control.doubles import Account, Behind, Schedule, Tier

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def untouched(exchange):
    return exchange.market(1).schedules[0].tiers[0].initial_ppm == 20_000


def somebody_else_changes_the_schedule(exchange):
    market = exchange.market(1)
    market.schedules = [Schedule(0, 0, 0, (Tier(0, 20_000, 9_000), Tier(500_000, 40_000, 20_000)))]
    market.schedule_version += 1


def the_market_falls(exchange):
    exchange.accounts += [Account(n, 12_000) for n in range(10, 20)]


def test_stale_when_the_base_moved_before_it_is_sent(team, exchange, approved):
    change = approved()
    somebody_else_changes_the_schedule(exchange)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.STALE and exchange.sent == [] and untouched(exchange)


def test_stale_when_the_base_moves_between_rehearsal_and_command(team, exchange, approved):
    exchange.before_step = lambda: somebody_else_changes_the_schedule(exchange)
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert change.state == State.STALE and untouched(exchange)
    assert "base version has moved" in change.state_reason


def test_a_stale_change_is_previewed_on_the_present_state_and_signed_anew(
    team, exchange, approved
):
    change = approved()
    somebody_else_changes_the_schedule(exchange)
    change = apply.apply(change, by=team.operator, now=NOON)
    old = change.fingerprint
    change = preview.first(change, by=team.operator, now=NOON)
    assert change.state == State.PREVIEWED and change.fingerprint != old
    assert change.signatures.filter(void_at=None).count() == 0
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert apply.apply(change, by=team.operator, now=NOON).state == State.APPLIED


def test_held_when_the_rehearsal_just_before_counts_more(team, exchange, approved):
    change = approved()
    the_market_falls(exchange)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.HELD and exchange.sent == []
    assert "accounts below maintenance: 11, ceiling 2" in change.state_reason


def test_held_when_the_market_moves_between_rehearsal_and_command(team, exchange, approved):
    exchange.before_step = lambda: the_market_falls(exchange)
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert change.state == State.HELD and untouched(exchange)
    assert change.steps.get().state == ChangeStep.At.REFUSED


def test_a_held_change_goes_on_by_a_higher_ceiling_under_a_new_name(team, exchange, approved):
    exchange.before_step = lambda: the_market_falls(exchange)
    change = apply.apply(approved(), by=team.operator, now=NOON)
    exchange.before_step = lambda: None
    change = preview.first(change, by=team.operator, now=NOON)
    with pytest.raises(Refused) as refused:
        approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert refused.value.reason is PREVIEW_IS_ABOVE_THE_CEILING
    ceiling = {"accounts_below_maintenance": 11, "notional_below_maintenance": 11 * 10**9}
    ceiling |= {"accounts_below_initial": 99, "notional_below_initial": 99 * 10**9}
    change = edit.set_ceiling(change, ceiling, by=team.operator, now=NOON)
    change = preview.first(change, by=team.operator, now=NOON)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLIED
    names = [message.name.lo for message in exchange.sent]
    assert len(names) == len(set(names)) == 2


def test_suspended_when_a_signer_lost_the_right(team, exchange, approved):
    change = approved()
    revoke(team.risk, Role.RISK, NOON + SECOND)
    change = apply.apply(change, by=team.operator, now=NOON + HOUR)
    assert change.state == State.SUSPENDED and "risk" in change.state_reason
    assert exchange.sent == []


def test_suspended_when_what_was_signed_is_not_what_stands_there(team, exchange, approved):
    change = approved()
    step = change.steps.get()
    step.words["body"]["tiers"][0]["initial_ppm"] = 90_000
    step.save()
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.SUSPENDED and exchange.sent == []


def test_failed_when_the_engine_refuses_for_another_reason(team, exchange, approved, monkeypatch):
    real = exchange.outcome
    monkeypatch.setattr(exchange, "outcome", lambda m: real(m) or 1604 * bool(exchange.sent))
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert change.state == State.FAILED and untouched(exchange)
    assert "maintenance must exceed liquidation fee" in change.state_reason


def test_expired_when_the_signatures_ran_out(team, exchange, approved):
    change = apply.apply(approved(), by=team.operator, now=NOON + 25 * HOUR)
    assert change.state == State.EXPIRED and exchange.sent == []


def test_the_machine_expires_what_nobody_goes_on_with(team, exchange, previewed, approved):
    change = approved()
    worker.tick(NOON + 23 * HOUR)
    change.refresh_from_db()
    assert change.state == State.APPROVED
    worker.tick(NOON + 25 * HOUR)
    change.refresh_from_db()
    assert change.state == State.EXPIRED


def test_a_crash_between_applying_and_the_command(team, exchange, approved):
    change = approved()
    exchange.refuses_to_answer = 1
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLYING and untouched(exchange)
    exchange.refuses_to_answer = 0
    worker.tick(NOON + SECOND)
    worker.tick(NOON + 2 * SECOND)
    change.refresh_from_db()
    assert change.state == State.VERIFIED and not untouched(exchange)


def test_a_crash_between_the_command_and_its_answer_executes_once(team, exchange, approved):
    exchange.refuses_to_answer = 2
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert change.state == State.APPLYING and not untouched(exchange)
    version = exchange.market(1).schedule_version
    exchange.refuses_to_answer = 0
    worker.tick(NOON + SECOND)
    change.refresh_from_db()
    assert change.state == State.APPLIED and exchange.market(1).schedule_version == version
    first, second = exchange.sent
    assert first == second
    row = AuditRow.objects.filter(subject=change.subject).order_by("number").last()
    assert row.facts["repeated"] is True


def test_applying_is_committed_before_the_command_is_sent(team, exchange, approved):
    seen = []
    exchange.before_step = lambda: seen.append(Change.objects.get().state)
    apply.apply(approved(), by=team.operator, now=NOON)
    assert seen == [State.APPLYING]


def test_inconclusive_when_it_cannot_be_read_back(team, exchange, approved):
    behind = Behind(exchange)
    ports.connect(exchange, exchange, behind, exchange)
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert verify.verify(change, now=NOON + 10 * SECOND).state == State.APPLIED
    change = verify.verify(change, now=NOON + 61 * SECOND)
    assert change.state == State.INCONCLUSIVE
    behind.position = exchange.position
    change = verify.verify(change, by=team.operator, now=NOON + 90 * SECOND)
    assert change.state == State.VERIFIED


def test_inconclusive_when_the_exchange_told_of_no_event(team, exchange, approved):
    exchange.tells = False
    change = apply.apply(approved(), by=team.operator, now=NOON)
    assert verify.verify(change, now=NOON + SECOND).state == State.APPLIED
    assert verify.verify(change, now=NOON + 61 * SECOND).state == State.INCONCLUSIVE


def test_failed_when_it_does_not_hold(team, exchange, approved):
    change = apply.apply(approved(), by=team.operator, now=NOON)
    exchange.market(1).schedules = [Schedule(0, 0, 0, (Tier(0, 1, 1),))]
    change = verify.verify(change, now=NOON)
    assert (change.state, change.state_reason) == (State.FAILED, "it does not hold")


def test_a_guard_is_watched_through_the_soak_time(team, exchange, approved):
    change = approved(guards={"soak_s": 60, "accounts_below_maintenance": 5})
    change = apply.apply(change, by=team.operator, now=NOON)
    assert verify.verify(change, now=NOON + 30 * SECOND).state == State.APPLIED
    the_market_falls(exchange)
    change = verify.verify(change, now=NOON + 31 * SECOND)
    assert change.state == State.INCONCLUSIVE
    assert change.state_reason == "11 accounts are below maintenance, 5 were allowed"


def test_one_decline_blocks(team, exchange, approved):
    change = reject.reject(approved(), "not in this market", by=team.manager, now=NOON)
    assert change.state == State.REJECTED
    with pytest.raises(Refused):
        apply.apply(change, by=team.operator, now=NOON)
    assert exchange.sent == []


def test_a_class_that_has_risen_is_held(team, exchange, approved):
    change = approved(ceiling=dict.fromkeys(COUNTED, 10**18))
    exchange.accounts += [Account(n, 12_000) for n in range(10, 1_200)]
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.HELD and "1191 accounts" in change.state_reason


COUNTED = (
    "accounts_below_initial",
    "accounts_below_maintenance",
    "notional_below_initial",
    "notional_below_maintenance",
)


def test_a_wish_that_changes_nothing_is_an_error(team, exchange, raise_margin):
    with pytest.raises(Refused) as refused:
        raise_margin(wish(2, 1))
    assert refused.value.reason.name == "nothing_to_change"
    assert Change.objects.count() == 0


def test_while_the_exchange_is_away_nothing_is_opened_and_the_attempt_is_kept(team, exchange):
    ports.disconnect()
    with pytest.raises(Refused) as refused:
        propose.propose("margin_schedule", wish(4, 2), by=team.operator, why="x", now=NOON)
    assert refused.value.reason is EXCHANGE_IS_AWAY
    row = AuditRow.objects.order_by("number").last()
    assert (row.deed, row.outcome) == ("propose", "refused") and Change.objects.count() == 0


def test_while_the_exchange_is_away_the_machine_waits_in_silence(team, exchange, approved):
    change = arm.arm(approved(), by=team.operator, now=NOON)
    ports.disconnect()
    before = AuditRow.objects.count()
    assert worker.tick(NOON + SECOND) == [] and AuditRow.objects.count() == before
    ports.connect(exchange, exchange, exchange, exchange)
    worker.tick(NOON + 2 * SECOND)
    change.refresh_from_db()
    assert change.state == State.APPLIED
