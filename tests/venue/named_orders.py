"""A world with orders that their clients named and cancelled, and what a plain reading says."""

from dataclasses import replace

import numpy as np

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.rows import from_event_row, from_rows, split
from pilothouse.venue.past import Past
from tests.venue.lived import BEAT_US, live

TAIL = 40
"""Blocks behind the last order, in which nobody asks for anything."""
MINE, AGAIN = "mine", "again"


def named(seed):
    """Return a world, and the positions of three orders of one account.

    The first two are called `mine` and are cancelled by their client; `again` stays open.
    """
    world = live(seed)
    pattern = _resting(world)
    placed = []
    for name in (MINE, MINE, AGAIN):
        placed.append(_send(world, replace(pattern, client_order_id=name)))
        if name == MINE:
            _send(world, CancelOrder(account=pattern.account, client_order_id=name))
    for _ in range(TAIL):
        world.time += BEAT_US
        world.send([])
    return world, pattern.account, placed


def _resting(world):
    """Return the command of an order that rests far from the market."""
    orders = world.machine.state.orders
    buys = orders[(orders["number"] != 0) & (orders["side"] == 1) & (orders["market"] == 1)]
    number = int(buys[np.argmin(buys["price"])]["number"])
    position = 0
    for rows, _ in world.blocks:
        for one in split(np.asarray(rows)):
            position += 1
            if position == number:
                return from_rows(one).command
    raise AssertionError(number)


def _send(world, command):
    world.time += BEAT_US
    ((position, outcome),) = world.send([command]).receipts[:, :2].tolist()
    assert not outcome
    return position


class Plain:
    """What is known of orders from every block up to one, read one by one."""

    def __init__(self, blocks, block):
        machine, self.block, self.asked = Machine.empty(), block, []
        self._names, self._touched = {}, {}
        for rows, time in blocks[:block]:
            for position, one in enumerate(split(np.asarray(rows)), machine.position + 1):
                if int(one[0, 0]) == PlaceOrder.number:
                    command = from_rows(one).command
                    self._names[command.account, command.client_order_id] = position
            for row in machine.step(rows, time).events:
                event = from_event_row(row).event
                if isinstance(event, OrderCancelled):
                    self._touched[event.order] = time
                elif isinstance(event, OrderFilled):
                    self._touched |= dict.fromkeys((event.taker_order, event.maker_order), time)
        self.position = machine.position

    def named(self, account, name):
        self.asked.append(name)
        return self._names.get((account, name), 0)

    def touched(self, order):
        self.asked.append(order)
        return self._touched.get(order, 0)


class Counting(Past):
    """A past that counts the blocks that it hands out, to be read or stepped."""

    handed = 0

    def _blocks_from(self, near):
        yield from self._counted(super()._blocks_from(near))

    def blocks_behind(self, number):
        yield from self._counted(super().blocks_behind(number))

    def _counted(self, blocks):
        for one in blocks:
            self.handed += 1
            yield one
