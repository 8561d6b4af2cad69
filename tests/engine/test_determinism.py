"""The same journal, the same fingerprint: compiled, in a second process, and uncompiled."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pilothouse.language.events import FundingPaid, InsurancePaid, ProtectionStepTaken, TableGrown
from pilothouse.language.kinds import ProtectionStep
from pilothouse.language.refusals import (
    COMMAND_IS_NOT_OF_THIS_DOOR,
    REFUSALS,
    SENDER_IS_NOT_OF_THIS_DOOR,
)
from pilothouse.language.rows import split
from pilothouse.language.schema import COMMANDS
from tests.engine.eventful import COMMANDS_LEAST, record, replayed

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world():
    return record()


@pytest.fixture(scope="module")
def journal(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "blocks.npz"
    rows, times = zip(*world.blocks, strict=True)
    np.savez(path, rows=np.concatenate(rows), lengths=[len(one) for one in rows], times=times)
    return path


SAID_AT_A_DOOR = {int(SENDER_IS_NOT_OF_THIS_DOOR), int(COMMAND_IS_NOT_OF_THIS_DOOR)}
"""They never reach the journal: tests/attack/test_doors.py brings them about."""


def test_everything_happens_in_the_journal(world):
    commands = [one for rows, _ in world.blocks for one in split(rows)]
    assert len(commands) >= COMMANDS_LEAST
    assert {int(one[0, 0]) for one in commands} >= set(COMMANDS)
    told = {kind for kind, _ in world.events}
    assert {FundingPaid.number, InsurancePaid.number, TableGrown.number} <= told
    steps = {step for kind, step in world.events if kind == ProtectionStepTaken.number}
    assert steps == set(ProtectionStep)
    assert world.machine.broken_invariants() == []


def test_every_refusal_happens(world):
    engines = set(REFUSALS) - SAID_AT_A_DOOR
    missing = {REFUSALS[number].name for number in engines if number not in world.refused}
    assert not missing


def test_a_replay_in_this_process_has_the_same_fingerprint(world):
    assert replayed(world.blocks).fingerprint() == world.machine.fingerprint()


def test_a_second_process_has_the_same_fingerprint(world, journal):
    assert replay(journal, {}) == world.machine.fingerprint()


def test_uncompiled_it_has_the_same_fingerprint_and_nothing_wraps(world, journal):
    assert replay(journal, {"NUMBA_DISABLE_JIT": "1"}) == world.machine.fingerprint()


def replay(journal, changes):
    """Replay in a process of its own; return the fingerprint it prints."""
    path = f"{ROOT / 'src'}{os.pathsep}{ROOT}"
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.replaying", str(journal)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path} | changes,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    hi, lo = done.stdout.split()
    return int(hi), int(lo)
