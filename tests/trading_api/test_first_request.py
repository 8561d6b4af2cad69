"""The first that a key does decides whether it signs with nonces."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from pilothouse.language.commands import UseRequest
from pilothouse.language.refusals import (
    KEY_NEEDS_A_NONCE,
    KEY_TABLE_IS_FULL,
    REQUEST_TABLE_IS_FULL,
    REQUEST_WAS_USED_ALREADY,
)
from pilothouse.trading_api.futures.errors import NONE_ARE_LEFT, SIGNS_WITHOUT, Refused
from pilothouse.trading_api.futures.keys import NO_NONCE, Signed, _take_nonce, use
from pilothouse.trading_api.nonces import FUTURES, Nonces
from tests.trading_api.running import key_of

KEY = key_of("a", 7)
BARE = Signed(KEY, NO_NONCE, b"d" * 32)


class Asked:
    """A door whose journal gives one answer, and which looks at the key while it is asked."""

    def __init__(self, outcome: int = 0, *, known: bool = False) -> None:
        self.futures_nonces = Nonces(FUTURES, without=lambda number: known)
        self.outcome = outcome
        self.sent: list[Any] = []
        self.meanwhile: list[bool] = []

    async def ask_one(self, key: Any, command: Any) -> Any:
        self.sent.append(command)
        self.meanwhile.append(self.futures_nonces.signs_without(key.public))
        return SimpleNamespace(outcome=self.outcome)

    def cancel(self) -> None:
        asyncio.run(use(self, BARE, only_cancels=True))  # type: ignore[arg-type]

    def order(self) -> None:
        asyncio.run(use(self, BARE, only_cancels=False))  # type: ignore[arg-type]


def test_the_first_cancel_is_journaled_and_decides_while_it_is_asked() -> None:
    door = Asked()
    door.cancel()
    door.cancel()
    assert [type(one) for one in door.sent] == [UseRequest]
    assert door.meanwhile == [True] and door.futures_nonces.signs_without(KEY.public)
    with pytest.raises(Refused) as refused:
        _take_nonce(door, KEY, "1")  # type: ignore[arg-type]
    assert refused.value.says == SIGNS_WITHOUT


@pytest.mark.parametrize(
    "full", [KEY_TABLE_IS_FULL, REQUEST_TABLE_IS_FULL, REQUEST_WAS_USED_ALREADY]
)
def test_a_cancel_is_carried_out_when_its_table_is_full(full: int) -> None:
    door = Asked(full)
    door.cancel()
    door.cancel()
    assert len(door.sent) == 2
    assert not door.futures_nonces.signs_without(KEY.public)
    with pytest.raises(Refused):
        door.order()


def test_a_key_whose_share_is_used_up_cancels_and_is_told_to_use_another() -> None:
    door = Asked(KEY_NEEDS_A_NONCE, known=True)
    door.cancel()
    assert door.sent == []
    with pytest.raises(Refused) as refused:
        door.order()
    assert refused.value.says == NONE_ARE_LEFT


def test_a_key_that_signs_with_nonces_cancels_with_one() -> None:
    door = Asked(KEY_NEEDS_A_NONCE)
    with pytest.raises(Refused):
        door.cancel()
    assert not door.futures_nonces.signs_without(KEY.public)
