"""Bodies, booleans and numbers in every spelling that clients use, and nothing else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.trading_api import texts


def test_a_form_keeps_its_fields_and_their_order() -> None:
    assert texts.read_form(b"a=1&b=%2B5%25&c=") == {"a": "1", "b": "+5%", "c": ""}
    assert texts.read_fields(b"x=1&x=2") == [("x", "1"), ("x", "2")]


@pytest.mark.parametrize("raw", [b"\xff=1", b"&".join([b"a=1"] * 2000)])
def test_a_form_that_is_none_is_unreadable(raw: bytes) -> None:
    with pytest.raises(texts.Unreadable):
        texts.read_form(raw)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"3", b"[" * 100_000, b'{"a": "\\ud800"}'])
def test_an_object_that_is_none_is_unreadable(raw: bytes) -> None:
    with pytest.raises(texts.Unreadable):
        texts.read_object(raw)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ({}, None),
        ([1], None),
        (True, "true"),
        (False, "false"),
        (12, "12"),
        (Decimal("0.10"), "0.10"),
        ("a", "a"),
    ],
)
def test_plain_values_as_texts(value: Any, text: str | None) -> None:
    assert texts.text_of(value) == text


@pytest.mark.parametrize(
    ("text", "flag"), [("True", True), ("1", True), ("false", False), ("", False), ("yes", None)]
)
def test_booleans_in_every_clients_spelling(text: str, flag: bool | None) -> None:
    assert texts.flag_of(text) is flag


@pytest.mark.parametrize(
    ("text", "decimals", "value"),
    [
        ("1.25", 2, 125),
        ("1.250", 2, 125),
        ("1e-8", 8, 1),
        (".5", 1, 5),
        ("5.", 0, 5),
        ("-1", 0, -1),
        ("1.251", 2, None),
        ("1_000", 0, None),
        ("٣", 0, None),
        ("NaN", 2, None),
        ("inf", 2, None),
        ("1e99", 2, None),
        ("0x10", 0, None),
        ("9" * 41, 0, None),
        ("9" * 30, 0, None),
    ],
)
def test_exact_decimals(text: str, decimals: int, value: int | None) -> None:
    assert texts.decimal_of(text, decimals) == value


@given(st.text(max_size=60), st.integers(0, 18))
def test_any_text_is_read_without_a_fault(text: str, decimals: int) -> None:
    texts.decimal_of(text, decimals)
    texts.integer_of(text)
    texts.flag_of(text)
