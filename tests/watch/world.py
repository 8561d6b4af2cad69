"""A real machine that is watched: two clocks, a watchman that looks when told to, a calm market.

The market has a quote of three coins on each side, a small trade every ten seconds, and three
sources of its index. What a test changes stays changed.
"""

from contextlib import contextmanager

from pilothouse.language.commands import (
    CancelAllOrders,
    Deposit,
    OpenAccount,
    PlaceOrder,
    SetIndexPrice,
    SetMarketStatus,
    Transfer,
)
from pilothouse.language.commands.orders import POST_ONLY
from pilothouse.language.kinds import (
    CauseKind,
    ClientClass,
    OrderType,
    Side,
    TimeInForce,
    Wallet,
)
from pilothouse.language.names import Cause, Name, Sender
from pilothouse.language.rows import Message
from pilothouse.venue.clock import wall_clock_us
from pilothouse.venue.follower import ReplicaIsSealed, ReplicaStopped
from pilothouse.watch.hearing import Hearing
from pilothouse.watch.watchman import Watchman
from tests.control.running import BITCOIN, COIN, CONTRACT, DOLLAR, MAKER, PRICE, Running, funded

S = 1_000_000
SCOPE = "market:PF_XBTUSD"
NEARLY_OUT, RICH = 1_250, 300_000
"""Dollars of two holders of one coin; its maintenance margin is a hundredth of its value."""
POOL = 2
"""The house's account that insures."""
TRADE_EVERY_S = 10


