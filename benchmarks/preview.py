"""The counting pass and the first answer of a preview, at 10,000 and at 1,000,000 accounts.

Every account holds five positions over 200 contracts and eight collateral assets, made
by ordinary commands. Run by hand, on a quiet machine: `python -m benchmarks.preview`.
"""

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pilothouse.engine.impact import BANDS, TOP, TOP_WORDS, empty_counts
from pilothouse.engine.machine import Machine
from pilothouse.engine.margin_schedule import rehearse_schedule
from pilothouse.language import commands as ask
from pilothouse.language.kinds import CauseKind, ClientClass, MarketKind, Purpose, Wallet
from pilothouse.language.names import Cause, Name
from pilothouse.language.rows import Message, Rows, to_rows
from pilothouse.simulation.genesis import schedule
from pilothouse.venue.rehearsal import Rehearsal

SIZES = (10_000, 1_000_000)
CONTRACTS, POSITIONS, COLLATERAL = 200, 5, 8
TIME = 1_798_761_600_000_000
PRICE = 1_000_000
CHUNK = 50_000
REPEATS = 5
CLIENTS_FROM = 3 + CONTRACTS + 1
TIERS = ((0, "2", "1"), (500_000, "4", "2"))
TIGHTER = ((0, "4", "2"), (500_000, "8", "4"))


class Standing:
    """A machine that stands still, in the place of a follower."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @contextmanager
    def machine(self) -> Iterator[Machine]:
        """Lend the machine."""
        yield self._machine


def foundation(accounts: int) -> Rows:
    """Return the commands that make the exchange, its contracts and its first prices."""
    asked: list[Any] = [
        ask.CreateExchange(
            accounts=accounts + CONTRACTS + 64, balances=accounts * (2 * COLLATERAL + 1) + 4_096,
            positions=accounts * POSITIONS + 64, orders=1 << 17, levels=1 << 19,
            nodes=1 << 20, assets=16, markets=CONTRACTS + 1, volumes=accounts + 64,
        ),
        *(
            ask.OpenAccount(client_class=ClientClass.HOUSE, purpose=one)
            for one in (Purpose.FEES, Purpose.INSURANCE, Purpose.CUSTODY)
        ),
        *(
            ask.ListAsset(symbol=f"A{k}", decimals=6, collateral=1, haircut_ppm=20_000 * (k > 0))
            for k in range(COLLATERAL)
        ),
        *(_contract(k) for k in range(CONTRACTS)),
        *(schedule(k + 1, TIERS) for k in range(CONTRACTS)),
        *(
            ask.SetIndexPrice(asset=k + 1, source=source, price_e12=1_000 * 10**12)
            for k in range(1, COLLATERAL)
            for source in (1, 2)
        ),
        *[ask.OpenAccount(client_class=ClientClass.PROFESSIONAL)] * accounts,
    ]  # fmt: skip
    cause = Cause(CauseKind.GENESIS, 1)
    return np.concatenate(
        [to_rows(Message(one, Name(1, 1, k), cause)) for k, one in enumerate(asked)]
    )


def _contract(k: int) -> ask.ListMarket:
    return ask.ListMarket(
        symbol=f"PF_{k}", kind=MarketKind.PERPETUAL_LINEAR, base=2 + k % (COLLATERAL - 1), quote=1,
        price_decimals=3, quantity_decimals=4, tick=1, lot=1,
    )  # fmt: skip


def money(accounts: int) -> Iterator[Rows]:
    """Yield deposits and transfers of every asset for every account."""
    clients = CLIENTS_FROM + np.arange(accounts)
    for asset in range(1, COLLATERAL + 1):
        amount = 2_000 * 10**6 if asset == 1 else 20_000
        for number, words in (
            (ask.Deposit.number, (asset, amount, 0, 0)),
            (ask.Transfer.number, (asset, int(Wallet.SPOT), int(Wallet.FUTURES), amount)),
        ):
            rows = np.zeros((accounts, 16), np.int64)
            rows[:, 0], rows[:, 1], rows[:, 7] = number, 1, clients
            rows[:, 8:12] = words
            yield rows


def positions(accounts: int, chance: np.random.Generator) -> Iterator[Rows]:
    """Yield orders in pairs that trade with each other, five for every account."""
    for _ in range(POSITIONS):
        clients = CLIENTS_FROM + chance.permutation(accounts)
        rows = np.zeros((accounts, 16), np.int64)
        pairs = accounts // 2
        rows[:, 0], rows[:, 1], rows[:, 7] = ask.PlaceOrder.number, 1, clients
        rows[:, 8] = np.repeat(chance.integers(1, CONTRACTS + 1, pairs), 2)
        rows[:, 9] = np.tile([1, 2], pairs)
        rows[:, 10], rows[:, 11], rows[:, 14] = 1, 1, PRICE
        rows[:, 12 + 1] = np.repeat(chance.integers(1, 180_000, pairs), 2)
        yield rows


def furnished(accounts: int) -> Machine:
    """Return a machine with so many accounts that hold five positions each."""
    machine, lo = Machine.empty(), 0
    machine.step(foundation(accounts), TIME)
    chance = np.random.default_rng(7)
    for part in (money(accounts), positions(accounts, chance)):
        for rows in part:
            rows[:, 2], rows[:, 3] = 5, 1
            rows[:, 4] = lo + np.arange(len(rows)) + 1
            lo += len(rows)
            for at in range(0, len(rows), CHUNK):
                machine.step(rows[at : at + CHUNK], TIME)
    while not machine.quiet():
        machine.step(rows[:0], TIME)
    return machine


def measure(accounts: int) -> dict[str, Any]:
    """Return the best of some first answers, and the size of what they were counted in."""
    machine = furnished(accounts)
    change = Message(
        schedule(1, TIGHTER, base_version=2), Name(2, 1, 1), Cause(CauseKind.CHANGE, 1)
    )
    rehearsal = Rehearsal(Standing(machine))  # type: ignore[arg-type]
    impact = rehearsal.impact(change)
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        impact = rehearsal.impact(change)
        taken.append(time.perf_counter() - began)
    return {
        "first_answer_ms": round(min(taken) * 1e3, 2),
        "counting_pass_ms": round(counting_pass(machine, change) * 1e3, 2),
        "accounts_examined": impact.accounts_examined,
        "newly_below_initial": impact.newly_below_initial,
        "newly_below_maintenance": impact.newly_below_maintenance,
        "positions": int(machine.state.exchange[0]["positions_used"]),
        "arena_bytes": machine.arena.bytes.nbytes,
    }


def counting_pass(machine: Machine, change: Message) -> float:
    """Return the seconds of the counting pass alone, the best of some: no copy, no command."""
    rows, taken = to_rows(change), []
    for _ in range(REPEATS):
        bands, top = np.zeros((BANDS, 2), np.int64), np.zeros((TOP, TOP_WORDS), np.int64)
        began = time.perf_counter()
        refused = rehearse_schedule(machine.arena.state, rows, empty_counts(), bands, top)
        taken.append(time.perf_counter() - began)
        assert not refused
    return min(taken)


def main() -> None:
    """Measure each size and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--accounts", type=int, nargs="*", default=SIZES)
    sizes = options.parse_args().accounts
    print(json.dumps({f"{size}_accounts": measure(size) for size in sizes}))


if __name__ == "__main__":
    main()
