"""A key's nonces rise strictly; a nonce is an unsigned number of 64 bits."""

from __future__ import annotations

import pytest

from pilothouse.trading_api.nonce_lanes import (
    DIGESTS_KEPT,
    DIGITS_MAX,
    Lanes,
    Verdict,
    digits_at_the_end,
)
from pilothouse.trading_api.nonces import Nonces, read_nonce


def test_a_key_uses_each_nonce_once_and_only_upwards() -> None:
    nonces = Nonces()
    assert [nonces.take("a", one) for one in (5, 5, 4, 6)] == [True, False, False, True]
    assert nonces.take("b", 1)
    assert (nonces.highest("a"), nonces.highest("c")) == (6, -1)


def test_the_largest_nonce_is_the_last_one() -> None:
    nonces = Nonces()
    assert nonces.take("a", (1 << 64) - 1)
    assert not nonces.take("a", 1 << 64)


@pytest.mark.parametrize(
    ("text", "nonce"),
    [
        ("1616492376594", 1616492376594),
        ("18446744073709551615", (1 << 64) - 1),
        ("18446744073709551616", None),
        ("0", 0),
        ("01616492376594", None),
        ("00", None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1_000", None),
        ("٣", None),
        ("9" * 5000, None),
    ],
)
def test_what_a_nonce_is(text: str, nonce: int | None) -> None:
    assert read_nonce(text) == nonce


NOW = 1_790_000_000_000


def took(lanes: Lanes, text: str, nonce: str) -> bool:
    before, digest = digits_at_the_end(text.encode()), f"{text}{nonce}".encode()
    return lanes.take(int(nonce), before, digest) is Verdict.ABOVE


@pytest.mark.parametrize("text", ["", "q=Z", "q=00.005", "q=7", "9", "q=31.0"])
@pytest.mark.parametrize("moved", ["9", "5", "12", "q=00.9", "q=005", "q=731"])
def test_digits_moved_into_a_nonce_that_came_first_close_their_own_lane(
    text: str, moved: str
) -> None:
    lanes, old = Lanes(-1), str(NOW)
    for cut in range(1, 4):
        if moved[-cut:].isdigit() and moved[-cut:][0] != "0":
            took(lanes, moved[:-cut], moved[-cut:] + old)
    assert len(lanes._highest) > 0, "nothing is known of the key: they are taken"
    for turn in range(1, 30):
        assert took(lanes, "" if turn == 1 else text, str(NOW + turn)), "its own stays open"
        assert not took(lanes, text, str(NOW + turn)), "a repeat in its own lane is refused"


@pytest.mark.parametrize("text", ["9", "q=5", "q=731", "q=00.005"])
def test_a_read_without_a_nonce_whose_end_is_sent_as_one_closes_no_other_lane(text: str) -> None:
    lanes = Lanes(-1)
    assert took(lanes, "", str(NOW))
    for cut in range(1, 4):
        if text[-cut:].isdigit() and text[-cut:][0] != "0":
            took(lanes, text[:-cut], text[-cut:])
    for turn in range(1, 30):
        assert took(lanes, text, str(NOW + turn))


def moves(text: str, nonce: str) -> list[tuple[str, str]]:
    """Return every way to part what was signed where what follows may be a nonce."""
    whole = text + nonce
    cuts = [(whole[:at], whole[at:]) for at in range(len(whole))]
    return [
        one for one in cuts if one[1].isdigit() and one[1][0] != "0" and len(one[1]) <= DIGITS_MAX
    ]


@pytest.mark.parametrize("text", ["", "q=Z", "q=00.005", "q=731", "9", "q=" + "8" * 30])
@pytest.mark.parametrize("plain", [True, False])
def test_no_repeat_of_a_late_read_is_taken_however_its_digits_move(text: str, plain: bool) -> None:
    lanes = Lanes(-1)
    assert not plain or took(lanes, "", str(NOW))
    every = [(text, str(NOW + turn)) for turn in range(1, DIGESTS_KEPT)]
    assert all(took(lanes, *one) for one in every)
    assert not any(took(lanes, *moved) for one in every for moved in moves(*one))


@pytest.mark.parametrize("text", ["", "q=Z", "q=00.005", "q=731", "9", "q=" + "8" * 30])
def test_no_repeat_of_an_old_read_is_taken_with_digits_moved_into_its_text(text: str) -> None:
    lanes = Lanes(-1)
    assert took(lanes, "", str(NOW))
    every = [(text, str(NOW + turn)) for turn in range(1, 3 * DIGESTS_KEPT)]
    assert all(took(lanes, *one) for one in every)
    for one in every:
        assert not any(took(lanes, *moved) for moved in moves(*one) if len(moved[0]) > len(text))


def test_a_key_has_at_most_as_many_lanes_as_a_nonce_has_digits() -> None:
    lanes = Lanes(-1)
    for digits in range(DIGITS_MAX, 0, -1):
        for turn in range(3):
            took(lanes, "", str(10 ** (digits - 1) + turn))
    assert len(lanes._highest) <= DIGITS_MAX
    for turn in range(3 * DIGESTS_KEPT):
        took(lanes, "", str(10**6 + turn))
    assert len(lanes._digests) <= DIGESTS_KEPT


def test_what_the_journal_has_closes_every_other_length() -> None:
    lanes = Lanes(NOW)
    assert lanes.take(NOW) is Verdict.SAME and lanes.take(NOW - 1) is Verdict.BELOW
    assert lanes.take(10 * NOW) is Verdict.LONGER and lanes.take(NOW // 10) is Verdict.BELOW
    assert lanes.take(NOW + 1) is Verdict.ABOVE
    late = Lanes(-1)
    assert late.take(70 * NOW) is Verdict.ABOVE
    late.journaled(NOW)
    assert late.take(80 * NOW) is Verdict.LONGER and late.take(NOW + 1) is Verdict.ABOVE
