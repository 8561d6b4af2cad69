"""The history follows orders from their placing to their end, and trades through the day."""

from __future__ import annotations

from itertools import count

from pilothouse.language.commands import CancelAllOrders, PlaceOrder
from pilothouse.language.events import AssetListed, OrderCancelled, OrderFilled, OrderPlaced
from pilothouse.language.kinds import CancelReason, FillKind, OrderType, Side, TimeInForce
from pilothouse.language.names import Receipt
from pilothouse.language.numbers import DAY_US, HOUR_US
from pilothouse.language.rows import Happened
from pilothouse.records.history import History
from pilothouse.records.orders import OrderStatus
from pilothouse.records.trades import MINUTE_US, merge
from tests.records.spans import span

TRADES = count(1)
NOON = 20_000 * DAY_US + 12 * HOUR_US


def ask(account: int = 7, side: Side = Side.SELL, name: str = "") -> PlaceOrder:
    return PlaceOrder(
        account=account,
        market=1,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC if side == Side.BUY else TimeInForce.GTC,
        flags=0,
        quantity=100,
        price=500,
        user_ref=12,
        client_order_id=name,
    )


def placed(position: int, time: int, command: PlaceOrder) -> Happened:
    event = OrderPlaced(
        order=position,
        market=1,
        side=command.side,
        order_type=command.order_type,
        flags=0,
        price=command.price,
        quantity=command.quantity,
    )
    return Happened(event, position, time, command.account)


def filled(
    position: int, time: int, taker: int, maker: int, quantity: int, **more: int
) -> Happened:
    event = OrderFilled(
        market=1,
        trade=next(TRADES),
        side=Side.BUY,
        taker_order=taker,
        maker_order=maker,
        maker_account=7,
        price=more.get("price", 500),
        quantity=quantity,
        value=quantity * 5,
        taker_fee=3,
        maker_fee=2,
        fill_kind=FillKind(more.get("kind", FillKind.TRADE)),
    )
    return Happened(event, position, time, 8)


def cancelled(position: int, time: int, order: int, account: int) -> Happened:
    event = OrderCancelled(order=order, market=1, reason=CancelReason.IMMEDIATE_REST, remaining=40)
    return Happened(event, position, time, account)


def traded(history: History) -> None:
    """Account 7 rests 100 to sell; account 8 buys 60 of them at once."""
    rest, take = ask(name="my order"), ask(account=8, side=Side.BUY)
    history.fold(span(5, NOON, [(rest, Receipt(5, 0, 5))], [placed(5, NOON, rest)]))
    later = NOON + 1
    events = [
        placed(6, later, take),
        filled(6, later, taker=6, maker=5, quantity=60),
        cancelled(6, later, order=6, account=8),
    ]
    history.fold(span(6, later, [(take, Receipt(6, 0, 6))], events))


def test_an_order_keeps_what_its_command_said() -> None:
    history = History()
    traded(history)
    order = history.order(5)
    assert order is not None
    assert (order.client_order_id, order.user_ref) == ("my order", 12)
    assert order.time_in_force == TimeInForce.GTC
    assert order.is_open
    assert (order.executed, order.remaining, order.value, order.fee) == (60, 40, 300, 2)
    assert history.open_orders(7) == [order]
    assert history.orders_named(7, "my order") == [order]
    assert history.orders_named(7, "another", "my order") == [order]
    assert history.orders_named(7, "another") == history.orders_named(8, "my order") == []
    assert history.position == 6


def test_the_rest_of_an_immediate_order_is_cancelled() -> None:
    history = History()
    traded(history)
    (order,) = history.closed_orders(8)
    assert order.status == OrderStatus.CANCELLED
    assert order.reason == CancelReason.IMMEDIATE_REST
    assert (order.executed, order.fee, order.closed_position) == (60, 3, 6)
    assert history.open_orders(8) == []
    assert history.closed_orders(8, lambda one: one.closed_position == 6) == [order]
    assert history.closed_orders(8, lambda one: one.closed_position == 5) == []
    assert history.closed_count(8, lambda one: one.fee == 3) == 1
    assert history.closed_count(8, lambda one: one.fee == 2) == 0


def test_an_order_that_is_filled_is_closed() -> None:
    history = History()
    traded(history)
    history.fold(span(7, NOON + 2, [], [filled(7, NOON + 2, taker=0, maker=5, quantity=40)]))
    (order,) = history.closed_orders(7)
    assert order.status == OrderStatus.CLOSED
    assert order.executed == order.quantity
    assert order.price_quantity == 500 * 100


