"""Market statuses: the table of moves is what compiled code allows, move by move."""

import pytest

from pilothouse.language import refusals as words
from pilothouse.language.kinds import MarketStatus as Status
from pilothouse.language.kinds import OrderType
from pilothouse.rules.compiled import kernel
from pilothouse.rules.market_status import MOVES, executes, move_is_allowed, order_refusal

refusal = kernel(
    lambda status, order_type, post_only: order_refusal(status, order_type, post_only)
)
trades = kernel(lambda status: executes(status))


@pytest.mark.parametrize("before", list(Status))
@pytest.mark.parametrize("after", list(Status))
def test_only_the_tables_moves_are_allowed(before, after):
    assert move_is_allowed(int(before), int(after)) == (after in MOVES[before])


def test_a_status_that_does_not_exist_is_no_move():
    assert not move_is_allowed(1, 8)
    assert not move_is_allowed(0, 1)


def test_a_halted_market_does_not_go_online_at_once():
    assert Status.ONLINE not in MOVES[Status.HALTED]
    assert MOVES[Status.DELISTED] == ()


@pytest.mark.parametrize(
    ("status", "order_type", "post_only", "answer"),
    [
        (Status.ONLINE, OrderType.MARKET, False, 0),
        (Status.REDUCE_ONLY, OrderType.LIMIT, False, 0),
        (Status.HALTED, OrderType.LIMIT, True, words.MARKET_IS_HALTED),
        (Status.DELISTED, OrderType.LIMIT, True, words.MARKET_IS_HALTED),
        (Status.CANCEL_ONLY, OrderType.LIMIT, True, words.MARKET_IS_CANCEL_ONLY),
        (Status.POST_ONLY, OrderType.LIMIT, False, words.MARKET_IS_POST_ONLY),
        (Status.POST_ONLY, OrderType.LIMIT, True, 0),
        (Status.LIMIT_ONLY, OrderType.MARKET, False, words.MARKET_IS_LIMIT_ONLY),
        (Status.LIMIT_ONLY, OrderType.LIMIT, False, 0),
    ],
)
def test_each_status_takes_what_it_says(status, order_type, post_only, answer):
    assert refusal(status, order_type, post_only) == answer


def test_nothing_executes_where_nothing_trades():
    assert [one for one in Status if trades(one)] == [
        Status.ONLINE,
        Status.LIMIT_ONLY,
        Status.REDUCE_ONLY,
    ]
