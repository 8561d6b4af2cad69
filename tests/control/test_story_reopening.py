"""A halted contract is opened again in stages, each once the market has been well for a while."""

from datetime import UTC, datetime, timedelta

import pytest

from pilothouse.console.pages.change.buttons import buttons
from pilothouse.control import apply, approve, arm, edit, ports, preview, propose, verify, worker
from pilothouse.control.conditions import UNWATCHED_MAX
from pilothouse.control.fingerprint import fingerprint_of
from pilothouse.control.moves import State, Verb
from pilothouse.control.refusals import Refused
from pilothouse.control.reopening import SOAK_S, STAGES_APART, way
from pilothouse.language.commands import CancelAllOrders, SetIndexPrice
from pilothouse.language.commands.orders import POST_ONLY
from pilothouse.language.kinds import MarketStatus, Side
from pilothouse.venue.rehearsal import Rehearsal
from pilothouse.venue.views.markets import market
from tests.control.running import BITCOIN, CONTRACT, MAKER, PRICE, Running, order

SECOND = timedelta(seconds=1)
ONLINE = {"market": CONTRACT, "status": int(MarketStatus.ONLINE)}


class Clock:
    """The clock on the wall, which the exchange's blocks follow."""

    def __init__(self, exchange):
        self.exchange = exchange
        self.price = PRICE

    @property
    def now(self):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.exchange.time)

    def run(self, seconds):
        """Let seconds pass: the index is quoted, the machine looks once in each."""
        for _ in range(seconds):
            self.exchange.now += 1_000_000
            price = self.price * 10**12
            for source in (1, 2, 3):
                self.exchange.ask(SetIndexPrice(asset=BITCOIN, source=source, price_e12=price))
            worker.tick(self.now)


@pytest.fixture
def exchange():
    made = Running([1_300, 1_300, 1_300, 50_000])
    ports.connect(made, Rehearsal(made), made)
    yield made
    ports.disconnect()


@pytest.fixture
def clock(exchange):
    return Clock(exchange)


@pytest.fixture
def halted(team, exchange, clock):
    """One person stops the contract: no signature is needed, and it is done."""
    fields = {"market": CONTRACT, "status": int(MarketStatus.HALTED)}
    change = propose.propose(
        "market_status", fields, by=team.operator, why="the index jumps", now=clock.now
    )
    change = preview.first(change, by=team.operator, now=clock.now)
    assert change.state == State.APPROVED
    change = apply.apply(change, by=team.operator, now=clock.now)
    assert verify.verify(change, now=clock.now).state == State.VERIFIED
    exchange.ask(CancelAllOrders(account=MAKER, market=CONTRACT))
    return change


@pytest.fixture
def reopening(team, clock, halted):
    """Proposed, previewed and signed: online again."""
    change = propose.propose(
        "market_status", ONLINE, by=team.operator, why="calm again", now=clock.now
    )
    change = preview.first(change, by=team.operator, now=clock.now)
    assert change.state == State.PREVIEWED, "two people resume"
    return approve.approve(change, change.fingerprint, by=team.risk, now=clock.now)


def status(exchange):
    return market(exchange.real, CONTRACT).status


def quote(exchange):
    """A maker builds a book that nobody hits."""
    exchange.ask(order(MAKER, Side.BUY, PRICE - 100, flags=POST_ONLY))
    exchange.ask(order(MAKER, Side.SELL, PRICE + 100, flags=POST_ONLY))


def begin(team, clock, change):
    change = apply.apply(change, by=team.operator, now=clock.now)
    return verify.verify(change, now=clock.now)


def test_the_way_from_a_halt_leads_through_the_stages():
    halted, online = MarketStatus.HALTED, MarketStatus.ONLINE
    stages = (MarketStatus.POST_ONLY, MarketStatus.LIMIT_ONLY, online)
    assert way(halted, online) == stages
    assert way(MarketStatus.CANCEL_ONLY, online) == stages
    assert way(halted, MarketStatus.LIMIT_ONLY) == stages[:2]
    assert way(online, halted) == (halted,)
    assert way(MarketStatus.DELISTED, online) == ()
    assert way(halted, MarketStatus.DELISTED) == ()


def test_the_plan_is_previewed_stage_by_stage_and_signed_with_its_conditions(exchange, reopening):
    steps = list(reopening.steps.all())
    assert [MarketStatus(one.fields["status"]).name for one in steps] == [
        "POST_ONLY",
        "LIMIT_ONLY",
        "ONLINE",
    ]
    assert [one.soak_s for one in steps] == [0, SOAK_S, SOAK_S]
    assert "nobody_waits_for_protection" in steps[2].conditions
    firsts = [
        reopening.previews.filter(question="first", step=one.number).last().body["outcome"]
        for one in steps
    ]
    assert firsts == [0, 0, 0], "each stage is rehearsed after those before it"
    before = reopening.fingerprint
    steps[1].conditions = []
    steps[1].save()
    assert fingerprint_of(reopening) != before


