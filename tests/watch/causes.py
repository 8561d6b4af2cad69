"""For each rule what brings it about on a real machine, and something like it that must not.

Deeds are done once a second by `World.live`, given how many seconds have passed. Rules that are
not founded stand beside those that are, so that every measure is tried.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pilothouse.control import heads, rounds
from pilothouse.language.commands import OpenAccount, UseRequest
from pilothouse.language.kinds import ClientClass, MarketStatus, Side, Wallet
from pilothouse.records.archive.turns import TURNS, Ticket
from pilothouse.watch.doors import DoorsHeard
from pilothouse.wiring.first_rules import RULES
from tests.control.running import COIN, PRICE
from tests.watch.world import SCOPE, World

Deed = Callable[[World, int], None]
EXCHANGE = "exchange"
THIRD = f"{SCOPE}/3"
"""The third source of the contract's index."""


@dataclass(frozen=True)
class Cause:
    """What fires a rule within so many seconds, and what must not within as many."""

    fires: Deed
    must_not: Deed
    seconds: int
    scope: str = SCOPE
    calm_s: int = 15


def _probe(measure, test, limit, scope="perpetuals"):
    body = dict(next(body for _, key, body in RULES if key == "depth_gone"))
    body |= {"title": f"{measure} is tried", "measure": measure, "test": test, "scope": scope}
    return body | {"limit": limit, "clear_limit": None, "for_s": 3, "absent_s": 30}


PROBES = {
    "wide_spread": _probe("spread", "above", 20_000),
    "no_trade": _probe("last_trade_age", "above", 20_000),
    "much_open": _probe("open_interest", "above", 2 * PRICE * 1_000_000 + 30_000_000_000),
    "some_below": _probe("below_maintenance", "above", 0),
    "any_below": _probe("accounts_below_maintenance", "above", 0, EXCHANGE),
    "replica_late": _probe("replica_lag", "above", 2_000, EXCHANGE),
}
"""Rules about the measures that no founded rule is about."""


def once(deed: Callable[[World], object]) -> Deed:
    """Do it in the first second alone."""

    def done(world: World, second: int) -> None:
        if second == 0:
            deed(world)

    return done


def queries_that_wait(count: int) -> Deed:
    """Have so many SQL queries wait from the first second on."""

    def wait(world: World) -> None:
        TURNS._waiting.clear()
        TURNS._waiting.extend(Ticket(f"person:{one}") for one in range(count))

    return once(wait)


def doors(use_ppm, refused) -> Deed:
    """Have the doors say so."""
    return once(lambda world: world.doors_say(DoorsHeard(use_ppm, refused)))


def sockets(refused) -> Deed:
    """Have the writer say that it refused so much at its sockets."""
    return once(lambda world: world.doors_say(DoorsHeard(0, 0, refused)))


def quotes(**how) -> Deed:
    return once(lambda world: world.quote(**how))


def says(**told) -> Deed:
    """Have sources of the index say other dollars from now on, or nothing any more."""

    def say(world: World) -> None:
        for name, dollars in told.items():
            source = int(name.removeprefix("source_"))
            if dollars is None:
                del world.told[source]
            else:
                world.told[source] = dollars

    return once(say)


def all_say(dollars, *more) -> Deed:
    return both(says(source_1=dollars, source_2=dollars, source_3=dollars), *more)


def both(*deeds: Deed) -> Deed:
    def done(world: World, second: int) -> None:
        for deed in deeds:
            deed(world, second)

    return done


def held_back(bid, ask, quantity) -> Deed:
    """Nothing executes, liquidations included, while the book rests at these quotes."""

    def hold(world: World) -> None:
        world.trades = False
        world.status(MarketStatus.POST_ONLY, 1)
        world.quote(bid, ask, quantity)

    return once(hold)


def quiet_then(silent_s) -> Deed:
    """A source is silent for so many seconds, and then speaks again."""

    def done(world: World, second: int) -> None:
        if second == 0:
            del world.told[3]
        if second == silent_s:
            world.told[3] = PRICE

    return done


