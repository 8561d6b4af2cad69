"""What is signed: every byte of it. Whatever is edited voids; what only measures does not."""

import pytest

from pilothouse.control import edit, preview, schedule
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.hearers.exchange import message, words
from pilothouse.control.moves import State
from pilothouse.control.refusals import Refused
from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import from_rows, to_rows
from tests.control.conftest import NOON, wish

EDITS = {
    "another wish": lambda change, by: edit.edit(change, wish(5, 2), by=by, now=NOON),
    "another scope": lambda change, by: edit.edit(
        change, wish(4, 2, client_class=1), by=by, now=NOON
    ),
    "another ceiling": lambda change, by: edit.set_ceiling(
        change, {"accounts_below_maintenance": 12}, by=by, now=NOON
    ),
    "another time": lambda change, by: schedule.schedule(
        change, [NOON.replace(hour=14)], by=by, now=NOON
    ),
}


@pytest.mark.parametrize("what", EDITS)
def test_any_edit_voids_the_signatures(team, exchange, approved, what):
    change = approved()
    old = change.fingerprint
    change = EDITS[what](change, team.operator)
    assert change.state == State.PROPOSED and change.fingerprint != old
    assert change.signatures.get().void_reason != ""


def _alter(change, **values):
    for name, value in values.items():
        setattr(change, name, value)
    change.save()


ALTERATIONS = {
    "class": lambda change: _alter(change, change_class="A"),
    "cause": lambda change: _alter(change, cause="incident:7"),
    "guards": lambda change: _alter(change, guards={"soak_s": 1}),
    "undo": lambda change: _alter(change, rollback=[]),
    "scope": lambda change: change.touched.all().delete(),
    "base": lambda change: change.steps.update(base_version=9),
    "ceiling": lambda change: change.steps.update(ceiling={}),
    "not before": lambda change: change.steps.update(not_before=NOON),
    "not after": lambda change: change.steps.update(not_after=NOON),
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_the_fingerprint_covers(team, exchange, previewed, what):
    change = previewed()
    assert fingerprint_of(change) == change.fingerprint
    ALTERATIONS[what](change)
    change.refresh_from_db()
    assert fingerprint_of(change) != change.fingerprint


def test_a_later_preview_inside_the_ceiling_voids_nothing(team, exchange, approved):
    change = approved()
    exchange.position += 50
    change = preview.first(change, by=team.risk, now=NOON)
    assert change.state == State.APPROVED
    assert change.signatures.get().void_at is None


def test_the_ceiling_travels_in_the_very_command(team, exchange, previewed):
    change = previewed(ceiling={"accounts_below_maintenance": 7})
    sent = message(words(change.steps.get().words), change.pk, 1)
    assert sent.command.accounts_below_maintenance_max == 7
    assert sent.command.accounts_below_initial_max == -1
    assert sent.name == Name(Sender.CONTROL, 0, 1)
    assert (sent.cause.kind, sent.cause.id) == (CauseKind.CHANGE, change.pk)
    assert from_rows(to_rows(sent)) == sent


def test_a_ceiling_nobody_set_is_the_first_count_and_a_quarter(team, exchange, previewed):
    (step,) = previewed().steps.all()
    assert step.ceiling == {
        "accounts_below_initial": 3,
        "accounts_below_maintenance": 2,
        "notional_below_initial": 12_000_000_000,
        "notional_below_maintenance": 11_000_000_000,
    }


def test_a_negative_ceiling_is_refused_for_it_would_be_none(team, exchange, previewed):
    with pytest.raises(Refused):
        edit.set_ceiling(
            previewed(), {"accounts_below_maintenance": -1}, by=team.operator, now=NOON
        )


def test_a_signature_keeps_the_preview_it_rested_on(team, exchange, approved):
    change = approved()
    signature = change.signatures.get()
    preview_row = change.previews.get()
    assert signature.preview_hash == preview_row.hash
    assert signature.preview_position == preview_row.position == 100
