"""Nobody's questions about clients slow the pages of others, answered or not."""

from contextlib import ExitStack

import pytest

from pilothouse.console.pages.explanation import view
from pilothouse.gate.allowances import Rate
from pilothouse.language.kinds import CancelReason
from pilothouse.records import room as room_module
from pilothouse.records.archive.turns import AT_ONCE, Turns
from pilothouse.records.models import AuditRow
from tests.console.test_explanation import JSON, console, signed_in
from tests.venue.lived import write_home
from tests.venue.named_orders import AGAIN, MINE, named

__all__ = ["console"]
SEED = 5


class Impatient(Turns):
    """Turns for which nobody waits."""

    def of(self, person):
        return super().of(person, 0.0)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    world, account, placed = named(SEED)
    home = tmp_path_factory.mktemp("turns")
    write_home(home, world.blocks, {len(world.blocks) // 2})
    return home, world, account, placed


@pytest.fixture
def exchange(lived, console):
    return console(lived[0], lived[1].machine)


@pytest.fixture
def turns(monkeypatch):
    made = Impatient()
    monkeypatch.setattr(view, "EXPLANATIONS", made)
    return made


def address(lived, asked):
    return f"/accounts/{lived[2]}/why?{asked}&purpose=a+complaint"


def in_vain(lived):
    """Return the address of a question of each kind that has no answer, and of a part."""
    asked = ("client_order_id=nobodys", f"client_order_id={AGAIN}", f"order={lived[3][2]}")
    asked += ("order=999999999", "position=999999999", "position=many", "block=1&event=999999")
    part = f"/accounts/{lived[2]}/why/without/1?order={lived[3][2]}"
    return [*(address(lived, one) for one in asked), part]


def test_a_client_is_told_who_cancelled_the_order(exchange, team, lived):
    client = signed_in(team.operator)
    for asked in (f"order={lived[3][1]}", f"client_order_id={MINE}"):
        facts = client.get(address(lived, asked), headers=JSON).json()
        assert facts["explanation"]["reason"] == CancelReason.BY_CLIENT
        assert f"order {lived[3][1]}" in facts["paragraph"]
        assert "the client cancelled it" in facts["paragraph"]
    page = client.get(address(lived, asked))
    assert page.status_code == 200 and "the client cancelled it" in page.content.decode()


def test_one_question_of_a_person_at_a_time_and_few_of_all(exchange, team, lived, turns):
    one, other = team.operator, team.auditor
    asked = address(lived, f"order={lived[3][0]}")
    part = f"/accounts/{lived[2]}/why/without/1?order={lived[3][0]}"
    assert signed_in(one).get(asked).status_code == 200
    with turns.of(f"person:{one.pk}"):
        for questions in (asked, *in_vain(lived)[:-1]):
            refused = signed_in(one).get(questions, headers=JSON)
            assert refused.status_code == 503 and "3008" in refused.json()["error"]
        said = signed_in(one).get(part, headers=JSON).json()
        assert said["would_have"] is None and "3008" in said["error"]
        assert signed_in(other).get(asked).status_code == 200, "others are not kept waiting"
    with ExitStack() as held:
        for number in range(AT_ONCE):
            held.enter_context(turns.of(f"another:{number}"))
        assert signed_in(other).get(asked).status_code == 503
    assert (turns.running, turns.waiting) == (0, 0)
    assert signed_in(one).get(asked).status_code == 200


def test_a_question_in_vain_takes_of_the_daily_room_as_one_that_is_answered(
    exchange, team, lived, monkeypatch
):
    client = signed_in(team.operator)
    assert client.get(address(lived, f"order={lived[3][0]}")).status_code == 200
    for question in in_vain(lived):
        before = room_module.ROOM._taken.level(f"person:{team.operator.pk}")
        assert client.get(question).status_code in (200, 404)
        after = room_module.ROOM._taken.level(f"person:{team.operator.pk}")
        assert after > before, question
    monkeypatch.setattr(room_module, "OF_A_DAY", Rate(room_module.ROW_BYTES, 0))
    monkeypatch.setattr(view.exchange, "past", None)
    rows = AuditRow.objects.filter(deed="explanation.seen").count()
    for question in in_vain(lived):
        assert client.get(question).status_code == 429, "nothing is searched any more"
    assert AuditRow.objects.filter(deed="explanation.seen").count() == rows
