"""Ids look like Kraken's, give their number back, and cannot be guessed into being."""

from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.records.client_ids import number_of_txid, number_of_uuid, txid_of, uuid_of

NUMBERS = st.integers(0, (1 << 63) - 1)


@given(NUMBERS, st.sampled_from("OTL"))
def test_a_spot_id_gives_its_number_back(number: int, letter: str) -> None:
    txid = txid_of(letter, number)
    assert re.fullmatch(letter + r"[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}", txid)
    assert number_of_txid(letter, txid) == number


@given(NUMBERS, st.sampled_from(["order", "fill"]))
def test_a_futures_id_is_a_uuid_and_gives_its_number_back(number: int, kind: str) -> None:
    text = uuid_of(kind, number)
    assert uuid.UUID(text).version == 4
    assert str(uuid.UUID(text)) == text
    assert number_of_uuid(kind, text) == number
    assert number_of_uuid(kind, text.upper()) == number


@given(st.text(max_size=40))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    assert number_of_txid("O", text) is None
    assert number_of_uuid("order", text) is None


def test_an_id_of_one_kind_is_none_of_another() -> None:
    assert number_of_txid("T", txid_of("O", 5)) is None
    assert number_of_txid("T", "T" + txid_of("O", 5)[1:]) is None
    assert number_of_uuid("fill", uuid_of("order", 5)) is None


def test_a_changed_id_is_no_id() -> None:
    txid, text = txid_of("O", 5), uuid_of("order", 5)
    changed = [txid[:k] + ("A" if txid[k] != "A" else "B") + txid[k + 1 :] for k in range(1, 6)]
    assert all(number_of_txid("O", one) != 5 for one in changed)
    assert number_of_uuid("order", text[:-1] + ("0" if text[-1] != "0" else "1")) is None


def test_neighbouring_numbers_have_ids_that_differ_widely() -> None:
    one, other = txid_of("O", 1), txid_of("O", 2)
    assert sum(a != b for a, b in zip(one, other, strict=True)) > 8


def test_a_negative_number_has_no_id() -> None:
    with pytest.raises(ValueError, match="has no id"):
        txid_of("O", -1)
