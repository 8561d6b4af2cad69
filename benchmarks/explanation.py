"""Why was I liquidated?, at a journal of 5,000,000 commands: each answer and each "without it".

The demonstration opens with its perpetuals, a change raises margins, and clients are liquidated
all along the journal; between them the standard mix of orders and cancellations on a spot pair
fills it up, in blocks of 500 commands. At its end nothing is sent for an hour, and then one order
that is refused. Snapshots are taken as the running exchange takes them. A new process then asks
about liquidations near the head, in the middle and near the beginning, and about the order behind
the quiet hour, each with what the account did before. Run by hand, on a quiet machine:
`python -m benchmarks.explanation`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.mix import FUNDS, make_mix
from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.snapshots import good_heads, keep_only, write_snapshot
from pilothouse.journal.storage import Files
from pilothouse.language import commands as ask
from pilothouse.language.events import ProtectionStepTaken
from pilothouse.language.kinds import ClientClass, MarketKind, OrderType, Side, TimeInForce
from pilothouse.language.numbers import SECOND_US
from pilothouse.language.rows import Rows, from_event_row, split
from pilothouse.language.schema import ROW_WORDS
from pilothouse.simulation.world import GENESIS
from pilothouse.venue.explanation.before import looked_back
from pilothouse.venue.explanation.explain import explain_command, explain_event
from pilothouse.venue.explanation.what_if import would_have
from pilothouse.venue.ladder import WORK_BETWEEN, rungs_to_keep, work_of
from pilothouse.venue.machine import present_release
from pilothouse.venue.past import Past
from pilothouse.venue.snapshotter import snapshot_of
from pilothouse.venue.standstill import IDLE_S
from tests.venue.lived import CHANGE, CONTRACT, Lived, raised

COMMANDS = 5_000_000
BLOCK = 500
STRESSES = 10
MAKERS = 2_000
SENDER = 7
NO_MARKET = 999
NOTHING = np.zeros((0, ROW_WORDS), np.int64)


class Journal:
    """A world whose every block is journaled, with snapshots on the ladder."""

    def __init__(self, home: Path) -> None:
        self.release, self.storage = present_release(), Files(home)
        self.world = Lived(11)
        self.world.step = self.step
        self._appender = Appender(self.storage, Pen(self.release.digest, 1), None)
        self._work = self.blocks = 0
        self.steps: list[tuple[int, int, int, int]] = []
        self.changes: list[int] = []

    def step(self, rows: Rows) -> Any:
        """Journal and step a block; note liquidations, take snapshots when they are due."""
        machine = self.world.machine
        rows = np.ascontiguousarray(rows)
        head = self._appender.append(rows, len(split(rows)), self.world.time)
        stepped = machine.step(rows, self.world.time)
        self.blocks = head.number
        for place in np.flatnonzero(stepped.events[:, 0] == ProtectionStepTaken.number).tolist():
            one = from_event_row(stepped.events[place])
            self.steps.append((one.position, head.number, place, one.account))
        work = work_of(head.number, head.last_position)
        if work - self._work >= WORK_BETWEEN:
            write_snapshot(self.storage, snapshot_of(machine, head, self.release.digest))
            keep_only(self.storage, rungs_to_keep(good_heads(self.storage), self.release.digest))
            self._work = work
        return stepped


class Filled:
    """The live world as the mix sees it: its orders go to a pair and makers of their own."""

    def __init__(self, made: Journal) -> None:
        self._made, x = made, made.world.machine.state.exchange[0]
        self._asset, self._market = int(x["assets_used"]) + 1, int(x["markets_used"]) + 1
        self.first = int(x["accounts_used"]) + 1
        pair = ask.ListMarket(
            symbol="FILLUSD", kind=MarketKind.SPOT, base=self._asset, quote=1, price_decimals=3,
            quantity_decimals=6, tick=1_000, lot=1_000, fee_schedule=1,
        )  # fmt: skip
        opened = [ask.OpenAccount(client_class=ClientClass.PROFESSIONAL)] * MAKERS
        money = [
            ask.Deposit(account=self.first + k, asset=asset, amount=FUNDS)
            for k in range(MAKERS)
            for asset in (1, self._asset)
        ]
        room = [
            ask.GrowTable(table=one, rows=1 << 18)
            for one in ("orders", "levels", "nodes", "balances")
        ]
        asked = [*room, ask.ListAsset(symbol="FILL", decimals=6), pair, *opened, *money]
        told = made.world.send(asked, GENESIS)
        assert not told.receipts[:, 1].any()

    @property
    def state(self) -> Any:
        """Return the live machine's tables."""
        return self._made.world.machine.state

    def step(self, rows: Rows, time: int) -> None:
        """Journal and step a batch in blocks, at the world's own time."""
        orders = rows[:, 0] == ask.PlaceOrder.number
        rows[orders, 7] = self.first + rows[orders, 7] % MAKERS
        rows[orders, 8] = self._market
        rows[:, 2] = SENDER
        for at in range(0, len(rows), BLOCK):
            self._made.step(rows[at : at + BLOCK])
            self._made.world.time += 20_000


