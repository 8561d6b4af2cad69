"""One is said as one: X10."""

from __future__ import annotations

from pilothouse.wiring import comparing
from pilothouse.wiring.cli.status import _again


def test_started_again_once_or_times():
    assert _again({"restarts": 1}) == "; started again once"
    assert _again({"restarts": 3}) == "; started again 3 times"


def test_commands_of_change_control_are_counted_in_words():
    one, many = comparing._agreeing(1, 1), comparing._agreeing(2, 0)
    assert one.startswith("1 command of change control agrees") and "1 other that takes" in one
    assert many.startswith("2 commands of change control agree ") and "0 others that take" in many
