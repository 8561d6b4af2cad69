"""Books: price levels in order, for orders and for triggers.

A book is a radix tree of 64-bit occupancy words over the price in ticks, whose leaves point at
levels; levels are also linked in price order, so that the next best is one step away. Any price
below 2^42 has room. The tree is only as high as the prices in it need: the root stands for all
prices with one prefix, and grows or shrinks with them, so that most books have two nodes above a
level. The book remembers its last leaf, and most orders stand in the same 64 ticks.
"""

from __future__ import annotations

from typing import Any

from pilothouse.engine.state import State
from pilothouse.rules.bits import below, bit, highest_bit, lowest_bit
from pilothouse.rules.compiled import inlined, inner

BITS = 6
HEIGHT_MAX = 7
PLACES = 63
PRICE_LIMIT = 1 << (BITS * HEIGHT_MAX)
NODES_PER_LEVEL = 2 * HEIGHT_MAX
"""More than a new level can need: a root for each height, and the way down to its leaf."""


@inner
def open_book(s: State, tick: int) -> int:
    """Return a new book for prices on a tick, at least 1; its row was reserved."""
    x = s.exchange[0]
    x.books_used += 1
    s.books[x.books_used].tick = tick
    return x.books_used


@inlined
def find_level(s: State, book: int, price: int) -> int:
    """Return the level of a price in a book, or 0."""
    b = s.books[book]
    key = price // b.tick
    if b.leaf != 0 and b.leaf_prefix == key >> BITS:
        return s.nodes[b.leaf].children[key & PLACES]
    return _walk(s, book, key)


@inner
def _walk(s: State, book: int, key: int) -> int:
    b = s.books[book]
    if b.root == 0 or key >> (BITS * b.height) != b.prefix:
        return 0
    node = b.root
    for depth in range(b.height - 1, 0, -1):
        node = s.nodes[node].children[(key >> (BITS * depth)) & PLACES]
        if node == 0:
            return 0
    b.leaf = node
    b.leaf_prefix = key >> BITS
    return s.nodes[node].children[key & PLACES]


@inner
def new_level(s: State, book: int, price: int) -> int:
    """Return a new, empty level at a price that has none; its rows were reserved."""
    key = price // s.books[book].tick
    leaf = _leaf(s, book, key)
    place = key & PLACES
    level = _take_level(s)
    one = s.levels[level]
    one.book = book
    one.price = price
    one.seat = (leaf << BITS) + place
    lower = _lower_neighbour(s, leaf, place)
    s.nodes[leaf].children[place] = level
    s.nodes[leaf].occupied |= bit(place)
    _link(s, book, level, lower)
    return level


@inner
def _leaf(s: State, book: int, key: int) -> int:
    b = s.books[book]
    if b.root == 0:
        b.root = _take_node(s, 0, 0)
        b.height = 1
        b.prefix = key >> BITS
    while key >> (BITS * b.height) != b.prefix:
        _raise_root(s, book)
    node = b.root
    for depth in range(b.height - 1, 0, -1):
        place = (key >> (BITS * depth)) & PLACES
        child = s.nodes[node].children[place]
        if child == 0:
            child = _take_node(s, node, place)
            s.nodes[node].children[place] = child
            s.nodes[node].occupied |= bit(place)
        node = child
    b.leaf = node
    b.leaf_prefix = key >> BITS
    return node


@inner
def _raise_root(s: State, book: int) -> None:
    b = s.books[book]
    place = b.prefix & PLACES
    root = _take_node(s, 0, 0)
    s.nodes[b.root].parent = root
    s.nodes[b.root].place = place
    s.nodes[root].children[place] = b.root
    s.nodes[root].occupied = bit(place)
    b.root = root
    b.prefix >>= BITS
    b.height += 1


@inner
def _lower_root(s: State, book: int) -> None:
    # A root with one child says nothing that the child does not say.
    b = s.books[book]
    while b.height > 1:
        root = s.nodes[b.root]
        place = lowest_bit(root.occupied)
        if place != highest_bit(root.occupied):
            return
        child = root.children[place]
        root.children[place] = 0
        root.occupied = 0
        _free_node(s, b.root)
        s.nodes[child].parent = 0
        s.nodes[child].place = 0
        b.root = child
        b.prefix = (b.prefix << BITS) + place
        b.height -= 1


@inner
def _lower_neighbour(s: State, leaf: int, place: int) -> int:
    # Climb until some place below is occupied, then go down along the highest ones.
    node, climbed = leaf, 0
    lower = s.nodes[node].occupied & below(place)
    while lower == 0 and s.nodes[node].parent != 0:
        lower = s.nodes[s.nodes[node].parent].occupied & below(s.nodes[node].place)
        node = s.nodes[node].parent
        climbed += 1
    if lower == 0:
        return 0
    child = s.nodes[node].children[highest_bit(lower)]
    for _ in range(climbed):
        child = s.nodes[child].children[highest_bit(s.nodes[child].occupied)]
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
    _vacate(s, one.book, one.seat >> BITS, one.seat & PLACES)
    _free_level(s, level)


@inner
def _vacate(s: State, book: int, leaf: int, place: int) -> None:
    b = s.books[book]
    node = leaf
    while node != 0:
        s.nodes[node].children[place] = 0
        s.nodes[node].occupied &= ~bit(place)
        if s.nodes[node].occupied != 0:
            break
        if node == b.leaf:
            b.leaf = 0
        parent = s.nodes[node].parent
        place = s.nodes[node].place
        _free_node(s, node)
        node = parent
    if node == 0:
        b.root = 0
    elif node == b.root:
        _lower_root(s, book)


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
    """Tell whether one more level has room."""
    x = s.exchange[0]
    return x.levels_free != 0 or x.levels_used + 1 < s.levels.shape[0]


@inlined
def room_for_nodes(s: State) -> bool:
    """Tell whether all nodes that one more level may need have room."""
    x = s.exchange[0]
    return x.nodes_used - x.nodes_spare + NODES_PER_LEVEL < s.nodes.shape[0]


@inlined
def _take_level(s: State) -> int:
    x = s.exchange[0]
    level = x.levels_free
    if level == 0:
        x.levels_used += 1
        return x.levels_used
    x.levels_free = s.levels[level].above
    x.levels_spare -= 1
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
    one.seat = 0
    one.above = x.levels_free
    x.levels_free = level
    x.levels_spare += 1


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
