"""The clients of the demonstration: makers, takers, leveraged holders, and two with API keys.

Everyone's number, class, country and wealth follow from the seed, so that the process that trades
knows the accounts which another process opened. Leverage reaches up to what initial margin allows,
and many holders stand near it: raising a margin hurts someone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pilothouse.language.commands import Deposit, OpenAccount, Transfer
from pilothouse.language.kinds import ClientClass, Side, Wallet
from pilothouse.language.schema import Command
from pilothouse.simulation import markets
from pilothouse.simulation.chance import Chance
from pilothouse.simulation.genesis import CLIENTS_FROM
from pilothouse.simulation.markets import asset_number

MAKERS: Final = 8
MAKER_ORDERS: Final = 8_192
"""Open orders of a maker; everybody else has the share of an account without a number."""
TAKERS: Final = 120
HOLDERS: Final = 480
COUNTRIES: Final = (276, 250, 724, 380, 528, 826, 840, 124, 36, 756)
"""DE, FR, ES, IT, NL, GB, US, CA, AU, CH as ISO 3166 numbers."""
LEVERAGE_MAX_TENTHS: Final = 470
"""A holder enters with at most 47 times: fifty would leave nothing for the fee."""
DOLLAR: Final = asset_number("ZUSD")


@dataclass(frozen=True)
class Client:
    """An account of a client; its wealth is what each of its wallets starts with, in dollars."""

    account: int
    client_class: ClientClass
    jurisdiction: int
    spot_usd: int
    futures_usd: int
    orders_max: int = 0


@dataclass(frozen=True)
class Holder:
    """A client who holds one perpetual on one side with borrowed strength."""

    client: Client
    perpetual: int
    side: Side
    leverage_tenths: int


@dataclass(frozen=True)
class Population:
    """Everyone who trades."""

    keyed: tuple[Client, Client]
    makers: tuple[Client, ...]
    takers: tuple[Client, ...]
    holders: tuple[Holder, ...]

    def clients(self) -> Iterator[Client]:
        """Yield every client in the order of the account numbers."""
        yield from self.keyed
        yield from self.makers
        yield from self.takers
        yield from (one.client for one in self.holders)


def populate(seed: int) -> Population:
    """Return the population that a seed makes."""
    chance = Chance(seed)
    numbers = iter(range(CLIENTS_FROM, CLIENTS_FROM + 10**6))
    house = ClientClass.INSTITUTION
    return Population(
        keyed=(
            Client(next(numbers), ClientClass.PROFESSIONAL, 276, 250_000, 100_000),
            Client(next(numbers), ClientClass.RETAIL, 250, 20_000, 5_000),
        ),
        makers=tuple(
            Client(
                next(numbers),
                house,
                chance.pick(COUNTRIES),
                400_000_000,
                400_000_000,
                MAKER_ORDERS,
            )
            for _ in range(MAKERS)
        ),
        takers=tuple(_taker(next(numbers), chance) for _ in range(TAKERS)),
        holders=tuple(_holder(next(numbers), chance) for _ in range(HOLDERS)),
    )


def _taker(account: int, chance: Chance) -> Client:
    wealth = chance.between(20, 2_000) * 10_000
    return Client(account, _class(chance), chance.pick(COUNTRIES), wealth, wealth)


def _holder(account: int, chance: Chance) -> Holder:
    # A few are large, most are small: the product of two draws.
    wealth = 200 + chance.below(120) * chance.below(240)
    client = Client(account, _class(chance), chance.pick(COUNTRIES), 1_000, wealth)
    perpetual = min(chance.below(6), len(markets.PERPETUALS) - 1)
    side = Side.BUY if chance.below(100) < 58 else Side.SELL
    return Holder(client, perpetual, side, leverage(chance))


def leverage(chance: Chance) -> int:
    """Return a leverage in tenths: two in five near the most that margin allows, others below."""
    if chance.below(5) < 2:
        return chance.between(400, LEVERAGE_MAX_TENTHS)
    return chance.between(15, 400)


def _class(chance: Chance) -> ClientClass:
    draw = chance.below(100)
    if draw < 60:
        return ClientClass.RETAIL
    return ClientClass.PROFESSIONAL if draw < 85 else ClientClass.INSTITUTION


def opening(population: Population, shares: dict[str, int]) -> list[Command]:
    """Return the commands that open every account and fund it.

    `shares` says how many base units of each asset one dollar of spot wealth brings; the futures
    wallet holds dollars, and one in eight clients bitcoin beside them.
    """
    made: list[Command] = []
    for one in population.clients():
        made.append(
            OpenAccount(
                client_class=one.client_class,
                jurisdiction=one.jurisdiction,
                orders_max=one.orders_max,
            )
        )
    for one in population.clients():
        made += _funding(one, shares)
    return made


def _funding(one: Client, shares: dict[str, int]) -> list[Command]:
    made: list[Command] = [
        Deposit(account=one.account, asset=asset_number(symbol), amount=amount * one.spot_usd)
        for symbol, amount in shares.items()
    ]
    return made + fund_futures(one.account, one.futures_usd * 10**6)


def fund_futures(account: int, amount: int, asset: int = DOLLAR) -> list[Command]:
    """Return a deposit and its transfer to the futures wallet."""
    return [
        Deposit(account=account, asset=asset, amount=amount),
        Transfer(
            account=account,
            asset=asset,
            source=Wallet.SPOT,
            target=Wallet.FUTURES,
            amount=amount,
        ),
    ]
