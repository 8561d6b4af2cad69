"""Random commands do the same to the machine and to its obvious twin, receipt by receipt."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from pilothouse.engine.machine import Machine
from pilothouse.language import commands as ask
from pilothouse.language.events import OrderCancelled, OrderFilled
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.rows import from_event_row
from tests.twin.comparing import differences
from tests.twin.exchange import Twin
from tests.twin.worlds import PERPETUAL, START_US, Sender, blocks, foundation, rows_of

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
            due = {one for one in below if not self.twin.waits_for_index(one)}
            assert noticed >= due, "an account below maintenance was not examined"
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


def resting_order(account):
    return ask.PlaceOrder(
        account=account, market=PERPETUAL, side=Side.SELL, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0, quantity=1_000, price=10_100,
    )  # fmt: skip


def cohort_of(begins, initial_ppm):
    limits = ("accounts_below_initial", "accounts_below_maintenance")
    limits += ("notional_below_initial", "notional_below_maintenance")
    tier = ask.MarginTier(floor_usd=0, initial_ppm=initial_ppm, maintenance_ppm=initial_ppm // 2)
    return ask.SetMarginSchedule(
        market=PERPETUAL, client_class=0, jurisdiction=0, opened_from=begins, base_version=2,
        count=1, tiers=(tier,), **{f"{name}_max": -1 for name in limits},
    )  # fmt: skip


def test_what_waits_for_a_cohort_that_begins_needs_the_margin_of_the_cohort():
    # An order that rests without a position would open one now, whenever it was placed.
    pair, begins = Pair(), START_US + 50_000_000
    assert pair.step(foundation())
    assert pair.step([resting_order(8), cohort_of(begins, 150_000)], 100)
    assert int(pair.machine.state.markets[PERPETUAL]["schedule_version"]) == 3
    assert pair.step([], 40_000_000)
    assert pair.step([], 20_000_000)
    assert pair.step([resting_order(8)], 1)
