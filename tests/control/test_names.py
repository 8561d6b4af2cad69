"""A change's command is named when it is applied, by a number that is never given twice."""

from pilothouse.control import apply, approve, preview
from pilothouse.control.models import ChangeStep
from pilothouse.control.moves import State
from pilothouse.language.names import NAMES_PER_HI, Sender, numbered
from pilothouse.language.rows import to_rows
from tests.control.conftest import NOON


def ready(change, team, now=NOON):
    change = preview.first(change, by=team.operator, now=now)
    return approve.approve(change, change.fingerprint, by=team.risk, now=now)


def test_a_step_laid_long_ago_is_applied_once_after_hundreds_of_later_changes(
    team, exchange, raise_margin
):
    change = ready(raise_margin(), team)
    (step,) = change.steps.all()
    assert step.name_number is None, "a name is given when it is sent, not when it is laid"
    exchange.highest = NAMES_PER_HI * (change.pk + 300) + 1
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLIED
    (sent,) = exchange.sent
    assert sent.name == numbered(Sender.CONTROL, exchange.highest + 1)
    assert ChangeStep.objects.get().name_number == exchange.highest + 1


def test_a_step_is_sent_again_under_the_number_it_was_given(team, exchange, raise_margin):
    change = ready(raise_margin(), team)
    exchange.refuses_to_answer = 2
    change = apply.apply(change, by=team.operator, now=NOON)
    assert change.state == State.APPLYING
    exchange.refuses_to_answer, exchange.highest = 0, 10_000
    change = apply.resume(change, now=NOON)
    assert change.state == State.APPLIED
    first, again = exchange.sent
    assert to_rows(first).tobytes() == to_rows(again).tobytes()
