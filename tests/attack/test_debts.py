"""What the insurance pool could not pay is counted and paid once it can; nobody forgets it."""

from pilothouse.engine.machine import Machine
from pilothouse.language.commands import CreateExchange, ListAsset, ListMarket, OpenAccount
from pilothouse.language.events import InsurancePaid
from pilothouse.language.kinds import ClientClass, MarketKind, Purpose
from pilothouse.language.refusals import INSURANCE_ACCOUNT_IS_MISSING
from pilothouse.venue.views.margin import health, margin
from tests.engine.protected import BUY, DOLLAR, E6, POOL, SELL, Exchange
from tests.engine.test_long_block import rows_of

HOUR_US = 3_600_000_000


def in_debt(pool_usd=100):
    """An exchange whose first client lost more than it had while the pool held next to nothing."""
    exchange = Exchange(clients=3, pool_usd=pool_usd)
    long, short, bidder = (exchange.first + k for k in range(3))
    for number, dollars in ((long, 1_500), (short, 100_000), (bidder, 100_000)):
        exchange.fund(number, DOLLAR, dollars * E6)
    exchange.say(
        exchange.order(short, 1, SELL, 10_000, 600_000),
        exchange.order(long, 1, BUY, 10_000, 600_000),
    )
    debtor = exchange.machine.state.balances
    row = next(
        k
        for k in range(1, len(debtor))
        if (debtor[k]["account"], debtor[k]["wallet"]) == (long, 2)
    )
    pool = next(
        k
        for k in range(1, len(debtor))
        if (debtor[k]["account"], debtor[k]["wallet"]) == (POOL, 2)
    )
    # It closes, and then owes: by hand, as no book of this release leaves a debt so plainly.
    exchange.say(
        exchange.order(short, 1, BUY, 10_000, 600_000),
        exchange.order(long, 1, SELL, 10_000, 600_000),
    )
    debtor[row]["available"] -= 2_000 * E6
    return exchange, long, pool


def test_a_debt_is_counted():
    exchange, long, _ = in_debt()
    assert margin(exchange.machine, long).equity == -500 * E6
    assert (health(exchange.machine).debtors, health(exchange.machine).debt_micro_usd) == (
        1, 500 * E6,
    )  # fmt: skip


def test_a_debt_is_paid_once_the_pool_is_given_money():
    exchange, long, pool = in_debt(pool_usd=1)
    exchange.fund(POOL, DOLLAR, 200 * E6)
    exchange.settle()
    assert health(exchange.machine).debt_micro_usd == 299 * E6
    exchange.fund(POOL, DOLLAR, 1_000 * E6)
    exchange.settle()
    assert health(exchange.machine).debt_micro_usd == 0
    assert margin(exchange.machine, long).equity == 0
    assert [one.amount for one in exchange.events(InsurancePaid)] == [201 * E6, 299 * E6]
    assert int(exchange.machine.state.balances[pool]["available"]) == 701 * E6


def test_a_debt_is_looked_for_at_the_end_of_each_hour():
    exchange, _, pool = in_debt(pool_usd=1)
    # Fees of liquidations came in meanwhile.
    exchange.machine.state.balances[pool]["available"] += 600 * E6
    exchange.time += HOUR_US
    exchange.step()
    exchange.settle()
    assert health(exchange.machine).debt_micro_usd == 0


def test_no_contract_is_listed_before_there_is_an_insurance_account():
    machine = Machine.empty()
    sizes = dict.fromkeys(("accounts", "balances", "positions", "orders", "levels", "nodes"), 64)
    contract = ListMarket(
        symbol="PF", kind=MarketKind.PERPETUAL_LINEAR, base=2, quote=1, price_decimals=1,
        quantity_decimals=4, tick=1, lot=1, liquidation_fee_ppm=5_000,
    )  # fmt: skip
    asked = [
        CreateExchange(**sizes),
        ListAsset(symbol="ZUSD", decimals=6, collateral=1),
        ListAsset(symbol="XXBT", decimals=8),
        contract,
        OpenAccount(client_class=ClientClass.HOUSE, purpose=Purpose.INSURANCE),
        contract,
    ]
    told = machine.step(rows_of(asked), 1).receipts[:, 1].tolist()
    assert told == [0, 0, 0, INSURANCE_ACCOUNT_IS_MISSING, 0, 0]