def test_each_stage_waits_until_the_market_has_been_well_for_its_time(
    team, exchange, clock, reopening
):
    change = begin(team, clock, reopening)
    assert (status(exchange), change.state) == (MarketStatus.POST_ONLY, State.SCHEDULED)
    clock.run(200)
    assert status(exchange) == MarketStatus.POST_ONLY, "there is no book yet"
    waiting = change.steps.get(number=2)
    assert "no bid" in waiting.waits_for
    quote(exchange)
    clock.run(SOAK_S - 1)
    assert status(exchange) == MarketStatus.POST_ONLY
    clock.run(4)
    assert status(exchange) == MarketStatus.LIMIT_ONLY
    clock.run(2 * SOAK_S + int(STAGES_APART.total_seconds()))
    assert status(exchange) == MarketStatus.ONLINE
    change.refresh_from_db()
    assert change.state == State.VERIFIED


def test_a_break_or_an_unwatched_while_begins_the_time_anew(team, exchange, clock, reopening):
    change = begin(team, clock, reopening)
    quote(exchange)
    clock.run(int(STAGES_APART.total_seconds()) + SOAK_S // 2)
    assert status(exchange) == MarketStatus.POST_ONLY
    exchange.now += int((UNWATCHED_MAX + SECOND).total_seconds()) * 1_000_000
    clock.run(SOAK_S - 1)
    assert status(exchange) == MarketStatus.POST_ONLY
    clock.run(4)
    assert status(exchange) == MarketStatus.LIMIT_ONLY
    assert change.steps.get(number=2).position is not None


def test_nobody_may_send_a_stage_early(team, exchange, clock, reopening):
    change = begin(team, clock, reopening)
    clock.run(int(STAGES_APART.total_seconds()) + 2)
    change.refresh_from_db()
    with pytest.raises(Refused) as refused:
        apply.apply(change, by=team.operator, now=clock.now)
    assert refused.value.reason.name == "the_conditions_of_this_stage_do_not_hold_yet"


def test_a_market_that_never_gets_well_is_not_opened_late(team, exchange, clock, reopening):
    change = begin(team, clock, reopening)
    exchange.now += 3_800 * 1_000_000
    clock.run(1)
    change.refresh_from_db()
    assert change.state == State.EXPIRED
    assert status(exchange) == MarketStatus.POST_ONLY


def test_more_accounts_than_signed_hold_the_opening(team, exchange, clock, reopening):
    """While the market was stopped the index fell: resuming would liquidate three accounts."""
    change = begin(team, clock, reopening)
    quote(exchange)
    assert change.steps.get(number=2).ceiling["accounts_below_maintenance"] == 1
    clock.price = 58_400
    clock.run(int(STAGES_APART.total_seconds()) + SOAK_S + 5)
    change.refresh_from_db()
    assert change.state == State.HELD
    assert "accounts below maintenance: 3, ceiling 1" in change.state_reason
    assert status(exchange) == MarketStatus.POST_ONLY


def test_an_opening_that_could_be_had_at_once_is_offered_in_stages(team, exchange, clock, halted):
    post_only = ONLINE | {"status": int(MarketStatus.POST_ONLY)}
    change = propose.propose(
        "market_status", post_only, by=team.operator, why="makers first", now=clock.now
    )
    change = preview.first(change, by=team.operator, now=clock.now)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=clock.now)
    begin(team, clock, change)
    change = propose.propose(
        "market_status", ONLINE, by=team.operator, why="and now all", now=clock.now
    )
    change = preview.first(change, by=team.operator, now=clock.now)
    (stages,) = preview.instead(change, now=clock.now)
    assert stages.key == "stages" and "limit_only, then online" in stages.sentence
    change = edit.choose(change, "stages", by=team.operator, now=clock.now)
    assert [one.soak_s for one in change.steps.all()] == [0, SOAK_S]
    change = preview.first(change, by=team.operator, now=clock.now)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=clock.now)
    assert arm.arm(change, by=team.operator, now=clock.now).state == State.SCHEDULED


def test_a_stage_that_cannot_be_sent_yet_is_left_to_the_machine(team, exchange, clock, halted):
    """No sources are live: the page offers to send it when they are, and then it is sent."""
    change = propose.propose(
        "market_status", ONLINE, by=team.operator, why="calm again", now=clock.now
    )
    exchange.now += 120 * 1_000_000
    change = preview.first(change, by=team.operator, now=clock.now)
    change = approve.approve(change, change.fingerprint, by=team.risk, now=clock.now)
    offered = {one.verb: one.allowed for one in buttons(change, team.operator)}
    assert offered[Verb.ARM] and not offered[Verb.APPLY]
    arm.arm(change, by=team.operator, now=clock.now)
    clock.run(3)
    assert status(exchange) == MarketStatus.POST_ONLY
