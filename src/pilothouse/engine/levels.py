"""Books: price levels in order, for orders and for triggers.

A book is a radix tree of 64-bit occupancy words over the price in ticks; levels are also linked in
price order, so that the next best is one step away. Any price below 2^42 has room. A node stands
for all prices with one prefix and has at least two children, since one that had a single child
would say nothing that the child does not say. So a book has fewer nodes than levels, wherever its
prices lie. A child is a node, or a level written as a negative number. The book remembers its last
leaf, a node of 64 neighbouring ticks, and most orders stand in the same one.
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
NODES_PER_LEVEL = 1
"""What a new level needs at most: the node where its price parts from another."""


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
        return -s.nodes[b.leaf].children[key & PLACES]
    return _walk(s, book, price, key)


@inner
def _walk(s: State, book: int, price: int, key: int) -> int:
    child = s.books[book].root
    while child > 0:
        if not _covers(s, child, key):
            return 0
        _remember_leaf(s, book, child)
        child = s.nodes[child].children[_place_of(s, child, key)]
    return -child if child != 0 and s.levels[-child].price == price else 0


@inlined
def _covers(s: State, node: int, key: int) -> bool:
    return key >> (BITS * s.nodes[node].height) == s.nodes[node].prefix


@inlined
def _place_of(s: State, node: int, key: int) -> int:
    return (key >> (BITS * (s.nodes[node].height - 1))) & PLACES


@inlined
def _first_key(s: State, node: int) -> int:
    return s.nodes[node].prefix << (BITS * s.nodes[node].height)


@inlined
def _remember_leaf(s: State, book: int, node: int) -> None:
    if s.nodes[node].height == 1:
        s.books[book].leaf = node
        s.books[book].leaf_prefix = s.nodes[node].prefix


@inner
def new_level(s: State, book: int, price: int) -> int:
    """Return a new, empty level at a price that has none; its rows were reserved."""
    key = price // s.books[book].tick
    node = _parent_of(s, book, key)
    level = _take_level(s)
    one = s.levels[level]
    one.book = book
    one.price = price
    _hang(s, book, node, key, -level)
    _link(s, book, level, _lower_neighbour(s, node, one.seat & PLACES))
    return level


@inner
def _parent_of(s: State, book: int, key: int) -> int:
    # The node whose place for a key is free, made where the key parts from what is there; 0 is
    # the book itself.
    b = s.books[book]
    if b.leaf != 0 and b.leaf_prefix == key >> BITS:
        return b.leaf
    node, child = 0, b.root
    while child > 0 and _covers(s, child, key):
        node = child
        child = s.nodes[node].children[_place_of(s, node, key)]
    if child != 0:
        node = _part(s, book, node, child, key)
    if node != 0:
        _remember_leaf(s, book, node)
    return node


@inner
def _part(s: State, book: int, above: int, child: int, key: int) -> int:
    # A node between one and its child, for the longest prefix that the child shares with a key.
    if child > 0:
        other, height = _first_key(s, child), s.nodes[child].height + 1
    else:
        other, height = s.levels[-child].price // s.books[book].tick, 1
    while key >> (BITS * height) != other >> (BITS * height):
        height += 1
    node = _take_node(s)
    s.nodes[node].height = height
    s.nodes[node].prefix = key >> (BITS * height)
    _hang(s, book, above, key, node)
    _hang(s, book, node, other, child)
    return node


@inner
def _hang(s: State, book: int, node: int, key: int, child: int) -> None:
    place = 0
    if node == 0:
        s.books[book].root = child
    else:
        place = _place_of(s, node, key)
        s.nodes[node].children[place] = child
        s.nodes[node].occupied |= bit(place)
    if child > 0:
        s.nodes[child].parent = node
    else:
        s.levels[-child].seat = (node << BITS) + place


@inner
def _lower_neighbour(s: State, node: int, place: int) -> int:
    # Climb until some place below is occupied, then go down along the highest ones.
    lower = s.nodes[node].occupied & below(place)
    while lower == 0 and s.nodes[node].parent != 0:
        key = _first_key(s, node)
        node = s.nodes[node].parent
        lower = s.nodes[node].occupied & below(_place_of(s, node, key))
    if lower == 0:
        return 0
    child = s.nodes[node].children[highest_bit(lower)]
    while child > 0:
        child = s.nodes[child].children[highest_bit(s.nodes[child].occupied)]
    return -child


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
    """Remove an empty level, and the node that it leaves with a single child."""
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
def _vacate(s: State, book: int, node: int, place: int) -> None:
    if node == 0:
        s.books[book].root = 0
        return
    s.nodes[node].children[place] = 0
    s.nodes[node].occupied &= ~bit(place)
    left = lowest_bit(s.nodes[node].occupied)
    if s.nodes[node].occupied != bit(left):
        return
    child = s.nodes[node].children[left]
    s.nodes[node].children[left] = 0
    s.nodes[node].occupied = 0
    _hang(s, book, s.nodes[node].parent, _first_key(s, node), child)
    if s.books[book].leaf == node:
        s.books[book].leaf = 0
    _free_node(s, node)


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
    """Tell whether the node that one more level may need has room."""
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
def _take_node(s: State) -> int:
    x = s.exchange[0]
    node = x.nodes_free
    if node == 0:
        x.nodes_used += 1
        return x.nodes_used
    x.nodes_free = s.nodes[node].parent
    x.nodes_spare -= 1
    return node


@inlined
def _free_node(s: State, node: int) -> None:
    x = s.exchange[0]
    s.nodes[node].prefix = 0
    s.nodes[node].height = 0
    s.nodes[node].parent = x.nodes_free
    x.nodes_free = node
    x.nodes_spare += 1
