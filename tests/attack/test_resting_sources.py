"""Sources that repeat one price: an asset that is quiet, or feeds that are broken, look alike.

One wrong source neither moves nor closes what three others agree on; broken feeds, however many,
hold no price against two that move; and two that lie move nothing against as many that rest.
"""

from itertools import product

import pytest

from pilothouse.language.kinds import Side
from pilothouse.language.refusals import INDEX_IS_STALE
from tests.attack.index_world import PRICE, SECOND_US, IndexWorld

HELD, CLOSED, FOLLOWED = "held", "closed", "followed"
GAPS = (0.72, 0.93, 0.96, 0.99, 1.01, 1.04, 1.07, 1.28)
"""Where those stand that move: below the step limit, some beyond the outlier share."""
FAR = (0.72, 0.93, 1.07, 1.28)
NEAR = (0.96, 0.99, 1.01, 1.04)


def quiet(count):
    """Return a world whose sources have all said the same for six minutes."""
    world = IndexWorld()
    for _ in range(8):
        world.time += 50 * SECOND_US
        world.tell(dict.fromkeys(range(1, count + 1), PRICE))
    return world


def told(world, places):
    """Let sources say their places, as shares of the price; those away from 1 go on moving."""
    for second in range(4):
        world.time += SECOND_US
        world.tell(
            {
                source: PRICE * place * (1 + (second - 3) / 10**7) if place != 1 else PRICE
                for source, place in places.items()
            }
        )


def outcome(world):
    """Return whether the index stayed, is closed, or where it went."""
    asked = world.order(world.client, Side.BUY, world.index() * 0.99)
    if asked == INDEX_IS_STALE:
        return CLOSED
    world.cancel_all(world.client)
    assert asked == 0
    return HELD if world.index() == PRICE else FOLLOWED


def of_some(resting, moving, gap):
    """Return what becomes of an index where some rest and some have moved away together."""
    world = quiet(resting + moving)
    places = [1] * resting + [gap] * moving
    told(world, dict(enumerate(places, start=1)))
    found = outcome(world)
    if found == FOLLOWED:
        assert abs(world.index() - PRICE * gap) < 1
    return found


TABLE = [
    # (resting, moving away, beyond the outlier share, within it)
    (1, 1, CLOSED, CLOSED),
    (2, 1, CLOSED, HELD),
    *[(resting, 1, HELD, HELD) for resting in range(3, 8)],
    (1, 2, FOLLOWED, FOLLOWED),
    *[(resting, 2, CLOSED, CLOSED) for resting in range(2, 7)],
    *[(resting, 3, FOLLOWED, FOLLOWED) for resting in (1, 2)],
    *[(resting, 3, CLOSED, CLOSED) for resting in (3, 4, 5)],
    *[(resting, 4, FOLLOWED, FOLLOWED) for resting in (1, 2, 3)],
    (4, 4, CLOSED, CLOSED),
    *[(resting, 5, FOLLOWED, FOLLOWED) for resting in (1, 2, 3)],
    *[(resting, 6, FOLLOWED, FOLLOWED) for resting in (1, 2)],
    (1, 7, FOLLOWED, FOLLOWED),
]


@pytest.mark.parametrize(("resting", "moving", "far", "near"), TABLE)
def test_most_that_move_are_followed_two_or_more_close_and_one_does_neither(
    resting, moving, far, near
):
    assert {of_some(resting, moving, gap) for gap in FAR} == {far}
    assert {of_some(resting, moving, gap) for gap in NEAR} == {near}


def test_the_table_names_every_split_of_two_to_eight_sources():
    splits = {(k, m) for k, m in product(range(1, 8), repeat=2) if k + m <= 8}
    assert {(resting, moving) for resting, moving, *_ in TABLE} == splits


@pytest.mark.parametrize("honest", range(3, 8))
@pytest.mark.parametrize("gap", [0.1, *GAPS, 10])
def test_one_wrong_source_moves_and_closes_nothing_however_many_of_the_others_rest(honest, gap):
    for resting in range(honest + 1):
        world = quiet(honest + 1)
        said = [1] * resting + [1 + k / 20_000 for k in range(1, honest - resting + 1)]
        told(world, dict(enumerate([*said, gap], start=1)))
        assert outcome(world) in ((HELD,) if resting == honest else (HELD, FOLLOWED))
        assert PRICE <= world.index() <= PRICE * max(said)


@pytest.mark.parametrize("gap", [0.1, 0.9, 0.97, 1.03, 1.1, 10])
def test_one_wrong_source_of_seven_closes_nothing_in_an_hour_of_a_quiet_asset(gap):
    world = quiet(7)
    for minute in range(60):
        world.time += 59 * SECOND_US
        wrong = PRICE * (gap if minute % 2 else gap * 1.003)
        world.tell(dict.fromkeys(range(1, 7), PRICE) | {7: wrong})
        assert outcome(world) == HELD


@pytest.mark.parametrize("resting", [3, 5, 6])
def test_two_that_contradict_each_other_deny_nothing(resting):
    world = quiet(resting + 2)
    places = [1] * resting + [0.97, 1.06]
    told(world, dict(enumerate(places, start=1)))
    assert outcome(world) == HELD


@pytest.mark.parametrize("gap", [0.96, 1.04])
def test_two_wrong_sources_do_not_freeze_out_the_others_where_two_of_these_move(gap):
    # The middle of four that move, two of them wrong, is nobody's price.
    world = quiet(7)
    told(world, dict(enumerate([1, 1, 1, 1.00005, 1.0001, gap, gap], start=1)))
    assert outcome(world) != CLOSED and abs(world.index() - PRICE) <= PRICE / 10_000


@pytest.mark.parametrize("frozen", range(2, 7))
def test_feeds_that_freeze_while_the_price_drifts_hold_no_price_against_two(frozen):
    world, rest = quiet(frozen + 2), range(1, frozen + 1)
    for step in range(40):
        world.time += 20 * SECOND_US
        true = PRICE * (1 - step / 1_000)
        world.tell(dict.fromkeys(rest, PRICE) | {frozen + 1: true, frozen + 2: true + 1})
    assert outcome(world) == CLOSED
    world.tell(dict.fromkeys(rest, PRICE * 0.961))
    assert outcome(world) == FOLLOWED and world.index() < PRICE * 0.962, "they are back"


def test_a_quiet_asset_that_moves_is_followed_as_soon_as_most_of_its_sources_say_so():
    world = quiet(7)
    said = dict.fromkeys(range(1, 8), PRICE)
    found = []
    for source in range(1, 8):
        said[source] = PRICE * 1.01
        world.time += SECOND_US
        world.tell(said)
        found.append(outcome(world))
    assert found == [HELD, CLOSED, CLOSED, *[FOLLOWED] * 4]
