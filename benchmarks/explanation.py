"""Why was I liquidated?, at a journal of 5,000,000 commands: each answer and each "without it".

The demonstration opens with its perpetuals, a change raises margins, and clients are liquidated
all along the journal; between them the standard mix of orders and cancellations on a spot pair
fills it up, in blocks of 500 commands. Snapshots are taken as the running exchange takes them. A
new process then asks about liquidations near the head, in the middle and near the beginning. Run
by hand, on a quiet machine: `python -m benchmarks.explanation`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import mix
from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.snapshots import good_heads, keep_only, write_snapshot
from pilothouse.journal.storage import Files
from pilothouse.language import commands as ask
from pilothouse.language.events import ProtectionStepTaken
from pilothouse.language.kinds import ClientClass
from pilothouse.language.rows import Rows, from_event_row, split
from pilothouse.simulation.world import GENESIS
from pilothouse.venue.explanation.explain import explain_event
from pilothouse.venue.explanation.what_if import would_have
from pilothouse.venue.ladder import WORK_BETWEEN, rungs_to_keep, work_of
from pilothouse.venue.machine import present_release
from pilothouse.venue.past import Past
from pilothouse.venue.snapshotter import snapshot_of
from tests.venue.lived import CHANGE, Lived, raised

COMMANDS = 5_000_000
BLOCK = 500
STRESSES = 10
MAKERS = 2_000
MILLION = 1_000_000
PLENTY = 1 << 50


class Journal:
    """A world whose every block is journaled, with snapshots on the ladder."""

    def __init__(self, home: Path) -> None:
        self.release, self.storage = present_release(), Files(home)
        self.world = Lived(11)
        self.world.step = self.step
        self._appender = Appender(self.storage, Pen(self.release.digest, 1), None)
        self._work = 0
        self.steps: list[tuple[int, int, int, int]] = []
        self.changes: list[int] = []

    def step(self, rows: Rows) -> Any:
        """Journal and step a block; note liquidations, take snapshots when they are due."""
        machine = self.world.machine
        rows = np.ascontiguousarray(rows)
        head = self._appender.append(rows, len(split(rows)), self.world.time)
        stepped = machine.step(rows, self.world.time)
        for place in np.flatnonzero(stepped.events[:, 0] == ProtectionStepTaken.number).tolist():
            one = from_event_row(stepped.events[place])
            self.steps.append((one.position, head.number, place, one.account))
        work = work_of(head.number, head.last_position)
        if work - self._work >= WORK_BETWEEN:
            write_snapshot(self.storage, snapshot_of(machine, head, self.release.digest))
            keep_only(self.storage, rungs_to_keep(good_heads(self.storage), self.release.digest))
            self._work = work
        return stepped


def live(home: Path, commands: int) -> dict[str, Any]:
    """Write the journal; return where liquidations and changes are."""
    made = Journal(home)
    made.world.open()
    pieces = filling(made, commands)
    for turn in range(STRESSES):
        position = made.world.machine.position
        version = int(made.world.machine.state.markets[11]["schedule_version"])
        made.world.send([raised(version, "1.1" if turn % 2 else "1.2")], CHANGE)
        made.changes.append(position + 1)
        made.world.fall(-6_000 if turn % 2 else 6_500, 5)
        while made.world.machine.position < commands * (turn + 1) // STRESSES:
            made.step(next(pieces))
            made.world.time += 20_000
    return {"steps": made.steps, "changes": made.changes, "blocks": made._appender.tail.number}


def filling(made: Journal, commands: int) -> Iterator[Rows]:
    """Yield blocks of the standard mix by makers of its own on the first spot pair."""
    machine = made.world.machine
    first = int(machine.state.exchange[0]["accounts_used"]) + 1
    opened = [ask.OpenAccount(client_class=ClientClass.PROFESSIONAL)] * MAKERS
    money = [
        ask.Deposit(account=first + k, asset=asset, amount=PLENTY // MAKERS)
        for k in range(MAKERS)
        for asset in (1, 2)
    ]
    made.world.send([*opened, *money], GENESIS)
    market = machine.state.markets[1]
    scale = int(market["last_price"]) or 600_000
    for batch in mix(machine.copy(), 1, commands, 42):
        orders = batch[:, 0] == ask.PlaceOrder.number
        batch[orders, 7] = first + batch[orders, 7] % MAKERS
        batch[orders, 14] = scale + (batch[orders, 14] - 2_000_000) // 1_000
        batch[~orders, 0] = ask.CancelAllOrders.number
        batch[~orders, 7:] = 0
        batch[~orders, 7] = first + np.arange(int((~orders).sum())) % MAKERS
        batch[~orders, 8] = 1
        batch[:, 2] = 7
        for at in range(0, len(batch), BLOCK):
            yield batch[at : at + BLOCK]


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
        made = explain_event(past, block, place, account)
        took.append(round(time.perf_counter() - begun, 3))
        assert not made.faults
        behind = [one for one in facts["changes"] if one < position]
        for change in behind[-1:]:
            begun = time.perf_counter()
            would_have(past, made, [change])
            without.append((position - change, round(time.perf_counter() - begun, 3)))
    far = facts["changes"][0]
    begun = time.perf_counter()
    would_have(past, made, [far])
    return {
        "explained": len(took),
        "answer_s_worst": max(took),
        "answers_s": took,
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
            capture_output=True, text=True, check=True,
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
