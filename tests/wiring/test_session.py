"""`pilothouse.connect` on a folder that nobody runs: SQL, frames, the past, a preview."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from pilothouse.venue.machine import present_release
from tests.venue.exchange import ACCOUNTS, genesis
from tests.venue.running import client_of, running_writer

PROGRAM = """
import json, sys
from datetime import UTC, datetime, timedelta

import pilothouse

home = sys.argv[1]
exchange = pilothouse.connect(home)

from pilothouse.language.commands import SetPriceBand
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.keeper import Keeper
from pilothouse.venue.follower import Follower

keeper = Keeper(Archive(exchange.home))
follower = Follower(exchange.home)
follower.listen(keeper.hear, keeper.since)
follower.start()
assert follower.wait_for(int(sys.argv[2]), 60)
follower.stop()
keeper.keep()

frame = exchange.sql("SELECT account, amount FROM ledger_entries", purpose="a test")
whole = exchange.sql("revenue_by_tier", purpose="a test")
now = datetime.now(UTC)
past = exchange.as_of(now)
refusals = {}
for name, ask in {
    "explain": lambda: exchange.explain(order=1, purpose="a test"),
    "tomorrow": lambda: exchange.as_of(now + timedelta(days=1)),
    "far": lambda: exchange.as_of(1 << 61),
    "seconds": lambda: exchange.as_of(now.timestamp()),
}.items():
    try:
        ask()
    except (PermissionError, LookupError, TypeError) as error:
        refusals[name] = [type(error).__name__, str(error)]
preview = exchange.preview(SetPriceBand(market=1, band_ppm=10_000, base_version=1))
print(json.dumps({
    "rows": len(frame), "note": frame.note,
    "pandas": len(frame.pandas()), "polars": len(frame.polars()),
    "columns": whole.arrow.column_names,
    "account": frame.arrow["account"][0].as_py(),
    "position": past.position, "accounts": len(past.accounts()),
    "balance": past.balances(int(sys.argv[3]))[0].available,
    "symbol": past.markets()[0].symbol,
    "time": past.time.isoformat(), "refusals": refusals,
    "outcome": preview[0]["outcome"], "outside": preview[0]["orders_outside_band"],
}))
"""


BEGIN = """
import sys
from pathlib import Path

from pilothouse.wiring.people import begin_django

begin_django(Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("session") / "home"
    made.mkdir(mode=0o700)
    subprocess.run([sys.executable, "-c", BEGIN, str(made)], check=True)
    with running_writer(made, present_release()), client_of(made, patience_s=300) as client:
        client.submit(genesis())
    return made


def test_a_session_asks_the_archive_the_past_and_a_copy(home):
    account = ACCOUNTS[0]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(home), str(len(genesis())), str(account)],
        capture_output=True, text=True, check=False,
        env={k: v for k, v in os.environ.items() if k != "PILOTHOUSE_HOME"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["rows"] == told["pandas"] == told["polars"] == 2 * 2 * len(ACCOUNTS)
    assert told["account"].startswith("c-") and told["note"] == "Clients are pseudonyms."
    assert told["columns"][-1] == "revenue"
    assert told["position"] == len(genesis()) + 1, "and the last fingerprint"
    assert told["accounts"] >= len(ACCOUNTS)
    assert (told["balance"], told["symbol"]) == (10**15, "XXBTZUSD")
    refusals = told["refusals"]
    assert "someone who may see clients" in refusals["explain"][1]
    latest = datetime.fromisoformat(told["time"])
    for name in ("tomorrow", "far"):
        kind, said = refusals[name]
        assert kind == "MomentIsToCome" and "is still to come: the latest moment is" in said
        assert f"{latest:%Y-%m-%d %H:%M:%S.%f} UTC (block " in said
        assert said.endswith("name that moment or an earlier one")
    assert refusals["seconds"][0] == "TypeError"
    assert (told["outcome"], told["outside"]) == (0, 0)


DOCUMENTED = """
import ast, json, sys
from pathlib import Path

page, home, faults = Path(sys.argv[1]).read_text(), sys.argv[2], {}
code = page.split("```python")[1].split("```")[0].replace('"home"', repr(home))
names = {}
for one in ast.parse(code).body:
    said = ast.unparse(one)
    try:
        exec(said, names)
    except LookupError as fault:
        faults[said.split("(")[0]] = str(fault)
for question in ("revenue_by_teir", "999"):
    try:
        exchange = names["exchange"]
        exchange.preview(999) if question.isdigit() else exchange.sql(question, purpose="x")
    except LookupError as fault:
        faults[question] = str(fault)
print(json.dumps(faults))
"""


def test_what_the_documentation_shows_runs_and_what_is_not_there_is_named(home):
    """Every line of the page's example runs here; this exchange is only younger than the page."""
    environment = {k: v for k, v in os.environ.items() if k != "PILOTHOUSE_HOME"}
    environment["PILOTHOUSE_PASSWORD"] = "long-enough-for-anybody"
    cli = [sys.executable, "-m", "pilothouse.wiring.cli"]
    made = [*cli, "person", "risk", "--role=risk", f"--home={home}"]
    subprocess.run(made, check=True, capture_output=True, env=environment)
    page = Path(__file__).parents[2] / "docs/python.md"
    done = subprocess.run(
        [sys.executable, "-c", DOCUMENTED, str(page), str(home)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    faults = json.loads(done.stdout.splitlines()[-1])
    begins = faults.pop("exchange.as_of")
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} UTC"
    begins_at = (
        rf"the journal begins after {moment}, at {moment}; name that moment or a later one, .*"
    )
    assert re.fullmatch(begins_at, begins)
    assert "does not reach as far" in faults.pop("exchange.explain")
    assert "revenue_by_tier" in faults.pop("revenue_by_teir")
    assert faults == {"999": "there is no change 999"}


def test_a_folder_without_an_exchange_is_refused(tmp_path):
    import pilothouse

    with pytest.raises(ValueError, match="holds no exchange"):
        pilothouse.connect(tmp_path)
