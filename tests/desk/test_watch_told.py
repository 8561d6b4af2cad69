"""From a machine that is watched to a receiver on a socket: each turn is told, and told once.

The same minutes are lived undisturbed, and with each thing that may go wrong; what arrives is the
same, in the same order.
"""

import re
import socket
from contextlib import closing
from datetime import timedelta

import pytest

from pilothouse.control import register
from pilothouse.desk import from_alert, ledger, outbox, targets
from pilothouse.desk.models import Delivery
from pilothouse.watch import ports
from pilothouse.watch.models import Alert
from pilothouse.watch.watchman import EPOCH
from pilothouse.wiring.founding import found_register
from tests.control.running import PRICE
from tests.desk.conftest import NOON
from tests.desk.receiver import receiver
from tests.watch.world import S, World

CALM, NEAR = PRICE, 59_400
"""At the lower index one account stands near its maintenance margin."""
WAVES = [(CALM, 10), (NEAR, 10), (CALM, 70)] * 2
SECONDS = sum(length for _, length in WAVES)
TURNS = ["raised", "escalated", "over"]
HOURS = 5 * 3_600 * S


class Told:
    """A watched world with a target of notices."""

    def __init__(self, port):
        found_register([("perpetuals", "Perpetuals", ["PF_XBTUSD"])])
        address = f"json://127.0.0.1:{port}/hook"
        targets.set_target("hook", address, drops_repeats=False, actor="test", now=NOON)
        body = {"title": "all", "severity": "medium", "owner": "any", "target": "hook"}
        register.found([("notice_route", "all", body)], NOON)
        self.world = World()
        self.world.insure(1_000)
        self.world.quote()

    def live(self, disturb=lambda told, second: None):
        second = 0
        for dollars, length in WAVES:
            for _ in range(length):
                self.world.told = dict.fromkeys(self.world.told, dollars)
                disturb(self, second)
                self.second()
                second += 1

    def second(self):
        self.world.live()
        outbox.tick(EPOCH + timedelta(microseconds=self.world.wall_us))

    def wait(self):
        """Let the longest back-off pass; nothing else happens."""
        for _ in range(0, outbox.BACK_OFF_MAX_S, 10):
            self.world.wall_us += 10 * S
            outbox.tick(EPOCH + timedelta(microseconds=self.world.wall_us))

    def restart(self):
        """The console died: it begins again as `console/process.py` does."""
        self.world.restart()
        outbox.recover(EPOCH + timedelta(microseconds=self.world.wall_us))

    def freeze(self, microseconds):
        """All parts stand still together, as in a machine that is paused: time passes alike."""
        self.world.wall_us += microseconds
        self.world.steady_us += microseconds

    def jump(self, microseconds):
        """The clock on the wall jumps, and the exchange's with it; the steady one does not."""
        self.world.wall_us += microseconds


@pytest.fixture
def hook():
    with receiver() as made:
        yield made


@pytest.fixture
def told(db, hook):
    ports.connect(from_alert.hear)
    yield Told(hook.port)
    ports.disconnect()


def turns(hook):
    """Return what was told of the rule's alerts: (which alert, what)."""
    assert len({key for key, _ in hook.came}) == len(hook.came), "nothing twice"
    of_rule = re.compile(r"\[\w+\] AL-(\d+) ([^:]+): Accounts come near")
    found = [of_rule.match(title) for _, title in hook.came]
    return [(int(one[1]), one[2]) for one in found if one]


def assert_told_once(hook):
    """Both waves are told whole, each turn once and in order, and nothing is left over."""
    told, (first, second) = turns(hook), Alert.objects.filter(rule="accounts_near").order_by("id")
    assert told == [(alert.pk, turn) for alert in (first, second) for turn in TURNS]
    assert {one.state for one in Delivery.objects.all()} == {Delivery.At.ARRIVED}
    assert Delivery.objects.count() == len(hook.came) and ledger.loose_ends() == []


def test_undisturbed_each_turn_is_told_once(told, hook):
    told.live()
    assert_told_once(hook)


def test_a_console_that_dies_at_every_second_tells_the_same(told, hook):
    told.live(lambda told, second: told.restart())
    assert_told_once(hook)


@pytest.mark.parametrize("jump", [HOURS, -HOURS])
@pytest.mark.parametrize("second", [11, 79])
def test_a_jump_of_the_clock_tells_the_same(told, hook, jump, second):
    told.live(lambda told, now: told.jump(jump) if now == second else None)
    assert_told_once(hook)


@pytest.mark.parametrize("second", [11, 15, 60, 79, 95])
def test_p29_all_parts_frozen_for_ten_minutes_tell_each_turn_once(told, hook, second):
    told.live(lambda told, now: told.freeze(600 * S) if now == second else None)
    assert_told_once(hook)


@pytest.mark.parametrize("jump", [0, HOURS // 10, -HOURS])
def test_what_a_dead_receiver_missed_is_told_when_it_is_back(db, jump):
    """Nobody listens for both waves; the clock jumps while the outbox waits to try again."""
    ports.connect(from_alert.hear)
    with closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        port = reserved.getsockname()[1]
    told = Told(port)
    told.live(lambda told, second: told.jump(jump) if second == SECONDS - 5 else None)
    assert {one.state for one in Delivery.objects.all()} == {Delivery.At.WAITING}
    with receiver(port) as hook:
        told.wait()
        assert_told_once(hook)
    ports.disconnect()


def test_a_receiver_that_refuses_for_a_while_misses_nothing(told, hook):
    def ill(told, second):
        hook.behaviour = 503 if second % 40 > 5 else 200
        if second == 45:
            told.restart()

    told.live(ill)
    hook.behaviour, refused = 200, len(hook.came)
    told.wait()
    arrived = Delivery.objects.filter(state=Delivery.At.ARRIVED)
    assert arrived.count() == Delivery.objects.count() > 0
    assert sum(one.tries for one in arrived) == len(hook.came) > refused
    told_last = [key for key, _ in hook.came if key in {one.idempotency_key for one in arrived}]
    assert set(told_last) == {one.idempotency_key for one in arrived}
