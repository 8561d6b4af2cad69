"""Keys hold on while their database cannot be read, and not a moment longer."""

import pytest
from django.db import DatabaseError, OperationalError

from pilothouse.access.keys import ApiKey
from pilothouse.wiring import known_keys
from pilothouse.wiring.known_keys import KeysAreAway, KnownKeys


class Store:
    """Keys by their public halves; or a database that cannot be read."""

    def __init__(self):
        self.keys, self.fault = {}, None

    def __call__(self, public):
        if self.fault:
            raise self.fault
        return self.keys.get(public)


def key(public):
    return ApiKey(public, b"secret", 7, True)


@pytest.mark.parametrize("fault", [DatabaseError("malformed"), OperationalError("locked")])
def test_a_key_that_was_seen_holds_on_and_one_that_was_not_is_unavailable(fault):
    store = Store()
    store.keys["a"], find = key("a"), KnownKeys(store)
    assert find("a") == key("a") and find("b") is None
    store.fault = fault
    assert find("a") == key("a")
    for public in ("b", "c"):
        with pytest.raises(KeysAreAway):
            find(public)


def test_a_key_that_was_revoked_is_gone_as_soon_as_it_is_looked_up_again():
    store = Store()
    store.keys["a"], find = key("a"), KnownKeys(store)
    assert find("a")
    del store.keys["a"]
    assert find("a") is None
    store.fault = DatabaseError("malformed")
    with pytest.raises(KeysAreAway):
        find("a")


def test_how_many_are_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(known_keys, "KNOWN_MOST", 3)
    store = Store()
    store.keys, find = {one: key(one) for one in "abcde"}, KnownKeys(store)
    for one in "abcde":
        find(one)
    assert list(find._known) == list("cde")
