"""Crowds: thousands of clients on one exchange, made of whole columns instead of one by one."""

import numpy as np

from pilothouse.language.commands import Deposit, OpenAccount, PlaceOrder, Transfer
from pilothouse.language.kinds import ClientClass, Wallet
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from tests.engine.protected import BUY, DOLLAR, E6, SELL, Exchange

NAME_LO = 4
BLOCK = 8_192


def many(exchange, command, **columns):
    """Send the same command once for each place of its columns; none may be refused."""
    plain = to_rows(Message(command, Name(Sender.SIMULATION, 1, 1)))
    size = len(next(iter(columns.values())))
    for at in range(0, size, BLOCK):
        rows = np.repeat(plain, min(BLOCK, size - at), axis=0)
        rows[:, NAME_LO] = exchange.count + 1 + np.arange(len(rows))
        exchange.count += len(rows)
        for name, column in columns.items():
            rows[:, type(command).layout.slot(name).start] = column[at : at + BLOCK]
        exchange.time += 10_000
        receipts = exchange.machine.step(rows, exchange.time).receipts
        assert not receipts[:, 1].any(), np.unique(receipts[:, 1])


def fund_many(exchange, numbers, dollars):
    """Give each of the accounts so many dollars in its futures wallet."""
    amounts = np.broadcast_to(np.asarray(dollars) * E6, numbers.shape)
    many(exchange, Deposit(account=1, asset=DOLLAR, amount=1), account=numbers, amount=amounts)
    move = Transfer(account=1, asset=DOLLAR, amount=1, source=Wallet.SPOT, target=Wallet.FUTURES)
    many(exchange, move, account=numbers, amount=amounts)


def crowd_of_shorts(longs, shorts, pool_usd=100, lots=100):
    """An exchange in which each of `longs` bought from its share of `shorts`, each 0.01 bitcoin.

    Short k sold at 60,000 less k tenths of a dollar modulo 1,000, so the ones who sold dearest
    are the most profitable. Every long is near its end: 4 % of what it holds.
    """
    each = shorts // longs
    room = longs + shorts + 100
    exchange = Exchange(
        clients=1, pool_usd=pool_usd, accounts=room, balances=4 * room, positions=2 * room,
        orders=20_000, levels=8 * room, nodes=8 * room, volumes=room,
    )  # fmt: skip
    first = exchange.first + 1
    numbers = np.arange(first, first + longs + shorts)
    opening = OpenAccount(client_class=ClientClass.PROFESSIONAL)
    many(exchange, opening, client_class=np.full(len(numbers), int(ClientClass.PROFESSIONAL)))
    long_ones, short_ones = numbers[:longs], numbers[longs:]
    fund_many(exchange, long_ones, each * lots * 6 * 4 // 100)
    fund_many(exchange, short_ones, 30)
    for at in range(0, shorts, BLOCK):
        mine = np.arange(at, min(shorts, at + BLOCK))
        buyers = long_ones[mine // each]
        _trade(exchange, short_ones[mine], buyers, lots, 600_000 - mine % 1_000)
    return exchange, long_ones, short_ones


def _trade(exchange, sellers, buyers, lots, prices):
    # Each sale is followed by the purchase of it, so that no book has more than one order.
    order = exchange.order(1, 1, SELL, lots, 600_000)
    columns = {
        "account": np.stack([sellers, buyers], 1).reshape(-1),
        "side": np.tile([int(SELL), int(BUY)], len(sellers)),
        "price": np.repeat(prices, 2),
    }
    assert isinstance(order, PlaceOrder)
    many(exchange, order, **columns)
