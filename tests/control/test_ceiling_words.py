"""What is above its ceiling is said in words and dollars: X7."""

from __future__ import annotations

from pilothouse.control.ceiling_words import above_words
from pilothouse.control.kinds import margin_schedule

QUESTIONS = margin_schedule.QUESTIONS


def test_accounts_and_dollars_are_said_as_people_read_them():
    counts = {
        "accounts_below_maintenance": 16,
        "notional_below_maintenance": 2_487_300_311_400,
        "accounts_below_initial": 5,
    }
    ceiling = {
        "accounts_below_maintenance": 15,
        "notional_below_maintenance": 2_094_558_777_540,
        "accounts_below_initial": 5,
    }
    assert above_words(counts, ceiling, QUESTIONS) == (
        "accounts below maintenance: 16, ceiling 15; "
        "notional below maintenance: $2,487,300, ceiling $2,094,559"
    )


def test_less_than_a_dollar_above_is_said_exactly():
    counts, ceiling = {"notional_below_initial": 1_000_000_001}, {"notional_below_initial": 10**9}
    said = above_words(counts, ceiling, QUESTIONS)
    assert said == "notional below initial: $1,000.000001, ceiling $1,000.000000"


def test_nothing_is_said_of_what_is_within_or_has_no_ceiling():
    assert above_words({"accounts_below_maintenance": 3}, None, QUESTIONS) == ""
    assert above_words({"orders_to_cancel": 3}, {"orders_to_cancel": -1}, QUESTIONS) == ""
