"""The keys of a demonstration: what a new user trades with."""

from __future__ import annotations

import json
import stat
from types import SimpleNamespace

import pytest

from pilothouse.access.keys import find_key
from pilothouse.wiring.demo import KEYS_FILE, write_keys

pytestmark = pytest.mark.django_db


def test_one_key_trades_one_repeats_without_nonces_and_one_reads(tmp_path):
    write_keys(tmp_path, (SimpleNamespace(account=7), SimpleNamespace(account=8)))
    path = tmp_path / KEYS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = json.loads(path.read_text())
    found = {name: find_key(one["key"]) for name, one in written.items()}
    said = {name: (one.account, one.may_trade, one.nonce_optional) for name, one in found.items()}
    assert said == {
        "trading": (7, True, False),
        "trading_without_nonces": (7, True, True),
        "read_only": (8, False, False),
    }
