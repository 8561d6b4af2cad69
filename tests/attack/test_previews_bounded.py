"""Who presses Preview again and again leaves no more to read for anybody, and is refused soon."""

from datetime import timedelta

import pytest

from pilothouse.control import apply, approve, edit, many, preview, propose, recorded
from pilothouse.control.models import Preview
from pilothouse.control.refusals import TOO_MANY_PREVIEWS
from pilothouse.records.models import AuditRow
from tests.attack.reconciling import refused, team
from tests.control.conftest import NOON, approved, exchange, previewed, raise_margin, wish

__all__ = ["approved", "exchange", "previewed", "raise_margin", "team"]
MINUTE = timedelta(minutes=1)


def press(change, by, now):
    """What one press of Preview does: the first answer, then what takes longer."""
    change = preview.first(change, by=by, now=now)
    for part in (preview.instead, preview.play_out, preview.shocks):
        part(change, now=now)
    return change


def kept(change):
    return Preview.objects.filter(change=change).count()


def test_another_press_takes_the_place_of_the_one_before(team, raise_margin):
    change = press(raise_margin(), team.operator, NOON)
    once = kept(change)
    for count in range(1, 6):
        press(change, team.operator, NOON + count * MINUTE)
        assert kept(change) == once
    assert not list(recorded.differences())


def test_what_was_signed_on_stays_and_further_presses_do_not_add_up(team, previewed, exchange):
    change = press(previewed(), team.operator, NOON + MINUTE)
    once = kept(change)
    signed_at = NOON + 2 * MINUTE
    change = approve.approve(change, change.fingerprint, by=team.risk, now=signed_at)
    evidence = set(Preview.objects.filter(change=change).values_list("hash", "question", "plan"))
    sizes = set()
    for count in range(3, 9):
        exchange.position += 1
        change = press(change, team.operator, NOON + count * MINUTE)
        sizes.add(kept(change))
    left = set(Preview.objects.filter(change=change).values_list("hash", "question", "plan"))
    assert evidence <= left and len(sizes) == 1 and sizes.pop() <= 2 * once
    assert change.signatures.get().preview_hash in {one for one, _, _ in left}
    assert apply.apply(change, by=team.operator, now=NOON + 9 * MINUTE).state == "applied"


def test_the_audit_has_the_hash_of_each_that_went(team, raise_margin, exchange):
    change = press(raise_margin(), team.operator, NOON)
    made = set(Preview.objects.filter(change=change).values_list("hash", flat=True))
    exchange.position += 1
    press(change, team.operator, NOON + MINUTE)
    told = set()
    for row in AuditRow.objects.filter(subject=change.subject, deed="preview"):
        told |= {row.facts.get("preview"), *row.facts.get("previews", ())}
    assert made <= told


def test_an_edit_leaves_no_more_either(team, raise_margin):
    change = press(raise_margin(), team.operator, NOON)
    once = kept(change)
    for count in range(1, 6):
        now = NOON + count * MINUTE
        change = edit.edit(change, wish(3 + count % 2, 2), by=team.operator, now=now)
        press(change, team.operator, now)
        assert kept(change) <= 2 * once


def test_a_person_is_refused_and_others_and_later_presses_are_not(team, previewed, exchange):
    change = previewed()
    rehearsed, impact = [], exchange.impact
    exchange.impact = lambda *asked, **named: rehearsed.append(1) or impact(*asked, **named)
    for count in range(1, many.PREVIEWS_AN_HOUR):
        preview.first(change, by=team.operator, now=NOON + count * MINUTE)
    last = NOON + many.PREVIEWS_AN_HOUR * MINUTE
    rehearsed.clear()
    refused(TOO_MANY_PREVIEWS, preview.first, change, by=team.operator, now=last)
    assert rehearsed == [], "nothing was rehearsed for it"
    preview.first(change, by=team.risk, now=last)
    preview.first(change, by=team.operator, now=NOON + timedelta(hours=1, minutes=2))


def test_a_day_has_an_end_but_for_a_stop(team, raise_margin, exchange, monkeypatch):
    monkeypatch.setattr(many, "PREVIEWS_A_DAY", 3)
    change = raise_margin()
    for count in range(3):
        preview.first(change, by=team.operator, now=NOON + count * MINUTE)
    now = NOON + timedelta(hours=5)
    refused(TOO_MANY_PREVIEWS, preview.first, change, by=team.operator, now=now)
    fields = {"market": 2, "status": 5}
    stop = propose.propose("market_status", fields, by=team.operator, why="attack", now=now)
    assert preview.first(stop, by=team.operator, now=now).state == "approved"


@pytest.mark.parametrize("presses", [2, 10])
def test_a_comparison_reads_as_much_after_many_presses(team, raise_margin, presses):
    change = raise_margin()
    for count in range(presses):
        press(change, team.operator, NOON + count * MINUTE)
    assert sum(1 for _ in recorded._rows(Preview, [change.pk])) == kept(change) <= 12
