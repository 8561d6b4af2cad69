"""A key's nonces rise strictly; a nonce is an unsigned number of 64 bits."""

from __future__ import annotations

import pytest

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
