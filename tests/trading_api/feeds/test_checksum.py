"""The checksum is Kraken's: its guides' books have the sums it says, and recorded books theirs.

`recorded_book.txt` is what a client of ours at depth ten was sent: a sum, bids and asks a line.
Each sum was checked when it was recorded by a client that follows Kraken's guide alone
(`following.py`), and is again here. Kraken's own longer recording is followed where it is at hand.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pilothouse.trading_api.feeds.book import Book
from pilothouse.trading_api.feeds.checksum import LEVELS, checksum, digits
from pilothouse.venue.catalogue import parse_json
from tests.trading_api.feeds.following import Follower

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PILOTHOUSE_SHARED", ROOT.parent / "shared"))
OURS = Path(__file__).with_name("recorded_book.txt")
KRAKENS = SHARED / "data" / "kraken" / "ws_v2_book.json"
PRICE_DECIMALS, QUANTITY_DECIMALS, DEPTH = 1, 8, 10


def test_digits_lose_point_and_leading_zeros() -> None:
    assert digits("45285.2", "0.00100000") == "452852100000"
    assert digits("0.05005", "0.00000500") == "5005500"


def test_a_sum_made_by_hand() -> None:
    # zlib of the text "123" and of nothing at all.
    assert checksum(["12"], ["3"]) == 0x884863D2
    assert checksum([], []) == 0


SMALL = "0.00000500"
GUIDE_V1 = (
    [(f"0.{price:05}", SMALL) for price in range(5_005, 5_055, 5)],
    [(f"0.{price:05}", SMALL) for price in (5_000, 4_995, 4_990, *range(4_980, 4_945, -5))],
    974_947_235,
)
GUIDE_V2 = (
    [
        ("45285.2", "0.00100000"), ("45286.4", "1.54571953"), ("45286.6", "1.54571109"),
        ("45289.6", "1.54560911"), ("45290.2", "0.15890660"), ("45291.8", "1.54553491"),
        ("45294.7", "0.04454749"), ("45296.1", "0.35380000"), ("45297.5", "0.09945542"),
        ("45299.5", "0.18772827"),
    ],
    [
        ("45283.5", "0.10000000"), ("45283.4", "1.54582015"), ("45282.1", "0.10000000"),
        ("45281.0", "0.10000000"), ("45280.3", "1.54592586"), ("45279.0", "0.07990000"),
        ("45277.6", "0.03310103"), ("45277.5", "0.30000000"), ("45277.3", "1.54602737"),
        ("45276.6", "0.15445238"),
    ],
    3_310_070_434,
)  # fmt: skip
"""The books that Kraken's guides to the book's checksum work through: asks, bids, their sum."""


@pytest.mark.parametrize("guide", [GUIDE_V1, GUIDE_V2], ids=["v1", "v2"])
def test_the_books_of_krakens_guides_have_their_sums(guide: tuple[Any, Any, int]) -> None:
    asks, bids, told = guide
    assert len(asks) == len(bids) == LEVELS
    assert checksum([digits(*one) for one in asks], [digits(*one) for one in bids]) == told


def _scaled(levels: list[dict[str, Any]]) -> dict[int, int]:
    return {
        int(Decimal(one["price"]).scaleb(PRICE_DECIMALS)): int(
            Decimal(one["qty"]).scaleb(QUANTITY_DECIMALS)
        )
        for one in levels
    }


def _sum(book: Book) -> int:
    sides = []
    for side in (book.asks, book.bids):
        texts = [
            (f"{Decimal(price).scaleb(-1):.1f}", f"{Decimal(quantity).scaleb(-8):.8f}")
            for price, quantity in side.top(LEVELS)
        ]
        sides.append([digits(*one) for one in texts])
    return checksum(*sides)


def _right(messages: list[dict[str, Any]]) -> int:
    """Follow a recording from its snapshot on; return how many of its sums are ours."""
    book, right = Book({}, {}), 0
    for message in messages:
        (row,) = message["data"]
        book.change(_scaled(row["bids"]), _scaled(row["asks"]))
        # A client at depth ten cuts off what moved out; a level it forgot may come back.
        book = Book(dict(book.bids.top(DEPTH)), dict(book.asks.top(DEPTH)))
        right += _sum(book) == row["checksum"]
    return right


def _ours() -> Iterator[dict[str, Any]]:
    for k, line in enumerate(OURS.read_text().splitlines()):
        told, *sides = line.split("|")
        bids, asks = ([_level(one) for one in side.split()] for side in sides)
        row = {"checksum": int(told), "bids": bids, "asks": asks}
        yield {"type": "update" if k else "snapshot", "data": [row]}


def _level(text: str) -> dict[str, Decimal]:
    price, quantity = text.split("@")
    return {"price": Decimal(price), "qty": Decimal(quantity)}


def test_every_recorded_sum_is_ours_and_its_clients() -> None:
    messages, client = list(_ours()), Follower(DEPTH)
    for one in messages:
        client.hear(one)
    assert (_right(messages), client.checked, len(messages)) == (110, 110, 110)


@pytest.mark.skipif(
    not KRAKENS.exists(), reason="Kraken's recorded book is not here (PILOTHOUSE_SHARED)"
)
def test_every_sum_that_kraken_recorded_is_ours() -> None:
    recorded = parse_json(KRAKENS.read_bytes())
    messages = [recorded["init"], *recorded["updates"]]
    assert (_right(messages), len(messages)) == (510, 510)
