"""Chance is a function of its seed, known to the last bit, and evenly spread."""

from pilothouse.simulation.chance import Chance


def test_the_stream_of_seed_zero_is_that_of_splitmix64():
    # The first numbers of the published reference implementation with state 0.
    chance = Chance(0)
    assert [chance.word() for _ in range(3)] == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_draws_stay_within_their_bounds_and_reach_all_of_them():
    chance = Chance(9)
    assert {chance.below(5) for _ in range(400)} == set(range(5))
    assert {chance.between(-2, 2) for _ in range(400)} == set(range(-2, 3))
    assert {chance.pick("abc") for _ in range(100)} == set("abc")
    assert all(-30 <= chance.around(10) <= 30 for _ in range(1000))


def test_a_fork_is_a_stream_of_its_own():
    one, other = Chance(7), Chance(7)
    fork = one.fork()
    other.fork()
    [fork.word() for _ in range(10)]
    assert one.word() == other.word()
