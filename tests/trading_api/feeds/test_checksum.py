"""The checksum is Kraken's: a book that Kraken recorded, followed by us, gives its every sum."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pilothouse.trading_api.feeds.book import Book
from pilothouse.trading_api.feeds.checksum import LEVELS, checksum, digits
from pilothouse.venue.catalogue import parse_json

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("PILOTHOUSE_SHARED", ROOT.parent / "shared"))
RECORDED = SHARED / "data" / "kraken" / "ws_v2_book.json"
PRICE_DECIMALS, QUANTITY_DECIMALS, DEPTH = 1, 8, 10


def test_digits_lose_point_and_leading_zeros() -> None:
    assert digits("45285.2", "0.00100000") == "452852100000"
    assert digits("0.05005", "0.00000500") == "5005500"


def test_a_sum_made_by_hand() -> None:
    # zlib of the text "123" and of nothing at all.
    assert checksum(["12"], ["3"]) == 0x884863D2
    assert checksum([], []) == 0


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


@pytest.mark.skipif(
    not RECORDED.exists(), reason="Kraken's recorded book is not here (PILOTHOUSE_SHARED)"
)
def test_every_recorded_sum_is_ours() -> None:
    recorded = parse_json(RECORDED.read_bytes())
    messages = [recorded["init"], *recorded["updates"]]
    (first,) = recorded["init"]["data"]
    book, right = Book(_scaled(first["bids"]), _scaled(first["asks"])), 0
    for message in messages:
        (row,) = message["data"]
        book.change(_scaled(row["bids"]), _scaled(row["asks"]))
        # A client at depth ten cuts off what moved out; a level it forgot may come back.
        book = Book(dict(book.bids.top(DEPTH)), dict(book.asks.top(DEPTH)))
        right += _sum(book) == row["checksum"]
    assert (right, len(messages)) == (510, 510)
