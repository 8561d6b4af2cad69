"""Parts that are killed or hang come back, nothing acknowledged is lost, and trading goes on."""

import os
import signal
import sqlite3
from contextlib import closing

import pytest

from tests.faults.client import Client, judge
from tests.faults.whole import Whole, health, until

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    made = Whole(tmp_path_factory.mktemp("whole") / "home").up()
    yield made
    assert made.stop() == 0, "".join(made.said)


def test_p36_trading_goes_on_while_console_and_traffic_are_killed_again_and_again(whole, client):
    for _ in range(2):
        killed = {part: whole.hurt(part) for part in ("traffic", "console")}
        client.goes_on(5)
        for part, before in killed.items():
            until(lambda part=part, before=before: whole.pid(part) not in (0, before), part)
    failed = [one for one in client.answers if "sendStatus" not in one]
    assert not failed, "an order met the death of a console or of the traffic"
    whole.back("console", 0)


@pytest.mark.parametrize("part", ["gateway", "writer"])
def test_p36_a_killed_part_comes_back_and_loses_nothing(whole, client, part):
    before = whole.hurt(part)
    whole.back(part, before)
    client.goes_on()
    others = health(whole.trading)
    assert others["ready"], others


def test_p35_p37_a_writer_that_hangs_is_said_by_name_replaced_and_waited_for_no_longer(
    whole, client
):
    before = whole.hurt("writer", signal.SIGSTOP)
    until(
        lambda: any(one.get("error") == "Unavailable" for one in client.answers),
        "an order that waits for a hung writer is answered",
    )
    told = health(whole.trading)
    if whole.pid("writer") == before:
        assert "writer_silent" in [one["cause"] for one in told["why"]]
        assert health(whole.trading, "/alive") == {"alive": True}
    whole.back("writer", before)
    client.goes_on()


def test_p33_after_the_parent_was_killed_the_next_up_works_at_once(whole):
    hung = whole.hurt("gateway", signal.SIGSTOP)
    with Client(whole, "parent") as client:
        whole.kill()
        whole.up()
        client.goes_on()
    judge(client)
    assert "the run before was killed" in "".join(whole.said)
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)
    again = Whole(whole.home)
    again.begin()
    assert again.process.wait(120) == 1
    assert f"started by process {whole.process.pid}" in "".join(again.said)
    assert whole.status()[0] == 0


def test_a_part_of_the_archive_that_goes_bad_is_derived_again(whole, client):
    until(lambda: bool(_parts(whole)), "something is archived")
    victim = max(_parts(whole), key=lambda one: one.stat().st_size)
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    whole.back("console", whole.hurt("console"))
    client.goes_on()
    assert list(whole.home.glob("archive-aside-*"))
    assert "Traceback" not in _new_lines(whole, "console")


def test_a_flipped_bit_of_the_archive_is_found_while_it_runs(whole, client):
    until(lambda: bool(_counted(whole)), "something is archived")
    victim, console = _counted(whole)[0], whole.pid("console")
    raw = bytearray(victim.read_bytes())
    raw[len(raw) // 4] ^= 1
    victim.write_bytes(raw)
    whole.tried += 1
    whole.back("console", console)
    client.goes_on()
    assert [one.name for one in whole.home.glob("archive-aside-*/clients/fills/*.parquet")].count(
        victim.name
    )
    assert "Traceback" not in _new_lines(whole, "console")


def _counted(whole):
    # The largest part is merged last: it still counts when it is looked at.
    with closing(sqlite3.connect(whole.home / "pilothouse.sqlite3")) as database:
        rows = database.execute(
            "SELECT name FROM records_archivepart WHERE \"table\" = 'fills' "
            "AND retired_at IS NULL ORDER BY level DESC, bytes DESC"
        ).fetchall()
    return [whole.home / "archive" / "clients" / "fills" / name for (name,) in rows]


def _does_not_run(whole):
    code, told = whole.status()
    assert code == 1 and not told["console"].startswith("answers")
    return told["console"].startswith("does not run; started again")


def _parts(whole):
    return list((whole.home / "archive").glob("clients/fills/*.parquet"))


def _new_lines(whole, part):
    return (whole.home / "logs" / f"{part}.log").read_text()[-2_000:]


def test_a_damaged_database_keeps_the_console_away_and_nothing_else(whole, client):
    whole.back("console", 0)
    path = whole.home / "pilothouse.sqlite3"
    # A copy of all three files while nobody writes is a backup; the console is killed for that.
    before = whole.hurt("console")
    files = [path, *path.parent.glob(f"{path.name}-*")]
    kept = {one: one.read_bytes() for one in files}
    path.write_bytes(b"this is no database" * 1_000)
    try:
        until(lambda: "is damaged" in "".join(whole.said), "the terminal says what is damaged")
        client.goes_on(5)
        # Between two tries it does not run; during one it runs and does not answer.
        until(lambda: _does_not_run(whole), "the status says that the console does not run")
    finally:
        for one in path.parent.glob(f"{path.name}-*"):
            one.unlink()
        for one, raw in kept.items():
            one.write_bytes(raw)
    whole.back("console", before)
    assert "Traceback" not in _new_lines(whole, "console")
    client.goes_on()