class World:
    """A machine, two clocks, and a watchman that looks when it is told to."""

    def __init__(self, dollars=(NEARLY_OUT, RICH)):
        self.running = Running(dollars)
        # A book of one account alone moves no mark: another one makes the asks.
        self.seller = self.running.holders[-1] + 1
        for one in funded(self.seller, 10_000_000):
            self.running.ask(one)
        self.wall_us, self.steady_us, self.seconds = wall_clock_us(), 0, 0
        self.late_us, self.clock_is_held = 0, False
        self.house = {
            "disk_free": 50_000,
            "database_log": 1,
            "database_size": 1,
            "parts_failing": 0,
            "archive_behind": 0,
        }
        hearing = self.hearing = Hearing(wall=lambda: self.running.now + self.late_us)
        self.running.listen(hearing.hear)
        self.running.now = self.wall_us
        self.running.index(PRICE)
        self.gone, self.sealed, self.trades = False, False, True
        self.told = {1: PRICE, 2: PRICE, 3: PRICE}
        self.watchman = Watchman(
            self.lend,
            hearing,
            wall=lambda: self.wall_us,
            steady=lambda: self.steady_us,
            clock_is_held=lambda: self.clock_is_held,
            house=lambda: self.house,
        )

    @contextmanager
    def lend(self):
        if self.gone:
            raise ReplicaStopped("the replica differs")
        if self.sealed:
            raise ReplicaIsSealed("an older release steps it")
        with self.running.machine() as machine:
            yield machine

    def doors_say(self, heard):
        """Have the doors say how full they are from now on."""
        self.hearing.doors = lambda: heard

    def look(self, times=1, jump_us=0):
        for _ in range(times):
            self.wall_us += S + jump_us
            self.steady_us += S
            self.watchman.look()

    def restart(self):
        """The console's process died: what is not in rows is gone. The exchange went on."""
        hearing = self.hearing = Hearing(wall=lambda: self.running.now + self.late_us)
        self.running.listeners[:] = [hearing.hear]
        self.watchman = Watchman(
            self.lend,
            hearing,
            wall=lambda: self.wall_us,
            steady=lambda: self.steady_us,
            clock_is_held=lambda: self.clock_is_held,
            house=lambda: self.house,
        )

    def live(self, seconds=1, deed=None, looking=True):
        """Let seconds pass: what is told of the index, a trade when it is due, a deed, a look."""
        for second in range(seconds):
            self.seconds += 1
            self.running.now = max(self.running.now, self.wall_us + S // 2)
            for source, dollars in self.told.items():
                self.ask(SetIndexPrice(asset=BITCOIN, source=source, price_e12=dollars * 10**12))
            if self.trades and self.seconds % TRADE_EVERY_S == 0:
                self.trade()
            if deed is not None:
                deed(self, second)
            if looking:
                self.look()
            else:
                self.wall_us, self.steady_us = self.wall_us + S, self.steady_us + S

    # what is done to the market
    def ask(self, command, cause=CauseKind.GENESIS):
        """Have a command done that is accepted."""
        outcome = self.send(command, cause)
        assert outcome == 0, (command, outcome)

    def send(self, command, cause=CauseKind.GENESIS):
        """Send a command; return its outcome."""
        self.running.number += 1
        sender = Sender.CONTROL if cause == CauseKind.CHANGE else Sender.SIMULATION
        name = Name(sender, 1, self.running.number)
        (receipt,) = self.running.submit([Message(command, name, Cause(cause, 1))])
        return receipt.outcome

    def order(self, account, side, dollars, quantity=COIN, at_once=False, flags=0):
        """Place an order; return its outcome."""
        force = TimeInForce.IOC if at_once else TimeInForce.GTC
        return self.send(
            PlaceOrder(
                account=account,
                market=CONTRACT,
                side=side,
                order_type=OrderType.LIMIT,
                time_in_force=force,
                flags=flags,
                quantity=quantity,
                price=dollars * 10,
            )
        )

    def quote(self, bid=PRICE - 50, ask=PRICE + 50, quantity=3 * COIN):
        """Have the makers quote this and nothing else; a price of 0 is no quote."""
        for maker in (MAKER, self.seller):
            self.ask(CancelAllOrders(account=maker, market=CONTRACT))
        for maker, side, dollars in ((MAKER, Side.BUY, bid), (self.seller, Side.SELL, ask)):
            if dollars:
                rests = POST_ONLY
                assert self.order(maker, side, dollars, quantity, flags=rests) == 0

    def newcomer(self, orders_max=0):
        """Open an account with a hundred dollars in its futures wallet; return its number."""
        number = int(self.running.real.state.exchange[0]["accounts_used"]) + 1
        self.ask(OpenAccount(client_class=ClientClass.RETAIL, orders_max=orders_max))
        self.ask(Deposit(account=number, asset=DOLLAR, amount=100 * 10**6))
        wallets = {"source": Wallet.SPOT, "target": Wallet.FUTURES}
        self.ask(Transfer(account=number, asset=DOLLAR, amount=100 * 10**6, **wallets))
        return number

    @property
    def poor(self):
        return self.running.holders[0]

    @property
    def rich(self):
        return self.running.holders[1]

    def trade(self, quantity=1):
        """Buy a little from the book and sell it back, if it is there."""
        for side, dollars in ((Side.BUY, 2 * PRICE), (Side.SELL, 1)):
            self.order(self.rich, side, dollars, quantity, at_once=True)

    def insure(self, dollars):
        """Put dollars into the insurance pool."""
        amount = dollars * 10**6
        self.ask(Deposit(account=POOL, asset=DOLLAR, amount=amount))
        self.ask(between_wallets(Wallet.SPOT, Wallet.FUTURES, amount))

    def uninsure(self, dollars):
        """Take dollars out of the insurance pool."""
        out = between_wallets(Wallet.FUTURES, Wallet.SPOT, dollars * 10**6)
        self.ask(out, CauseKind.CHANGE)

    def status(self, status, base_version):
        """Set the market's status."""
        asked = SetMarketStatus(market=CONTRACT, status=status, base_version=base_version)
        self.ask(asked, CauseKind.CHANGE)


def between_wallets(source, target, amount):
    return Transfer(account=POOL, asset=DOLLAR, source=source, target=target, amount=amount)
