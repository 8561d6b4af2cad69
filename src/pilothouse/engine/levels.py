"""Books: price levels in order, for orders and for triggers.

A book is a radix tree of 64-bit occupancy words over the price, seven nodes deep (prices below
2^42), whose leaves point at levels; levels are also linked in price order, so that the next best
is one step away. Any price on the grid has room. The tree is walked only where a level is new: the
book remembers its last leaf, and most orders stand in the same 64 prices.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.state import State
from pilothouse.rules.bits import below, bit, highest_bit
from pilothouse.rules.compiled import inlined, inner

BITS = 6
DEPTH = 7
PLACES = 63
PRICE_LIMIT = 1 << (BITS * DEPTH)


@inlined
def find_level(s: State, book: int, price: int) -> int:
    """Return the level of a price in a book, or 0."""
    b = s.books[book]
    if b.leaf != 0 and b.leaf_prefix == price >> BITS:
        return s.nodes[b.leaf].children[price & PLACES]
    return _walk(s, book, price)


@inner
def _walk(s: State, book: int, price: int) -> int:
    b = s.books[book]
    node = b.root
    for depth in range(DEPTH - 1):
        if node == 0:
            return 0
        node = s.nodes[node].children[(price >> (BITS * (DEPTH - 1 - depth))) & PLACES]
    if node == 0:
        return 0
    b.leaf = node
    b.leaf_prefix = price >> BITS
    return s.nodes[node].children[price & PLACES]


@inner
def new_level(s: State, book: int, price: int) -> int:
    """Return a new, empty level at a price that has none; its rows were reserved."""
    leaf = _leaf(s, book, price)
    level = _take_level(s)
    one = s.levels[level]
    one.book = book
    one.price = price
    one.leaf = leaf
    lower = _lower_neighbour(s, leaf, price & PLACES)
    s.nodes[leaf].children[price & PLACES] = level
    s.nodes[leaf].occupied |= bit(price & PLACES)
    _link(s, book, level, lower)
    return level


@inner
def _leaf(s: State, book: int, price: int) -> int:
    b = s.books[book]
    if b.root == 0:
        b.root = _take_node(s, 0, 0)
    node = b.root
    for depth in range(DEPTH - 1):
        place = (price >> (BITS * (DEPTH - 1 - depth))) & PLACES
        child = s.nodes[node].children[place]
        if child == 0:
            child = _take_node(s, node, place)
            s.nodes[node].children[place] = child
            s.nodes[node].occupied |= bit(place)
        node = child
    b.leaf = node
    b.leaf_prefix = price >> BITS
    return node


@inner
def _lower_neighbour(s: State, leaf: int, place: int) -> int:
    # Climb until some place below is occupied, then go down along the highest ones.
    node = leaf
    depth = DEPTH - 1
    lower = s.nodes[node].occupied & below(place)
    while lower == 0 and s.nodes[node].parent != 0:
        lower = s.nodes[s.nodes[node].parent].occupied & below(s.nodes[node].place)
        node = s.nodes[node].parent
        depth -= 1
    if lower == 0:
        return 0
    child = s.nodes[node].children[highest_bit(lower)]
    while depth < DEPTH - 1:
        child = s.nodes[child].children[highest_bit(s.nodes[child].occupied)]
        depth += 1
    return child


@inner
def _link(s: State, book: int, level: int, lower: int) -> None:
    b = s.books[book]
    one = s.levels[level]
    higher = b.lowest if lower == 0 else s.levels[lower].above
    one.below = lower
    one.above = higher
    if lower == 0:
        b.lowest = level
    else:
        s.levels[lower].above = level
    if higher == 0:
        b.highest = level
    else:
        s.levels[higher].below = level
    b.levels += 1


@inner
def drop_level(s: State, level: int) -> None:
    """Remove an empty level and the nodes that it leaves empty."""
    one = s.levels[level]
    b = s.books[one.book]
    if one.below == 0:
        b.lowest = one.above
    else:
        s.levels[one.below].above = one.above
    if one.above == 0:
        b.highest = one.below
    else:
        s.levels[one.above].below = one.below
    b.levels -= 1
    _vacate(s, one.book, one.leaf, one.price & PLACES)
    _free_level(s, level)


@inner
def _vacate(s: State, book: int, leaf: int, place: int) -> None:
    b = s.books[book]
    node = leaf
    while node != 0:
        s.nodes[node].children[place] = 0
        s.nodes[node].occupied &= ~bit(place)
        if s.nodes[node].occupied != 0 or node == b.root:
            return
        if node == b.leaf:
            b.leaf = 0
        parent = s.nodes[node].parent
        place = s.nodes[node].place
        _free_node(s, node)
        node = parent


@inlined
def append(s: State, rows: Any, level: int, row: int) -> None:
    """Put a row (an order or a trigger) behind all others of a level."""
    one = s.levels[level]
    rows[row].level = level
    rows[row].next = 0
    rows[row].previous = one.last
    if one.last == 0:
        one.first = row
    else:
        rows[one.last].next = row
    one.last = row


@inlined
def unlink(s: State, rows: Any, row: int) -> None:
    """Take a row out of its level, and drop the level if it was the last."""
    level = rows[row].level
    one = s.levels[level]
    following, previous = rows[row].next, rows[row].previous
    if previous == 0:
        one.first = following
    else:
        rows[previous].next = following
    if following == 0:
        one.last = previous
    else:
        rows[following].previous = previous
    rows[row].level = 0
    if one.first == 0:
        drop_level(s, level)


@inlined
def room_for_level(s: State) -> bool:
    """Tell whether one level and all nodes it may need have room."""
    x = s.exchange[0]
    return (x.levels_free != 0 or x.levels_used + 1 < s.levels.shape[0]) and (
        x.nodes_used - x.nodes_spare + DEPTH < s.nodes.shape[0]
    )


@inlined
def _take_level(s: State) -> int:
    x = s.exchange[0]
    level = x.levels_free
    if level == 0:
        x.levels_used += 1
        return x.levels_used
    x.levels_free = s.levels[level].above
    s.levels[level].above = 0
    return level


@inlined
def _free_level(s: State, level: int) -> None:
    x = s.exchange[0]
    one = s.levels[level]
    one.book = 0
    one.price = 0
    one.quantity = 0
    one.last = 0
    one.below = 0
    one.leaf = 0
    one.above = x.levels_free
    x.levels_free = level


@inlined
def _take_node(s: State, parent: int, place: int) -> int:
    x = s.exchange[0]
    node = x.nodes_free
    if node == 0:
        x.nodes_used += 1
        node = x.nodes_used
    else:
        x.nodes_free = s.nodes[node].parent
        x.nodes_spare -= 1
    s.nodes[node].parent = parent
    s.nodes[node].place = place
    return node


@inlined
def _free_node(s: State, node: int) -> None:
    x = s.exchange[0]
    s.nodes[node].place = 0
    s.nodes[node].parent = x.nodes_free
    x.nodes_free = node
    x.nodes_spare += 1
