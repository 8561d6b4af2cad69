"""128-bit arithmetic against Python's own integers, at its edges and at random."""

import random

import pytest

from pilothouse.rules.bits import muldiv_floor, muldiv_up
from pilothouse.rules.compiled import kernel
from pilothouse.rules.money import share_down, share_up, value_fits, value_up

TOP = (1 << 63) - 1
shares = kernel(lambda amount, ppm: (share_up(amount, ppm), share_down(amount, ppm)))
fits = kernel(lambda a, b, c, d: value_fits(a, b, c, d))


def cases(seed):
    chance = random.Random(seed)
    edges = [0, 1, 2, 3, 10**6, (1 << 32) - 1, 1 << 32, TOP - 1, TOP]
    for _ in range(2_000):
        a, b = (
            chance.choice([*edges, chance.randrange(1 << chance.randrange(1, 63))]) for _ in "ab"
        )
        c = chance.choice([1, 2, 3, 10**6, 10**12, chance.randrange(1, TOP), TOP])
        if a * b // c < TOP:
            yield a, b, c


@pytest.mark.parametrize("seed", range(3))
def test_the_quotient_is_exact_and_rounds_as_said(seed):
    for a, b, c in cases(seed):
        assert muldiv_up(a, b, c) == -(-a * b // c)
        assert muldiv_floor(a, b, c) == a * b // c
        assert muldiv_floor(-a, b, c) == -a * b // c


def test_shares_round_against_each_other():
    chance = random.Random(7)
    for _ in range(2_000):
        amount, ppm = chance.randrange(1 << 60), chance.randrange(1_000_001)
        assert shares(amount, ppm) == (-(-amount * ppm // 10**6), amount * ppm // 10**6)


def test_a_value_that_is_said_to_fit_stays_within_62_bits():
    chance = random.Random(9)
    for _ in range(2_000):
        price, quantity = (chance.randrange(1, 1 << chance.randrange(1, 62)) for _ in "pq")
        divisor = 10 ** chance.randrange(0, 13)
        if fits(price, quantity, 1, divisor):
            assert price * quantity // divisor < 1 << 60
            assert value_up(price, quantity, 1, divisor) == -(-price * quantity // divisor)
