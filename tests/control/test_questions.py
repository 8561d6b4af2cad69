"""A rehearsal is asked while no transaction of the verb is open: nobody waits for it to write."""

from django.db import connection

from pilothouse.control import apply, preview
from pilothouse.control.moves import State
from tests.control.conftest import NOON


def note_depths(exchange, monkeypatch):
    """Note how deep in transactions of its own the verb is whenever the rehearsal is asked."""
    depths, impact = [], exchange.impact

    def noted(*asked, **more):
        depths.append(len(connection.savepoint_ids))
        return impact(*asked, **more)

    monkeypatch.setattr(exchange, "impact", noted)
    return depths


def test_a_preview_asks_before_it_holds_the_change(team, exchange, raise_margin, monkeypatch):
    change = raise_margin()
    depths, outside = note_depths(exchange, monkeypatch), len(connection.savepoint_ids)
    change = preview.first(change, by=team.operator, now=NOON)
    assert change.state == State.PREVIEWED
    assert depths == [outside]


def test_a_signed_change_is_measured_and_sent_the_same_way(team, exchange, approved, monkeypatch):
    change = approved()
    depths, outside = note_depths(exchange, monkeypatch), len(connection.savepoint_ids)
    preview.first(change, by=team.operator, now=NOON)
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLIED
    assert depths == [outside, outside]


def test_what_moved_in_between_is_asked_anew(team, exchange, raise_margin, monkeypatch):
    change, asked = raise_margin(), []
    impact = exchange.impact

    def moving(message, *more):
        asked.append(message.command.base_version)
        if len(asked) == 1:
            exchange.market_list[message.command.market].schedule_version += 1
        return impact(message, *more)

    monkeypatch.setattr(exchange, "impact", moving)
    change = preview.first(change, by=team.operator, now=NOON)
    assert change.state == State.PREVIEWED
    assert asked == [asked[0], asked[0] + 1]
    assert change.steps.get().base_version == asked[1]
