"""A stand-in for the machine: it counts orders, remembers names, and feels time pass."""

import json
from dataclasses import dataclass

import numpy as np
import xxhash

from pilothouse.language.commands import PlaceOrder
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, split, to_rows
from pilothouse.language.schema import ROW_WORDS
from pilothouse.venue.machine import Release

DIGEST = b"c" * 32
TOO_SMALL = 1307
EVENT = 990


@dataclass
class Stepped:
    receipts: np.ndarray
    events: np.ndarray


class Counter:
    """Steps orders only: adds quantities, one event each; refuses a quantity below 1."""

    def __init__(self):
        self.position = self.time = self.total = self.ticks = 0
        self.names = {}

    empty = classmethod(lambda cls: cls())

    def table_use(self):
        return {}

    def step(self, rows, time):
        self.ticks += time > self.time
        self.time = time
        receipts, events = [], []
        for one in split(rows):
            self.position += 1
            receipts.append(self._one(one, events))
        return Stepped(
            np.array(receipts, np.int64).reshape(-1, 4),
            np.array(events, np.int64).reshape(-1, ROW_WORDS),
        )

    def _one(self, rows, events):
        name = ",".join(str(int(word)) for word in rows[0, 2:5])
        if name in self.names:
            return [*self.names[name], 1]
        made = [self.position, 0, 0]
        if rows[0, 0] == PlaceOrder.number:
            quantity = int(rows[0, 13])
            if quantity < 1:
                made[1] = TOO_SMALL
            else:
                made[2] = self.position
                self.total += quantity
                row = [EVENT, self.position, self.time, int(rows[0, 7]), quantity]
                events.append(row + [0] * (ROW_WORDS - len(row)))
        self.names[name] = made
        return [*made, 0]

    def fingerprint(self):
        whole = xxhash.xxh3_128_digest(self.to_bytes())
        return tuple(
            int.from_bytes(half, "little", signed=True) for half in (whole[:8], whole[8:])
        )

    def to_bytes(self):
        return json.dumps([self.position, self.time, self.total, self.ticks, self.names]).encode()

    @classmethod
    def from_bytes(cls, raw):
        made = cls()
        made.position, made.time, made.total, made.ticks, made.names = json.loads(raw)
        return made

    def copy(self):
        return Counter.from_bytes(self.to_bytes())

    def quiet(self):
        return True

    def broken_invariants(self):
        return []


RELEASE = Release(DIGEST, Counter.empty, Counter.from_bytes)


def order(lo, quantity=1, hi=1, sender=Sender.GATEWAY):
    """Return an order under the name (sender, hi, lo)."""
    asked = PlaceOrder(
        account=1,
        market=1,
        side=Side.BUY,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        flags=0,
        quantity=quantity,
        price=100,
    )
    return Message(asked, Name(sender, hi, lo))


def order_rows(first, count):
    """Return the rows of `count` orders named from `first` on."""
    rows = np.repeat(to_rows(order(first)), count, axis=0)
    rows[:, 4] = np.arange(first, first + count)
    return rows
