"""Stopping and ending a market against the engine itself: who is inside is counted beforehand."""

import pytest

from pilothouse.control import apply, approve, buttons, ports, preview, propose, revert, verify
from pilothouse.control.kinds import market_status
from pilothouse.control.kinds.kind import Direction
from pilothouse.control.moves import State, Verb
from pilothouse.control.refusals import Refused
from pilothouse.language.commands import CancelAllOrders, SetMarketStatus
from pilothouse.language.commands.orders import REDUCE_ONLY
from pilothouse.language.kinds import MarketStatus, Side
from pilothouse.language.refusals import MARKET_IS_NOT_EMPTY
from pilothouse.rules.market_status import MOVES
from pilothouse.venue.rehearsal import Rehearsal
from tests.control.conftest import NOON
from tests.control.running import CONTRACT, MAKER, PRICE, Running, order

HOLDERS = 3


@pytest.fixture
def exchange():
    made = Running([6_000] * HOLDERS)
    ports.connect(made, Rehearsal(made), made)
    yield made
    ports.disconnect()


@pytest.fixture
def wish(team, exchange):
    def go(status):
        fields = {"market": CONTRACT, "status": int(status)}
        change = propose.propose("market_status", fields, by=team.operator, why="x", now=NOON)
        return preview.first(change, by=team.operator, now=NOON)

    return go


def is_set(exchange, *statuses):
    for status in statuses:
        version = int(exchange.real.state.markets[CONTRACT]["status_version"])
        exchange.ask(SetMarketStatus(market=CONTRACT, status=status, base_version=version))


def everybody_closes(exchange):
    for holder in exchange.holders:
        exchange.ask(order(MAKER, Side.BUY, flags=REDUCE_ONLY))
        exchange.ask(order(holder, Side.SELL, flags=REDUCE_ONLY))


def predicted(change):
    return change.steps.last().predicted


def offered(exchange):
    fields = market_status.describe(ports.ports().reader, str(CONTRACT))
    return {value for value, _ in fields[0].choices}


def test_f0_a_delisting_with_holders_is_refused_with_their_number(team, exchange, wish):
    exchange.ask(order(MAKER, Side.SELL, PRICE + 100))
    is_set(exchange, MarketStatus.CANCEL_ONLY)
    change = wish(MarketStatus.DELISTED)
    counted = predicted(change)
    assert counted["holders"] == HOLDERS + 1 and counted["resting_orders"] == 1
    assert counted["open_interest"] == HOLDERS * PRICE * 10**6
    assert change.previews.first().body["outcome"] == MARKET_IS_NOT_EMPTY
    with pytest.raises(Refused, match="4 accounts with a position, 1 resting orders"):
        approve.approve(change, change.fingerprint, by=team.risk, now=NOON)
    assert change.reversible == "no" and change.direction == Direction.NEUTRAL
    assert "delisted" not in offered(exchange)


def test_f0_an_empty_market_ends_and_no_way_back_is_offered(team, exchange, wish):
    everybody_closes(exchange)
    is_set(exchange, MarketStatus.CANCEL_ONLY)
    assert "delisted" in offered(exchange)
    change = wish(MarketStatus.DELISTED)
    assert predicted(change)["holders"] == 0
    for one in (team.risk, team.manager):
        change = approve.approve(change, change.fingerprint, by=one, now=NOON)
    change = verify.verify(apply.apply(change, by=team.manager, now=NOON), now=NOON)
    assert change.state == State.VERIFIED and change.reversible == "no"
    with pytest.raises(Refused):
        revert.revert(change, "x", by=team.manager, now=NOON)
    allowed = {one.verb: one.allowed for one in buttons.allowed_moves(change, team.manager, NOON)}
    assert not allowed[Verb.REVERT]
    assert offered(exchange) == {"delisted"}


def test_f12_a_halt_says_who_cannot_close(team, exchange, wish):
    change = wish(MarketStatus.HALTED)
    assert predicted(change)["holders"] == HOLDERS + 1
    assert predicted(change)["open_interest"] == HOLDERS * PRICE * 10**6
    said = {one["name"]: (one["before"], one["after"]) for one in change.difference}
    assert said["orders execute"] == ("yes", "no")


def test_a_resumption_counts_whom_liquidation_reaches(team, exchange, wish):
    is_set(exchange, MarketStatus.HALTED)
    exchange.index(PRICE * 905 // 1_000)
    change = wish(MarketStatus.REDUCE_ONLY)
    assert predicted(change)["accounts_below_maintenance"] == HOLDERS
    assert predicted(change)["in_protection"] == HOLDERS


@pytest.mark.parametrize("before", [one for one in MarketStatus if one != MarketStatus.DELISTED])
def test_the_form_offers_what_the_exchange_takes_and_nothing_else(exchange, wish, before):
    everybody_closes(exchange)
    if before != MarketStatus.ONLINE:
        is_set(exchange, before)
    at_once = {one.name.lower() for one in MOVES[before]}
    stages = {"limit_only", "online"} if before != MarketStatus.ONLINE else set()
    assert at_once <= offered(exchange) <= at_once | stages | {before.name.lower()}


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (MarketStatus.ONLINE, MarketStatus.POST_ONLY, "yes"),
        (MarketStatus.ONLINE, MarketStatus.HALTED, "partly"),
        (MarketStatus.ONLINE, MarketStatus.CANCEL_ONLY, "partly"),
        (MarketStatus.CANCEL_ONLY, MarketStatus.HALTED, "yes"),
    ],
)
def test_whether_it_can_be_undone_is_read_from_the_table(exchange, wish, before, after, word):
    if before != MarketStatus.ONLINE:
        is_set(exchange, before)
    assert wish(after).reversible == word


def test_a_revert_that_the_table_forbids_by_now_is_not_offered(team, exchange, wish):
    everybody_closes(exchange)
    change = wish(MarketStatus.CANCEL_ONLY)
    change = verify.verify(apply.apply(change, by=team.operator, now=NOON), now=NOON)
    moves = {one.verb: one.allowed for one in buttons.allowed_moves(change, team.operator, NOON)}
    assert moves[Verb.REVERT]
    exchange.ask(CancelAllOrders(account=MAKER, market=CONTRACT))
    is_set(exchange, MarketStatus.DELISTED)
    moves = {one.verb: one.allowed for one in buttons.allowed_moves(change, team.operator, NOON)}
    assert not moves[Verb.REVERT]


def test_the_buttons_are_drawn_while_the_exchange_is_away(team, exchange, wish):
    change = wish(MarketStatus.CANCEL_ONLY)
    change = verify.verify(apply.apply(change, by=team.operator, now=NOON), now=NOON)
    ports.disconnect()
    moves = {one.verb: one.allowed for one in buttons.allowed_moves(change, team.operator, NOON)}
    assert not moves[Verb.REVERT]
