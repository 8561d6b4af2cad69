"""P50: whatever we hash or sign is canonical: no two different things have the same bytes.

Fields that are joined by a sign, absent and empty ones, text moved from one field to the next.
"""

import itertools
import random
from datetime import UTC, datetime

from pilothouse.control.canonical import plain_bytes, plain_hash
from pilothouse.language.commands import CancelOrder, PlaceOrder
from pilothouse.language.kinds import OrderType, Side, TimeInForce
from pilothouse.language.names import Name, Sender
from pilothouse.language.rows import Message, to_rows
from pilothouse.records.models import AuditRow
from pilothouse.records.row_hash import row_hash
from pilothouse.trading_api.nonces import FUTURES, SPOT, key_number
from pilothouse.trading_api.signing import futures_digest

PIECES = ("", "a", "b", '"', ",", ":", "{", "}", "\\", "0", "1", "null", " ", "\0", "é", "[]")
PAIRS = 1_000_000


def texts(chance):
    return "".join(chance.choices(PIECES, k=chance.randrange(3)))


def test_p50_a_million_pairs_of_tuples_share_no_bytes():
    chance, seen = random.Random(50), {}
    # Each new tuple is compared with all before it: 1,500 of them are more than a million pairs.
    while len(seen) * (len(seen) - 1) // 2 < PAIRS:
        values = tuple(
            chance.choice((texts(chance), None, 0, 1, True, False, [], [texts(chance)]))
            for _ in range(4)
        )
        told = repr(values)
        made = plain_bytes(dict(zip("abcd", values, strict=True)))
        assert seen.setdefault(made, told) == told
    assert len({plain_hash(list(one)) for one in itertools.product(PIECES, repeat=2)}) == 16**2


def test_p50_an_absent_field_is_no_empty_one():
    forms = [{}, {"a": None}, {"a": ""}, {"a": 0}, {"a": False}, {"a": []}, {"a": {}}, {"": "a"}]
    assert len({plain_bytes(one) for one in forms}) == len(forms)


def test_p50_text_moved_to_the_next_field_of_an_audit_row_changes_its_hash():
    at, hashes = datetime(2026, 11, 29, tzinfo=UTC), set()
    splits = [(k, j) for k in range(7) for j in range(k, 7)]
    for k, j in splits:
        word = "abcdef"
        row = AuditRow(
            number=1,
            at=at,
            actor=word[:k],
            deed=word[k:j],
            subject=word[j:],
            outcome="done",
            sentence="",
            facts={},
            before_hash="0" * 64,
        )
        hashes.add(row_hash(row))
    assert len(hashes) == len(splits)


def test_p50_a_key_has_another_number_in_each_api_and_under_each_name():
    apis = (SPOT, FUTURES, "", "spo", "tspot")
    names = ("", "t", "spot", "1:", "0:t", "a" * 56)
    numbers = {key_number(api, name) for api in apis for name in names}
    assert len(numbers) == len(apis) * len(names)
    assert all(0 <= one < 1 << 63 for one in numbers)


def test_p50_a_commands_rows_say_where_each_text_ends():
    def order(reference, name):
        return PlaceOrder(
            account=1,
            market=1,
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            flags=0,
            quantity=1,
            price=1,
            user_ref=reference,
            client_order_id=name,
        )

    asked = [order(0, ""), order(1, ""), order(0, "1"), order(0, "\x011")]
    asked += [
        CancelOrder(account=1, order=k, client_order_id=name) for k in (0, 1) for name in "ab"
    ]
    made = {to_rows(Message(one, Name(Sender.GATEWAY, 1, 1))).tobytes() for one in asked}
    assert len(made) == len(asked)


def test_p50_krakens_signature_has_no_borders_so_its_digest_stands_for_all_splits():
    """The one scheme that is not ours: every split has one digest, and one digest is used once."""
    whole = "size=1&cliOrdId=a1790000000000"
    digests = {
        futures_digest(whole[:k].encode(), whole[k:].encode(), b"/api/v3/sendorder")
        for k in range(len(whole))
    }
    assert len(digests) == 1
