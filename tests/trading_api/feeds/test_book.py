"""Whatever happens to a book, who applies what is sent at a depth holds its best levels."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from pilothouse.language.kinds import Side
from pilothouse.trading_api.feeds.book import WHOLE, Book, BookSide
from tests.trading_api.feeds.following import applied

DEPTHS = [1, 2, 3, 10, WHOLE]
LEVELS = some.dictionaries(some.integers(1, 12), some.integers(0, 3), max_size=12)


@settings(max_examples=300, deadline=None)
@given(
    some.sampled_from(Side),
    LEVELS,
    some.lists(LEVELS, max_size=8),
)
def test_every_depth_follows(
    side: Side, first: dict[int, int], changes: list[dict[int, int]]
) -> None:
    true = {price: quantity for price, quantity in first.items() if quantity}
    book = BookSide(side, true)
    held = {depth: dict(book.top(depth)) for depth in DEPTHS}
    for touched in changes:
        before = {depth: book.top(depth) for depth in DEPTHS}
        sent = book.change(touched, DEPTHS)
        true = {k: v for k, v in (true | touched).items() if v}
        best = sorted(true.items(), reverse=side == Side.BUY)
        for depth in DEPTHS:
            assert book.top(depth) == best[:depth]
            held[depth] = applied(side, held[depth], sent.get(depth, []), depth)
            assert list(held[depth].items()) == best[:depth]
            # Nothing is sent that a client knows, and nothing when it knows everything.
            assert (depth in sent) == (before[depth] != best[:depth])
            assert not set(sent.get(depth, [])) & set(before[depth])


def test_a_level_that_moves_up_into_a_depth_is_sent() -> None:
    book = Book({10: 1, 9: 1, 8: 1, 7: 1}, {})
    update = book.change({10: 0}, {}, [2, 3])
    assert update[2].bids == [(10, 0), (8, 1)]
    assert update[3].bids == [(10, 0), (7, 1)]


def test_a_level_that_is_pushed_out_is_not_sent() -> None:
    book = Book({}, {1: 5, 2: 5, 3: 5})
    update = book.change({}, {0: 4}, [2])
    assert update[2].asks == [(0, 4)] and update[2].bids == []
    # It changes out there unseen, and comes back with what it has become.
    assert book.change({}, {2: 7}, [2]) == {}
    assert book.change({}, {0: 0}, [2])[2].asks == [(0, 0), (2, 7)]


def test_a_depth_without_change_is_not_named() -> None:
    book = Book({10: 1, 9: 1}, {11: 1})
    assert set(book.change({9: 2}, {}, [1, 2])) == {2}
    assert book.change({9: 2}, {11: 1}, [1, 2]) == {}
