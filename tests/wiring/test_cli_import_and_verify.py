"""`pilothouse import kraken` and `verify`, with the real writer and engine on a fresh folder."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Files
from pilothouse.language.commands import RecordFingerprint
from pilothouse.language.rows import from_rows, split
from pilothouse.venue import catalogue
from pilothouse.wiring.cli import app

PAIR = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "aclass_base": "currency",
    "base": "XXBT",
    "aclass_quote": "currency",
    "quote": "ZUSD",
    "lot": "unit",
    "cost_decimals": 5,
    "pair_decimals": 1,
    "lot_decimals": 8,
    "lot_multiplier": 1,
    "leverage_buy": [2, 3],
    "leverage_sell": [2, 3],
    "fees": [[0, 0.4], [10000, 0.35]],
    "fees_maker": [[0, 0.25], [10000, 0.2]],
    "fee_volume_currency": "ZUSD",
    "margin_call": 80,
    "margin_stop": 40,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}


def run(*arguments):
    return CliRunner().invoke(app, [str(one) for one in arguments])


def verify(home, *more):
    """Verify in a process of its own: one process reads the records of one folder."""
    command = [sys.executable, "-m", "pilothouse.wiring.cli", "verify", "--home", str(home), *more]
    return subprocess.run(command, capture_output=True, text=True)


def file(folder, name, plain):
    path = folder / name
    path.write_text(json.dumps(plain))
    return path


def pairs(**change):
    return {"error": [], "result": {"XXBTZUSD": PAIR | change}}


def test_a_malformed_file_is_refused_with_place_and_reason_and_makes_nothing(tmp_path):
    bad = file(tmp_path, "bad.json", pairs(ordermin="0.00005x"))
    done = run("import", "kraken", "--pairs", bad, "--home", tmp_path / "home", "--json")
    assert done.exit_code == 1
    reason = json.loads(done.stderr)["error"]
    assert "bad.json" in reason and "XXBTZUSD" in reason and "ordermin" in reason
    assert not (tmp_path / "home").exists()


def test_an_import_without_files_is_refused(tmp_path):
    assert run("import", "kraken", "--home", tmp_path).exit_code == 2


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exchange")
    good = file(folder, "pairs.json", pairs())
    done = run("import", "kraken", "--pairs", good, "--home", folder / "home", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["markets"] == 1
    return folder / "home"


def test_an_import_is_catalogued_with_the_figures_of_its_file(home):
    entry = catalogue.load(home).spot["XXBTZUSD"]
    assert entry["ordermin"] == "0.00005" and str(entry["fees"][1][1]) == "0.35"


def test_what_is_listed_already_is_refused_and_nothing_changes(home, tmp_path):
    before = said_in(home)
    other = {"error": [], "result": {"NEWUSD": PAIR | {"altname": "NEWUSD"}, "XXBTZUSD": PAIR}}
    again = file(tmp_path, "again.json", other)
    done = run("import", "kraken", "--pairs", again, "--home", home, "--json")
    assert done.exit_code == 1
    assert "XXBTZUSD is listed already" in json.loads(done.stderr)["error"]
    assert "NEWUSD" not in catalogue.load(home).spot
    # The writer that was started for it journals fingerprints, one a second; nothing else came.
    assert said_in(home) == before
    assert json.loads(verify(home, "--json").stdout)["good"]


def said_in(home):
    said = [from_rows(one) for block in Reader(Files(home)).read() for one in split(block.rows)]
    return [one for one in said if not isinstance(one.command, RecordFingerprint)]


def test_verify_proves_a_good_journal(home):
    done = verify(home, "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["good"] and not told["faults"]
    assert told["commands"] > 8 and len(told["fingerprint"]) == 32
    said = " ".join(verify(home).stdout.split())
    assert "invariants of the machine hold" in said


def test_verify_finds_a_flipped_byte_and_ends_with_an_error(home, tmp_path):
    copy = tmp_path / "copy"
    for source in home.rglob("*"):
        if source.is_file():
            target = copy / source.relative_to(home)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    segment = max((copy / "journal").iterdir(), key=lambda one: one.stat().st_size)
    raw = bytearray(segment.read_bytes())
    raw[len(raw) // 3] ^= 1
    segment.write_bytes(raw)
    done = verify(copy, "--json")
    assert done.returncode == 1
    assert not json.loads(done.stdout)["good"]
    assert "block" in json.loads(done.stderr)["error"]
