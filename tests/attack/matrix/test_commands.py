"""The engine's matrix: sender x command x malformation. Every word of the schema is tried."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pilothouse.language.kinds import CauseKind
from pilothouse.language.names import Sender
from pilothouse.language.refusals import CAUSE_IS_MISSING, REFUSALS
from pilothouse.language.schema import COMMANDS, ROW_WORDS
from tests.control.running import Running

HEAD = 7
"""Words before a command's own."""
EXTREMES = (0, 1, -1, 2, 7, 1 << 31, -(1 << 31), (1 << 62), (1 << 63) - 1, -(1 << 63))
ROUNDS = 12
TAKEN = "CreateExchange"
"""What is there already."""


@pytest.fixture(scope="module")
def machine():
    return Running([5_000, 50_000])


def rows_of(number, sender, cause, words, name):
    count = max(1, -(-(HEAD + len(words)) // ROW_WORDS))
    made = np.zeros(count * ROW_WORDS, np.int64)
    made[:HEAD] = number, count, sender, 1, name, cause, 1
    made[HEAD : HEAD + len(words)] = words
    return made.reshape(count, ROW_WORDS)


@pytest.mark.parametrize("number", sorted(COMMANDS))
def test_whatever_a_command_says_it_is_refused_or_right(machine, number):
    known, chance = COMMANDS[number], random.Random(number)
    width = max(1, known.layout.fixed_words - HEAD)
    for sender in [*map(int, Sender), 0, 99, -1]:
        for _ in range(ROUNDS):
            machine.number += 1
            words = [chance.choice(EXTREMES) for _ in range(width)]
            cause = chance.choice([int(CauseKind.NONE), int(CauseKind.CHANGE), 99])
            rows = rows_of(number, sender, cause, words, 10**9 + machine.number)
            machine.now += 1
            stepped = machine.real.step(rows, machine.now)
            outcome = int(stepped.receipts[0, 1])
            assert outcome == 0 or outcome in REFUSALS, (known.__name__, words)
            if known.governed and cause == CauseKind.NONE:
                assert outcome != 0, "a governed command without a cause"
    assert not machine.real.broken_invariants()


def test_a_governed_command_of_a_known_sender_misses_its_cause(machine):
    governed = [number for number, one in COMMANDS.items() if one.governed]
    assert governed
    for number in governed:
        machine.number += 1
        rows = rows_of(number, int(Sender.CONTROL), 0, [1], 10**9 + machine.number)
        machine.now += 1
        stepped = machine.real.step(rows, machine.now)
        assert int(stepped.receipts[0, 1]) != 0
    assert CAUSE_IS_MISSING in REFUSALS