def test_both_sides_see_their_own_side_of_a_fill() -> None:
    history = History()
    traded(history)
    (maker,), (taker,) = history.executions(7), history.executions(8)
    assert (maker.side, maker.order, maker.fee, maker.maker) == (Side.SELL, 5, 2, True)
    assert (taker.side, taker.order, taker.fee, taker.maker) == (Side.BUY, 6, 3, False)
    assert maker.number != taker.number
    assert history.execution(maker.number) == maker
    assert history.execution(-1) is None
    order = history.order(5)
    assert order is not None
    assert order.fills == [maker.number]


def test_what_is_handed_out_does_not_change_later() -> None:
    history = History()
    traded(history)
    before = history.order(5)
    history.fold(span(7, NOON + 2, [], [filled(7, NOON + 2, taker=0, maker=5, quantity=40)]))
    assert before is not None
    assert (before.executed, len(before.fills)) == (60, 1)


def test_a_refused_and_a_repeated_command_leave_no_order() -> None:
    history = History()
    again, refused = ask(), ask()
    asked = [(again, Receipt(5, 0, 5, True)), (refused, Receipt(9, 1322))]
    history.fold(span(8, NOON, [*asked, (CancelAllOrders(account=7), Receipt(10, 0))]))
    assert history.order(5) is None
    assert history.order(9) is None
    assert history.position == 10


def test_a_block_is_folded_once() -> None:
    history = History()
    traded(history)
    history.fold(span(6, NOON, [(ask(), Receipt(6, 0, 6))], [placed(6, NOON, ask())]))
    assert len(history.open_orders(7)) == 1


def test_the_oldest_closed_orders_are_forgotten_first() -> None:
    history = History(closed_kept=2, fills_kept=1)
    for position in range(1, 5):
        command = ask()
        events = [placed(position, NOON, command), cancelled(position, NOON, position, 7)]
        history.fold(span(position, NOON, [(command, Receipt(position, 0))], events))
    assert [one.number for one in history.closed_orders(7)] == [4, 3]
    assert history.order(1) is None
    assert history.order(4) is not None
    for position in (5, 6):
        history.fold(span(position, NOON, [], [filled(position, NOON, 0, 0, quantity=1)]))
    assert [one.fill.position for one in history.executions(8)] == [6]


def test_an_unwind_is_a_fill_but_no_trade_of_the_market() -> None:
    history = History()
    history.fold(span(1, NOON, [], [filled(1, NOON, 0, 0, quantity=5, kind=FillKind.UNWIND)]))
    assert history.trades(1) == []
    assert len(history.executions(8)) == 1


def test_trades_of_one_moment_have_moments_of_their_own() -> None:
    history = History()
    history.fold(span(1, NOON, [], [filled(1, NOON, 0, 0, quantity=5) for _ in range(3)]))
    moments = [one.nanoseconds for one in history.trades(1)]
    assert moments == [1_000 * NOON, 1_000 * NOON + 1, 1_000 * NOON + 2]


def test_the_figures_of_the_day() -> None:
    history = History()
    for time, price in ((NOON - DAY_US - HOUR_US, 900), (NOON - 13 * HOUR_US, 400), (NOON, 600)):
        history.fold(span(1, time, [], [filled(1, time, 0, 0, quantity=10, price=price)]))
    figures = history.statistics(1, NOON + 5)
    assert figures.last is not None and figures.last.price == 600
    assert figures.today is not None and figures.day is not None
    assert (figures.today.open, figures.today.volume, figures.today.count) == (600, 10, 1)
    assert (figures.day.open, figures.day.high, figures.day.low) == (400, 600, 400)
    assert (figures.day.volume, figures.day.price_quantity) == (20, 10_000)
    assert history.statistics(2, NOON).last is None


def test_candles_of_an_hour_are_made_from_minutes() -> None:
    history = History()
    for minute, price in ((0, 500), (1, 700), (61, 300)):
        time = NOON + minute * MINUTE_US + 17
        history.fold(span(1, time, [], [filled(1, time, 0, 0, quantity=1, price=price)]))
    assert len(history.candles(1)) == 3
    hours = merge(history.candles(1), HOUR_US)
    assert [(one.time, one.open, one.close, one.count) for one in hours] == [
        (NOON, 500, 700, 2),
        (NOON + HOUR_US, 300, 300, 1),
    ]


def test_listings_are_counted() -> None:
    history = History()
    history.fold(span(1, NOON, [], [Happened(AssetListed(asset=1, decimals=8), 1, NOON, 0)]))
    assert history.listings == 1
