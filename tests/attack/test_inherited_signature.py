"""A revert that loosens signs anew after an hour or a 3 % move; what it inherits is shown (F7)."""

from datetime import timedelta

import pytest
from django.test import Client

from pilothouse.console.pages.change.facts import change_facts
from pilothouse.control import apply, approve, inherited, preview, revert, verify, worker
from pilothouse.control.moves import State
from pilothouse.control.refusals import PREVIEW_IS_ABOVE_THE_CEILING, Refused
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, team, wish
from tests.control.recording import record_changes

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def undone(team, approved, exchange):
    """Apply a change at noon; return what opens and previews its undo at a later moment."""

    exchange.market(1).mark = exchange.market(1).index = 60_000_000

    def undo_it(later, fields=None, before=lambda market: None):
        change = approved(fields=fields)
        change = verify.verify(apply.apply(change, by=team.operator, now=NOON), now=NOON)
        before(exchange.market(1))
        undo = revert.revert(change, "calm again", by=team.operator, now=NOON + later)
        return preview.first(undo, by=team.operator, now=NOON + later)

    return undo_it


def moved_by(ppm, *names):
    def move(market):
        for name in names:
            value = getattr(market, name)
            setattr(market, name, value + value * ppm // 1_000_000)

    return move


@pytest.mark.parametrize("later", [0 * MINUTE, 30 * MINUTE, 59 * MINUTE])
def test_within_the_hour_a_loosening_undo_inherits(undone, later):
    undo = undone(later)
    assert (undo.direction, undo.state) == ("loosens", State.APPROVED)
    found = inherited.inherited(undo, NOON + later)
    assert (found.change, found.signers, found.over) == (undo.reverts_id, ("risk",), "")
    assert found.until == NOON + 60 * MINUTE


@pytest.mark.parametrize("later", [60 * MINUTE, 61 * MINUTE, 600 * MINUTE])
def test_after_the_hour_a_loosening_undo_is_signed_anew(team, undone, exchange, later):
    undo = undone(later)
    assert (undo.state, undo.preapproved) == (State.PREVIEWED, False)
    undo = approve.approve(undo, undo.fingerprint, by=team.risk, now=NOON + later)
    assert undo.state == State.APPROVED
    assert apply.apply(undo, by=team.operator, now=NOON + later).state == State.APPLIED


@pytest.mark.parametrize("names", [("mark",), ("index",), ("mark", "index")])
@pytest.mark.parametrize(
    ("ppm", "state"),
    [(29_999, State.APPROVED), (-29_999, State.APPROVED), (30_000, State.PREVIEWED),
     (-30_000, State.PREVIEWED), (900_000, State.PREVIEWED), (-1_000_000, State.PREVIEWED)],
)  # fmt: skip
def test_a_move_of_three_percent_since_the_signature_ends_it(undone, names, ppm, state):
    assert undone(MINUTE, before=moved_by(ppm, *names)).state == state


def test_it_ends_between_approval_and_apply_too(team, undone, exchange):
    undo = undone(MINUTE)
    assert undo.state == State.APPROVED
    moved_by(40_000, "mark")(exchange.market(1))
    undo = apply.apply(undo, by=team.operator, now=NOON + 2 * MINUTE)
    assert undo.state == State.EXPIRED and "moved by 3 %" in undo.state_reason
    assert len(exchange.sent) == 1, "nothing was sent"
    undo = preview.first(undo, by=team.operator, now=NOON + 3 * MINUTE)
    assert undo.state == State.PREVIEWED, "previewing again does not revive it"
    undo = approve.approve(undo, undo.fingerprint, by=team.manager, now=NOON + 4 * MINUTE)
    undo = apply.apply(undo, by=team.operator, now=NOON + 200 * MINUTE)
    assert undo.state == State.APPLIED, "a signature of its own lasts as any other"


def test_an_undo_that_waits_expires_by_itself(team, undone):
    undo = undone(MINUTE)
    assert worker.tick(NOON + 59 * MINUTE) == []
    (moved,) = worker.tick(NOON + 60 * MINUTE)
    assert (moved.pk, moved.state) == (undo.pk, State.EXPIRED)


def test_an_undo_that_protects_keeps_its_day_whatever_the_mark_does(team, exchange, undone):
    exchange.accounts.clear()
    undo = undone(23 * 60 * MINUTE, fields=wish(2, 0.8), before=moved_by(500_000, "mark"))
    assert (undo.direction, undo.state) == ("protects", State.APPROVED)


def test_a_signature_of_an_older_release_has_no_prices_and_carries_no_loosening(undone, approved):
    def forget(market):
        from pilothouse.control.models import Signature

        Signature.objects.update(prices={})
        record_changes()

    assert undone(MINUTE, before=forget).state == State.PREVIEWED


def test_the_page_says_whose_signature_carries_it(team, exchange, undone, monkeypatch):
    exchange.accounts.clear()
    undo = undone(MINUTE)
    client = Client()
    client.force_login(team.viewer)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + 2 * MINUTE)
    page = client.get(f"/changes/{undo.pk}").content.decode()
    said = f"igned with CH-{undo.reverts_id} by risk, until 2026-11-23 13:00 UTC"
    assert f"S{said}" in page and f"s{said}" in page
    assert "0 of 1 signature" not in page
    table = client.get("/changes").content.decode()
    assert f"with CH-{undo.reverts_id}" in table and "0 / 1" not in table
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON + 90 * MINUTE)
    shown = change_facts(undo)["inherited"]["sentence"]
    assert shown.endswith("by risk; sign again: the signature it inherits has ended")


def test_above_the_ceiling_of_zero_nobody_can_sign(team, exchange, undone):
    undo = undone(61 * MINUTE)
    step = undo.steps.get()
    assert set(step.ceiling.values()) == {0}
    exchange.accounts.clear()
    with pytest.raises(Refused) as refused:
        approve.approve(undo, "another", by=team.risk, now=NOON)
    assert refused.value.reason is not PREVIEW_IS_ABOVE_THE_CEILING