def trades_at(dollars) -> Deed:
    """The maker quotes around another price and somebody trades there."""

    def trade(world: World) -> None:
        world.quote(dollars - 50, dollars + 50)
        world.trade()

    return once(trade)


def orders(refused, accepted) -> Deed:
    """So many refused orders and accepted ones in each second."""

    def done(world: World, second: int) -> None:
        world.trades = False
        for _ in range(refused):
            assert world.order(world.poor, Side.BUY, PRICE - 1_000, 1_000 * COIN) != 0
        for _ in range(accepted):
            assert world.order(world.rich, Side.BUY, PRICE - 5_000, 1, at_once=True) == 0

    return done


def trades_only_at(every_s) -> Deed:
    def done(world: World, second: int) -> None:
        world.trades = False
        if every_s and second % every_s == every_s - 1:
            world.trade()

    return done


def blocks_every(every_s) -> Deed:
    """Nothing is sent any more; a block without commands comes so often, or never."""

    def done(world: World, second: int) -> None:
        world.trades = False
        world.told.clear()
        if every_s and second % every_s == every_s - 1:
            world.running.submit([])

    return done


def late(microseconds) -> Deed:
    def done(world: World, second: int) -> None:
        world.late_us = microseconds

    return done


def house(**measured) -> Deed:
    return once(lambda world: world.house.update(measured))


def bought(quantity) -> Deed:
    return once(lambda world: world.order(world.rich, Side.BUY, 2 * PRICE, quantity, True))


def last_round(ago_s) -> Deed:
    return lambda world, second: rounds.begun(ago_s)


def held_up(*changes) -> Deed:
    return lambda world, second: rounds.finished(set(changes))


def differ(found) -> Deed:
    return lambda world, second: rounds.compared(found)


def heads_of(ago_s) -> Deed:
    def done(world: World, second: int) -> None:
        exchanger = heads.Exchanger(steady=lambda: world.steady_us / 1_000_000)
        heads.connect(exchanger)
        exchanger._began -= ago_s

    return done


def accounts_opened(count) -> Deed:
    def opened(world: World) -> None:
        for _ in range(count):
            world.ask(OpenAccount(client_class=ClientClass.RETAIL))

    return once(opened)


def one_account_rests(count) -> Deed:
    """A maker of a number of its own rests so many orders far away."""

    def rest(world: World) -> None:
        number = world.newcomer(orders_max=count)
        for _ in range(count):
            assert world.order(number, Side.BUY, PRICE - 5_000, 1) == 0

    return once(rest)


