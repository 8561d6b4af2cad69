"""`pilothouse notice-target`: an address is set sealed, tried at once, and never shown again."""

import json
import os
import subprocess
import sys

from tests.desk.receiver import receiver


def run(home, *arguments, address=""):
    place = {**os.environ, "PILOTHOUSE_NOTICE_ADDRESS": address, "PILOTHOUSE_HOME": str(home)}
    place.pop("DJANGO_SETTINGS_MODULE", None)
    asked = [sys.executable, "-m", "pilothouse.wiring.cli", "notice-target", *arguments, "--json"]
    return subprocess.run(asked, env=place, capture_output=True, text=True, check=False)


def test_a_target_is_set_tried_and_removed(tmp_path):
    with receiver() as hook:
        done = run(tmp_path, "ops_hook", "--drops-repeats", address=hook.address())
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["trial"] == "the receiver accepted it"
        assert hook.came == [("trial-ops_hook", "Pilothouse: a trial")]
    assert "a-secret" not in done.stdout + done.stderr
    assert b"a-secret" not in (tmp_path / "pilothouse.sqlite3").read_bytes()
    assert run(tmp_path, "ops_hook", "--remove").returncode == 0
    done = run(tmp_path, "ops_hook", "--remove")
    assert done.returncode == 1 and "no target ops_hook" in json.loads(done.stderr)["error"]
    done = run(tmp_path, "ops_hook", address="nothing://at-all")
    assert done.returncode == 1 and "not support this address" in json.loads(done.stderr)["error"]
