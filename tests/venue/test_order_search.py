"""What became of an order is found without reading the journal to its head, or from its start."""

import pytest

from pilothouse.engine.machine import Machine
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.kinds import CancelReason
from pilothouse.language.rows import from_event_row
from pilothouse.venue.explanation import looking
from pilothouse.venue.explanation.explain import find
from pilothouse.venue.explanation.facts import What
from pilothouse.venue.explanation.looking import NotExplained, NotLookedFurther
from pilothouse.venue.explanation.orders import find_client_order, find_order
from pilothouse.venue.explanation.paragraph import paragraph
from pilothouse.venue.explanation.what_if import would_have
from tests.venue.lived import write_home
from tests.venue.named_orders import AGAIN, MINE, TAIL, Counting, Plain, named

SEED = 5


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    world, account, placed = named(SEED)
    home, count = tmp_path_factory.mktemp("orders"), len(world.blocks)
    write_home(home, world.blocks, {count // 2, count - TAIL - 10})
    return home, world, account, placed


@pytest.fixture(scope="module")
def whole(lived):
    return Plain(lived[1].blocks, len(lived[1].blocks))


@pytest.fixture(scope="module")
def ends(lived):
    """Return what ended each order that ended: block and event, by its number."""
    machine, made = Machine.empty(), {}
    for number, (rows, time) in enumerate(lived[1].blocks, 1):
        for row in machine.step(rows, time).events:
            event = from_event_row(row).event
            if isinstance(event, OrderCancelled):
                made[event.order] = number, event
            elif isinstance(event, OrderFilled):
                made |= dict.fromkeys((event.taker_order, event.maker_order), (number, event))
    made.pop(0, None)
    resting = set(machine.state.orders["number"].tolist())
    return {order: one for order, one in made.items() if order not in resting}


def test_an_order_that_its_client_cancelled_is_explained_and_nothing_behind_it_is_stepped(lived):
    past, (first, _, _) = Counting(lived[0]), lived[3]
    made = find_order(past, first)
    assert (made.what, made.reason, made.order) == (
        What.CANCELLATION, CancelReason.BY_CLIENT, first,
    )  # fmt: skip
    assert "the client cancelled it" in made.because and made.because in paragraph(made)
    assert made.moment.position == first + 1, "the command that cancelled it is named"
    assert past.handed == 2, "the block that placed it and the block that cancelled it"


def test_however_an_order_ended_it_is_said_and_the_steps_stop_there(lived, ends):
    kinds = {}
    for order, (block, event) in ends.items():
        reason = getattr(event, "reason", 0)
        kinds.setdefault((type(event), reason), (order, block, event))
    reasons = {reason for _, reason in kinds}
    assert reasons >= {0, CancelReason.BY_CLIENT, CancelReason.IMMEDIATE_REST}, "filled, cancelled"
    for order, block, event in kinds.values():
        past = Counting(lived[0])
        made = find_order(past, order)
        assert made.moment.block == block and made.order == order
        assert past.handed <= block, "nothing behind its end"
        if isinstance(event, OrderFilled):
            assert made.what == What.FEE and "filled completely" in paragraph(made)
        else:
            assert (made.what, made.reason) == (What.CANCELLATION, event.reason)


def test_an_open_order_is_said_to_be_open(lived):
    with pytest.raises(NotExplained, match="is open: nothing of it was filled or cancelled"):
        find_order(Counting(lived[0]), lived[3][2])


def test_an_order_of_another_account_is_refused_before_anything_is_searched(lived):
    past = Counting(lived[0])
    with pytest.raises(NotExplained, match=f"is not account {lived[2] + 1}'s"):
        find_order(past, lived[3][0], account=lived[2] + 1)
    assert past.handed == 0


def test_what_an_archive_knows_is_not_read_again(lived, whole):
    home, _, account, (_, second, third) = lived
    past = Counting(home)
    with pytest.raises(NotExplained, match="sent no order called nobodys"):
        find_client_order(past, account, "nobodys", whole)
    with pytest.raises(NotExplained, match=f"order {third} is open"):
        find_client_order(past, account, AGAIN, whole)
    assert past.handed == 0
    made = find_client_order(past, account, MINE, whole)
    assert made.order == second and past.handed == 1, "the block of its end alone"


def test_only_the_blocks_behind_an_archive_are_read_and_count_more_than_it(lived):
    home, world, account, (first, second, _) = lived
    for block in range(len(world.blocks) - TAIL - 6, len(world.blocks) - TAIL + 1):
        behind = len(world.blocks) - block
        past, known = Counting(home), Plain(world.blocks, block)
        made = find_client_order(past, account, MINE, known)
        assert made.order == second and made.reason == CancelReason.BY_CLIENT
        assert past.handed <= 2 * behind + 2
        assert find_order(Counting(home), first, known).reason == CancelReason.BY_CLIENT


def test_with_an_archive_or_without_it_is_the_same(lived, whole, ends):
    home, world, _, _ = lived
    half = Plain(world.blocks, len(world.blocks) // 2)
    for order in sorted(ends)[:: max(1, len(ends) // 8)]:
        told = [find_order(Counting(home), order)]
        told += [find_order(Counting(home), order, known) for known in (whole, half)]
        assert [paragraph(one) for one in told] == [paragraph(told[0])] * 3
        assert [one.moment for one in told] == [told[0].moment] * 3


def test_a_search_ends_at_its_limit_and_says_what_to_do(lived, monkeypatch):
    home, _, account, (_, _, third) = lived
    monkeypatch.setattr(looking, "LOOK_WORK", 500)
    position = lived[1].machine.position
    for ask in (
        lambda past: find_client_order(past, account, MINE),
        lambda past: find_order(past, third),
        lambda past: find(past, account, position),
    ):
        past = Counting(home)
        with pytest.raises(NotLookedFurther, match=r"\(3050\).*Name the position") as refused:
            ask(past)
        assert past.handed <= 12 and "ask again when" in str(refused.value)


def test_a_cancellation_by_its_client_happens_without_another_command_too(lived):
    """What would have been is compared with cancellations by the client and with no others."""
    past, (first, second, _) = Counting(lived[0]), lived[3]
    made = find_order(past, second)
    assert would_have(past, made, [first]).same
    assert not would_have(past, made, [second + 1]).happens, "its own cancellation is left out"