def one_account_requests(percent) -> Deed:
    """Two keys of an account use so many in a hundred of the rows for requests."""

    def sign(world: World) -> None:
        with world.running.machine() as machine:
            rows = machine.table_use()["requests"][1]
        for digest in range(rows * percent // 100 + 1):
            world.running.ask(
                UseRequest(key=7 + digest % 2, digest_hi=digest, digest_lo=0, account=1)
            )

    return once(sign)


def lost(dollars) -> Deed:
    """An account of a hundred dollars without a position loses so many, by hand."""

    def lose(world: World) -> None:
        number = world.newcomer()
        assert world.order(number, Side.BUY, PRICE - 5_000, 1, at_once=True) == 0
        rows = world.running.real.state.balances
        mine = (rows["account"] == number) & (rows["wallet"] == Wallet.FUTURES)
        rows["available"][mine] -= dollars * 10**6

    return once(lose)


BELOW = 59_300
"""At this index the poor holder's equity of 550 is below its maintenance margin of 593."""
NOT_NEAR = 59_600
"""At this one its equity of 850 is 1.43 times its maintenance margin of 596."""

CAUSES = {
    "unlike_itself": Cause(
        quotes(bid=PRICE - 900, ask=PRICE + 900),
        quotes(bid=PRICE - 55, ask=PRICE + 55),
        20,
        calm_s=70,
    ),
    "price_runs": Cause(trades_at(62_000), trades_at(61_000), 10, calm_s=310),
    "accounts_near": Cause(all_say(59_400), all_say(NOT_NEAR), 5),
    "depth_gone": Cause(quotes(bid=0), quotes(quantity=COIN // 5), 15),
    "sources_lost": Cause(
        says(source_2=None, source_3=None), says(source_3=None), 70
    ),
    "index_stopped": Cause(
        says(source_2=66_000, source_3=54_000), says(source_3=58_000), 25
    ),
    "source_stands_out": Cause(says(source_3=60_700), says(source_3=60_500), 15, THIRD),
    "source_late": Cause(quiet_then(10**9), quiet_then(29), 45, THIRD),
    "mark_left_index": Cause(
        quotes(bid=60_900, ask=61_000), quotes(bid=60_080, ask=60_180), 60
    ),
    "backlog_outgrows_depth": Cause(
        all_say(BELOW, held_back(BELOW - 50, BELOW + 50, COIN)),
        all_say(BELOW, held_back(BELOW - 50, BELOW + 50, 3 * COIN)),
        10,
    ),
    "insurance_empty": Cause(
        once(lambda world: world.uninsure(1_000)), once(lambda world: world.uninsure(999)), 15
    ),
    "losses_unpaid": Cause(lost(101), lost(100), 15, EXCHANGE),
    "table_fills": Cause(accounts_opened(205), accounts_opened(180), 15, "table:accounts"),
    "one_account_fills": Cause(one_account_rests(310), one_account_rests(300), 15, EXCHANGE),
    "one_account_requests": Cause(
        one_account_requests(21), one_account_requests(19), 15, EXCHANGE
    ),
    "many_refused": Cause(orders(3, 1), orders(1, 2), 50, EXCHANGE),
    "door_fills": Cause(doors(800_001, 0), doors(800_000, 0), 15, EXCHANGE),
    "door_refuses": Cause(doors(0, 201), doors(0, 200), 20, EXCHANGE),
    "socket_refuses": Cause(sockets(1), sockets(0), 5, EXCHANGE),
    "blocks_late": Cause(blocks_every(0), blocks_every(9), 20, EXCHANGE),
    "change_worker_late": Cause(last_round(3_000), last_round(1), 5, EXCHANGE),
    "change_held_up": Cause(held_up(7), held_up(), 15, EXCHANGE),
    "clock_held": Cause(
        once(lambda world: setattr(world, "clock_is_held", True)), blocks_every(9), 20, EXCHANGE
    ),
    "journal_differs": Cause(differ(1), differ(0), 5, EXCHANGE),
    "heads_old": Cause(heads_of(3_600), heads_of(900), 15, EXCHANGE),
    "queries_wait": Cause(queries_that_wait(5), queries_that_wait(4), 45, EXCHANGE),
    "disk_fills": Cause(house(disk_free=4_095), house(disk_free=4_096), 20, EXCHANGE),
    "database_log_grows": Cause(house(database_log=65), house(database_log=64), 20, EXCHANGE),
    "database_grows": Cause(
        house(database_size=4_097), house(database_size=4_096), 20, EXCHANGE
    ),
    "part_fails": Cause(house(parts_failing=3), house(parts_failing=2), 5, EXCHANGE),
    "archive_late": Cause(
        house(archive_behind=60_001), house(archive_behind=60_000), 20, EXCHANGE
    ),
    "wide_spread": Cause(
        quotes(bid=PRICE - 900, ask=PRICE + 900), quotes(bid=PRICE - 500, ask=PRICE + 500), 10
    ),
    "no_trade": Cause(trades_only_at(0), trades_only_at(18), 40),
    "much_open": Cause(bought(COIN), bought(COIN // 4), 10),
    "some_below": Cause(
        all_say(BELOW, held_back(BELOW - 50, BELOW + 50, 3 * COIN)),
        all_say(59_400, held_back(59_350, 59_450, 3 * COIN)),
        10,
    ),
    "any_below": Cause(
        all_say(BELOW, held_back(BELOW - 50, BELOW + 50, 3 * COIN)),
        all_say(59_400, held_back(59_350, 59_450, 3 * COIN)),
        10,
        EXCHANGE,
    ),
    "replica_late": Cause(late(3_000_000), late(1_500_000), 10, EXCHANGE),
}  # fmt: skip
