"""Attacks from a drill on its original and back: nothing signed for one is taken by the other."""

import base64
import json
import sqlite3
import stat

import pytest
from cryptography.exceptions import InvalidTag

from pilothouse.access.sealing import bound, seal, unseal
from pilothouse.access.secret_file import make_secret, read_secret
from pilothouse.language.names import Sender
from pilothouse.venue.machine import present_release
from pilothouse.wiring.drill.copying import copied, copy_exchange
from pilothouse.wiring.drill.removing import CannotRemove, remove_drill
from tests.venue.exchange import genesis, trader
from tests.venue.running import client_of, running_writer

SEED = "JBSWY3DPEHPK3PXP-the-seed-of-a-second-factor"
SESSION = "a-session-of-the-original"
TABLES = {
    "django_session": "word TEXT",
    "mfa_authenticator": "data TEXT",
    "access_storedkey": (
        "id INTEGER, public TEXT, sealed_secret BLOB, account INTEGER, label TEXT, revoked_at TEXT"
    ),
}


@pytest.fixture
def original(tmp_path):
    home = tmp_path / "original"
    make_secret(home)
    with running_writer(home, present_release()), client_of(home, patience_s=300) as client:
        client.submit(genesis())
        client.submit([next(trader(Sender.GATEWAY, 3))])
    made = sqlite3.connect(home / "pilothouse.sqlite3")
    with made:
        for name, columns in TABLES.items():
            made.execute(f"CREATE TABLE {name} ({columns})")
        made.execute("INSERT INTO mfa_authenticator VALUES (?)", (SEED,))
        made.execute("INSERT INTO django_session VALUES (?)", (SESSION,))
        for number, revoked in ((1, None), (2, "2026-01-01")):
            sealed = seal(home, f"public-{number}".encode(), b"s" * 64)
            row = (number, f"public-{number}", sealed, 7, "trading", revoked)
            made.execute("INSERT INTO access_storedkey VALUES (?,?,?,?,?,?)", row)
    made.close()
    keys = {"trading": {"key": "public-1", "secret": base64.b64encode(b"s" * 64).decode()}}
    (home / "demo-keys.json").write_text(json.dumps(keys))
    return home


def rows(home):
    with sqlite3.connect(home / "pilothouse.sqlite3") as read:
        found = read.execute("SELECT public, sealed_secret, account FROM access_storedkey")
        return found.fetchall()


def test_f7_no_key_or_secret_of_the_original_is_in_its_drill(original, tmp_path):
    drill = tmp_path / "drill"
    copy_exchange(original, drill, "demo")
    assert read_secret(drill) != read_secret(original)
    ((public, sealed, account),) = rows(drill)
    assert public not in {one[0] for one in rows(original)} and account == 7
    bound_in = bound(public, {"account": 7})
    secret = unseal(drill, bound_in, sealed)
    assert secret != b"s" * 64
    with pytest.raises(InvalidTag):
        unseal(original, bound_in, sealed)
    with pytest.raises(InvalidTag):
        unseal(drill, b"public-1", rows(original)[0][1])
    told = json.loads((drill / "demo-keys.json").read_text())
    assert told == {"trading": {"key": public, "secret": base64.b64encode(secret).decode()}}
    (kept,) = json.loads((drill / "drill-keys.json").read_text())
    assert (kept["key"], kept["account"], kept["label"]) == (public, 7, "trading")
    for name in ("secret.key", "demo-keys.json", "drill-keys.json", "pilothouse.sqlite3"):
        assert stat.S_IMODE((drill / name).stat().st_mode) == 0o600


def test_what_is_left_out_of_a_drill_is_in_none_of_its_bytes(original, tmp_path):
    copy_exchange(original, tmp_path / "drill", "production")
    raw = b"".join(one.read_bytes() for one in (tmp_path / "drill").rglob("*") if one.is_file())
    for secret in (SEED, SESSION, "public-1", "public-2"):
        assert secret.encode() not in raw
    for _, sealed, _ in rows(original):
        assert sealed not in raw
    assert SEED.encode() in (original / "pilothouse.sqlite3").read_bytes()


def test_a_drill_removes_all_but_its_sheet_and_nothing_else_is_removed(original, tmp_path):
    drill = tmp_path / "drill"
    copy_exchange(original, drill, "demo")
    (drill / "drill-sheet.txt").write_text("what it came to")
    with pytest.raises(CannotRemove, match="is no drill"):
        remove_drill(original)
    assert remove_drill(drill) == ["drill-sheet.txt", "drill.json"]
    assert copied(drill) is not None and rows(original)
    assert remove_drill(drill) == ["drill-sheet.txt", "drill.json"]
