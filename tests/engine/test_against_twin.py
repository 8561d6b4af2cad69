"""Random commands do the same to the machine and to its obvious twin, receipt by receipt."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pilothouse.engine.machine import Machine
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.rows import from_event_row
from tests.twin.comparing import differences
from tests.twin.exchange import Twin
from tests.twin.worlds import START_US, Sender, blocks, foundation, rows_of

EXAMPLES = 60


class Pair:
    """A machine and its twin, stepped together and compared after every block."""

    def __init__(self):
        self.machine, self.twin, self.sender = Machine.empty(), Twin(), Sender()
        self.time = START_US

    def step(self, commands, elapsed_us=0):
        """Step both; return whether the twin can go on (nobody needs equity protection)."""
        self.time += elapsed_us
        messages = [self.sender.message(one) for one in commands]
        stepped = self.machine.step(rows_of(messages), self.time)
        expected = self.twin.step(messages, self.time)
        told = [tuple(int(word) for word in row) for row in stepped.receipts]
        assert told == expected, _first_difference(messages, told, expected)
        assert self.machine.broken_invariants() == []
        below = self.twin.below_maintenance()
        happened = [from_event_row(row) for row in stepped.events]
        if below:
            noticed = {int(one.account) for one in happened}
            assert noticed.issuperset(below), "an account below maintenance was not examined"
            return False
        self._compare(happened)
        return True

    def _compare(self, happened):
        fills = [
            (
                one.event.taker_order, one.event.maker_order, one.event.price,
                one.event.quantity, one.event.value, one.event.taker_fee, one.event.maker_fee,
            )
            for one in happened
            if isinstance(one.event, OrderFilled)
        ]  # fmt: skip
        assert fills == self.twin.books.trades
        cancelled = sorted(
            (one.event.order, int(one.event.reason))
            for one in happened
            if isinstance(one.event, OrderCancelled)
        )
        assert cancelled == sorted(self.twin.books.cancelled)
        assert not (apart := differences(self.machine, self.twin)), apart


def _first_difference(messages, told, expected):
    for message, one, other in zip(messages, told, expected, strict=True):
        if one != other:
            return f"{message}: machine {one}, twin {other}"
    return "the number of receipts"


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(some.data())
def test_the_machine_does_what_its_twin_does(data):
    pair = Pair()
    assert pair.step(foundation())
    for commands, elapsed_us in data.draw(blocks()):
        if not pair.step(commands, elapsed_us):
            return


def test_the_foundation_alone_is_the_same_on_both():
    pair = Pair()
    assert pair.step(foundation())
    assert pair.step([], 3_600_000_000)
    assert pair.machine.position == len(foundation())
