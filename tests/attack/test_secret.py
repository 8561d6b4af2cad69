"""A secret that is lost or another one is a refusal, and nothing is made anew without a word."""

import json
import os
import shutil
import sqlite3

import pytest

from pilothouse.access.secret_file import SecretIsLost, make_secret, read_secret
from pilothouse.wiring import environment
from pilothouse.wiring.settling import settle
from tests.attack.test_environment import bytes_of, pilothouse

ORDERED = "SELECT deed FROM records_auditrow ORDER BY number"
TARGET = {"PILOTHOUSE_NOTICE_ADDRESS": "json://127.0.0.1:9/x"}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A folder with a sealed row."""
    place = tmp_path_factory.mktemp("sealed") / "home"
    assert pilothouse(place, "notice-target", "ops_chat", **TARGET).returncode == 0
    return place


@pytest.fixture
def home(sealed, tmp_path):
    return shutil.copytree(sealed, tmp_path / "home")


def lose(home):
    (home / "secret.key").unlink()


def exchange(home):
    lose(home)
    make_secret(home)


def halve(home):
    (home / "secret.key").write_bytes(b"x" * 32)


@pytest.mark.parametrize("fault", [lose, exchange, halve])
@pytest.mark.parametrize("is_old", [False, True])
def test_a_secret_that_does_not_fit_is_refused_with_the_way_out(home, fault, is_old):
    if is_old:
        (home / environment.FILE).unlink()
    fault(home)
    before = bytes_of(home)
    done = pilothouse(home, "up")
    assert done.returncode == 65, done.stderr
    assert "from a backup" in done.stderr and "pilothouse new-secret" in done.stderr
    assert "Traceback" not in done.stderr
    assert bytes_of(home) == before


def test_no_process_makes_another_secret_where_one_was(home):
    lose(home)
    with pytest.raises(SecretIsLost, match="is missing"):
        read_secret(home)
    assert not (home / "secret.key").exists()


def test_the_way_out_gives_up_what_was_sealed_and_says_so_in_the_audit(home):
    exchange(home)
    asked = pilothouse(home, "new-secret")
    assert asked.returncode == 1 and "--revoke" in asked.stderr
    done = pilothouse(home, "new-secret", "--revoke", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["targets_removed"] == 1 and told["kept_as"] == "secret.key.old-1"
    with sqlite3.connect(home / "pilothouse.sqlite3") as read:
        deeds = [one for (one,) in read.execute(ORDERED)]
    assert deeds[-1] == "secret.new"
    assert settle(home).environment == "production"


def test_p05_a_secret_is_whole_and_named_before_anything_is_sealed_with_it(tmp_path, monkeypatch):
    done = []
    for name in ("fsync", "link", "write"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, real=real, name=name, **k: (done.append(name), real(*a, **k))[1]
        )
    make_secret(tmp_path)
    assert done == ["write", "fsync", "link", "fsync"], "the folder is synced behind the name"