def quiet_hour(made: Journal, account: int) -> tuple[int, int]:
    """Let an hour pass in which nobody sends anything; then an account's order is refused."""
    world = made.world
    for _ in range(round(3_600 / IDLE_S)):
        world.time += round(IDLE_S * SECOND_US)
        made.step(NOTHING)
    refused = ask.PlaceOrder(
        account=account, market=NO_MARKET, side=Side.BUY, order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC, flags=0, price=1, quantity=1,
    )  # fmt: skip
    assert world.send([refused]).receipts[0, 1]
    return world.machine.position, account


def live(home: Path, commands: int) -> dict[str, Any]:
    """Write the journal; return where liquidations and changes are."""
    made = Journal(home)
    made.world.open()
    filled = Filled(made)
    mix = make_mix(filled, 1, 2 * commands, 42)
    for turn in range(STRESSES):
        machine = made.world.machine
        version = int(machine.state.markets[CONTRACT]["schedule_version"])
        made.changes.append(machine.position + 1)
        told = made.world.send([raised(version, "1.9" if turn % 2 else "2")], CHANGE)
        assert not told.receipts[0, 1]
        # Further each time, for whoever is left stands further from their margin.
        move = 15_000 + 8_000 * turn
        made.world.fall(move if turn % 2 else -move, 5)
        made.world.run(20, 60)
        while made.world.machine.position < commands * (turn + 1) // STRESSES:
            next(mix)
    quiet = quiet_hour(made, filled.first)
    return {
        "steps": made.steps, "changes": made.changes, "blocks": made.blocks, "quiet": quiet,
    }  # fmt: skip


def answers(home: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Explain one liquidation of each stress, and each without its change; return the seconds."""
    past = Past(home)
    steps, took, without = facts["steps"], [], []
    chosen = []
    for first, last in zip(facts["changes"], [*facts["changes"][1:], 10**12], strict=True):
        of = [one for one in steps if first < one[0] < last]
        chosen += of[len(of) // 2 : len(of) // 2 + 1]
    explain_event(past, *chosen[0][1:])
    for position, block, place, account in chosen:
        past = Past(home)
        begun = time.perf_counter()
        made = looked_back(past, explain_event(past, block, place, account))
        took.append(round(time.perf_counter() - begun, 3))
        assert not made.faults
        behind = [one for one in facts["changes"] if one < position]
        for change in behind[-1:]:
            begun = time.perf_counter()
            would_have(past, made, [change])
            without.append((position - change, round(time.perf_counter() - begun, 3)))
    past = Past(home)
    begun = time.perf_counter()
    quiet = looked_back(past, explain_command(past, *facts["quiet"]))
    quiet_s = round(time.perf_counter() - begun, 3)
    assert quiet.before.deeds
    far = facts["changes"][0]
    past = Past(home)
    begun = time.perf_counter()
    would_have(past, made, [far])
    return {
        "explained": len(took),
        "answer_s_worst": max(took),
        "answers_s": took,
        "behind_a_quiet_hour_s": quiet_s,
        "without_the_last_change_s_worst": max(one for _, one in without),
        "without_the_first_change_commands": made.moment.position - far,
        "without_the_first_change_s": round(time.perf_counter() - begun, 3),
    }


def main() -> None:
    """Write the journal, ask in a new process, and print one JSON object."""
    options = argparse.ArgumentParser()
    options.add_argument("--commands", type=int, default=COMMANDS)
    options.add_argument("--ask", type=Path)
    asked = options.parse_args()
    if asked.ask:
        print(json.dumps(answers(asked.ask, json.loads((asked.ask / "facts").read_text()))))
        return
    with tempfile.TemporaryDirectory(prefix="pilothouse-explanation-") as folder:
        home = Path(folder)
        facts = live(home, asked.commands)
        (home / "facts").write_text(json.dumps(facts))
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.explanation", "--ask", folder],
            stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        heads = good_heads(Files(home))
        bytes_kept = sum(one.stat().st_size for one in (home / "snapshots").iterdir())
        last = facts["steps"][-1][0]
        print(
            json.dumps(
                {
                    "commands": asked.commands,
                    "blocks": facts["blocks"],
                    "liquidation_steps": len(facts["steps"]),
                    "last_liquidation_at": last,
                    "snapshots": len(heads),
                    "snapshot_bytes": bytes_kept,
                    **json.loads(told.stdout),
                }
            )
        )


if __name__ == "__main__":
    main()
