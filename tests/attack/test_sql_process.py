"""The process that answers: what it may use, read and write, and what a bomb costs the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest
from django.db import connection as database

from pilothouse.records.archive import ask as asking
from pilothouse.records.archive import process, views
from pilothouse.records.archive.ask import ask, check
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.process import told_by_a_process
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.archive.turns import AT_ONCE, WAITING_MOST, Turns
from pilothouse.records.models import AuditRow
from pilothouse.records.shortened import TEXT_BYTES
from tests.attack.sql_worlds import answered, build, request

pytestmark = pytest.mark.django_db
BOMBS = [
    "SELECT length(repeat('x', 1500000000))",
    "SELECT repeat('x', 5000000) FROM range(200)",
    "SELECT " + "+".join(["1"] * 400),
]
"""The three of F14: 3.3 GB, 2.4 GB and 15 seconds in the console's own process."""


def number(sql, **more):
    with pytest.raises(Refused) as refused:
        told_by_a_process(request(sql, **more))
    return refused.value.refusal.number


def test_f14_the_three_bombs_are_refused_by_number():
    assert [number(one) for one in BOMBS] == [3012, 3012, 3011]


def test_f14_an_answer_is_bounded_in_bytes():
    assert number("SELECT repeat('x', 60000) FROM range(400)") == 3013
    assert number("SELECT repeat('x', 30000000)") == 3013


def test_f14_processor_time_is_bounded_where_nothing_can_be_interrupted(monkeypatch):
    assert number("SELECT count(*) FROM range(1000000000000) a, range(1000000) b",
                  seconds_max=0.2) == 3005  # fmt: skip


def test_c12_f19_what_cannot_be_parsed_bound_or_shown_is_a_numbered_refusal(tmp_path):
    """No 500, and an audit row each: in one row of statements that are too deep, or odd."""
    for sql, expected in (
        ("SELECT " + "NOT " * 900 + "true", 3011),
        ("SELECT " + "(SELECT " * 300 + "1" + ")" * 300, 3011),
        ("SELECT " + "[" * 150 + "1" + "]" * 150, 3006),
        ("SELECT 'infinity'::TIMESTAMP", 3014),
        ("SELECT '290000-01-01'::TIMESTAMP", 3014),
        ("SELECT '0044-03-15 (BC)'::DATE", 3014),
        ("SELECT [TIMESTAMP '290000-01-01']", 3014),
        ("SELECT 1::VARIANT", 3014),
        ("SELECT union_value(a := 1)", 3014),
        ("SELECT 1::UHUGEINT", 3014),
        ("SELECT {'a': INTERVAL 1 DAY}", 3014),
    ):
        assert answered(None, sql)["refused"] == expected, sql
    for sql in ("SELECT " + "NOT " * 900 + "true", "SELECT 'infinity'::TIMESTAMP"):
        with pytest.raises(Refused):
            ask(tmp_path, sql, actor="person:1", purpose="odd")
        kept = AuditRow.objects.order_by("number").last().facts["sql"]
        assert kept.partition("…")[0] == sql[:TEXT_BYTES], "refused ones are cut"
    made = ask(tmp_path, "SELECT INTERVAL 3 DAY AS i", actor="person:1", purpose="odd")
    assert made.rows.to_pylist() == [{"i": "0 months 3 days 0.000000000 s"}]


def inside(code: str, paths=(), home: Path | None = None) -> str:
    """Run some lines in a process that has taken from itself what one of ours takes."""
    begin = (
        "import os, sys, json\n"
        "from pilothouse.records.archive import confine\n"
        "confine.begin(os.getppid())\n"
        f"locks = confine.shut({list(paths)!r})\n"
        "confine.limit(1 << 30, 20)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", begin + code], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},
    )  # fmt: skip
    return done.stdout.strip() or done.stderr[-300:]


def test_p32_it_is_the_first_that_the_kernel_ends():
    assert inside("print(open('/proc/self/oom_score_adj').read())") == "1000"
    mine = int(Path("/proc/self/oom_score_adj").read_text())
    assert mine < 1000, "the console is not"


def test_p53_p54_it_can_write_nowhere_and_read_nothing_else(tmp_path):
    """By the system's rights: not where it runs or code lies; and no file but those given."""
    mine, other = tmp_path / "mine", tmp_path / "other"
    for one in (mine, other):
        one.write_text("x")
    code = f"""
made = []
for path in ({str(tmp_path / "new")!r}, 'new', '/tmp/pilothouse-new', sys.prefix + '/new',
             {str(mine)!r}, confine.__file__):
    try:
        open(path, 'a').write('x' * 10)
        made.append('written')
    except OSError:
        made.append('no')
try:
    made.append(open({str(other)!r}).read())
except OSError:
    made.append('shut')
import socket
try:
    socket.create_connection(('127.0.0.1', int(sys.argv[1]) if len(sys.argv) > 1 else 9), 1)
except OSError as error:
    made.append(error.errno)
print(json.dumps([made, locks.files, locks.network, open({str(mine)!r}).read()]))
"""
    made, files, network, read = json.loads(inside(code, [str(mine)]))
    assert made[:6] == ["no"] * 6 and read == "x"
    assert made[6] == ("shut" if files else "x")
    assert mine.read_text() == "x" and not (tmp_path / "new").exists()
    assert network or made[7]


def test_p53_it_reads_its_own_settings_back_and_ends_unless_it_is_locked(monkeypatch):
    for left in range(len(views._LOCKS)):
        name = views._LOCKS[left].split()[1].split("=")[0]
        if name not in ("enable_external_access", "lock_configuration", "temp_directory"):
            continue
        with monkeypatch.context() as patched:
            patched.setattr(views, "_LOCKS", views._LOCKS[:left] + views._LOCKS[left + 1 :])
            with pytest.raises(views.NotLocked):
                views.open_views({}, masked=True)
            with pytest.raises(views.NotLocked):
                views.open_shapes(masked=True)
    with duckdb.connect(":memory:") as bare, pytest.raises(views.NotLocked):
        views.prove_locked(bare, [])


def test_p54_its_folder_is_its_own_and_gone_afterwards(monkeypatch):
    made = []
    real = process.tempfile.mkdtemp

    def folder(**more):
        made.append(real(**more))
        made.append(oct(os.stat(made[0]).st_mode & 0o777))
        return made[0]

    monkeypatch.setattr(process.tempfile, "mkdtemp", folder)
    assert told_by_a_process(request("SELECT 1 AS a")).rows.to_pylist() == [{"a": 1}]
    assert made[1] == "0o700" and not os.path.exists(made[0])


def test_it_has_no_secret_in_its_environment(monkeypatch):
    monkeypatch.setenv("PILOTHOUSE_DEMO_PASSWORD", "secret")
    assert not [one for one in process._environment("/x").items() if "secret" in one[1]]
    assert not [one for one in process._environment("/x") if one.startswith("PILOTHOUSE")]


def test_a_masked_process_is_given_masked_files_only(tmp_path, monkeypatch):
    build(tmp_path, [10**12, 10**12 + 5], pieces=1)
    given = []
    monkeypatch.setattr(asking, "told_by_a_process", lambda one: given.append(one) or told)
    told = told_by_a_process(request("SELECT 1"))
    for sees in (False, True):
        ask(tmp_path, "SELECT 1", actor="person:1", purpose="a test", sees_clients=sees)
        paths = [one for dated, undated in given[-1]["paths"].values() for one in dated + undated]
        assert all(("/clients/" in one) == sees for one in paths if "/open/" not in one)
        assert paths and all(f"{tmp_path}/archive/" in one for one in paths)


def test_f14_p32_five_bombs_at_once_and_the_console_still_answers(client, tmp_path):
    """Each is bounded in a process of its own; pages are answered meanwhile."""
    started, said = threading.Barrier(6), []

    def throw(sql):
        started.wait()
        try:
            told_by_a_process(request(sql))
        except Refused as refused:
            said.append(refused.refusal.number)

    crowd = [threading.Thread(target=throw, args=(BOMBS[k % 3],)) for k in range(5)]
    for one in crowd:
        one.start()
    started.wait()
    while any(one.is_alive() for one in crowd):
        assert client.get("/healthz", HTTP_HOST="localhost").status_code in (200, 503)
    # Of five at once one may run out of time before it runs out of memory.
    assert len(said) == 5 and set(said) <= {3005, 3011, 3012}


def test_one_person_never_holds_more_than_one_and_everybody_who_waits_is_counted():
    turns = Turns()
    with turns.of("a"):
        with pytest.raises(Refused, match="3008"), turns.of("a", 0.0):
            pass
        with turns.of("b", 0.0):
            assert turns.running == AT_ONCE
            with pytest.raises(Refused, match="3008"), turns.of("c", 0.0):
                pass
    assert (turns.running, turns.waiting) == (0, 0)


def test_turns_are_in_the_order_asked_and_bounded():
    turns, done = Turns(), []

    def come(person):
        with turns.of(person, 60):
            done.append(person)

    with turns.of("x"), turns.of("y"):
        crowd = []
        for person in "abcdefgh":
            crowd.append(threading.Thread(target=come, args=(person,)))
            crowd[-1].start()
            while turns.waiting < len(crowd):
                pass
        assert turns.waiting == WAITING_MOST
        with pytest.raises(Refused, match="many wait"), turns.of("z", 60):
            pass
    for one in crowd:
        one.join()
    assert sorted(done) == list("abcdefgh") and turns.waiting == 0


@pytest.mark.django_db(transaction=True)
def test_p09_no_transaction_is_held_while_a_query_is_answered(tmp_path, monkeypatch):
    """The manifest is read and let go of: what is written meanwhile never waits for a reader."""
    held = []

    def told(one):
        held.append((database.in_atomic_block, database.get_autocommit()))
        with database.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            held.append(cursor.fetchone()[0])
        return real(one)

    real = told_by_a_process
    monkeypatch.setattr(asking, "told_by_a_process", told)
    ask(tmp_path, "SELECT 1", actor="person:1", purpose="a test")
    check("SELECT 1", actor="person:1", masked=True)
    assert held == [(False, True), 0] * 2


def test_damaged_files_are_a_refusal_that_says_the_way_out(tmp_path):
    build(tmp_path, [10**12, 10**12 + 5], pieces=1)
    for path in files_now(tmp_path, masked=True)["positions"].dated:
        Path(path).write_bytes(b"PAR1" + b"\0" * 100)
    with pytest.raises(Refused) as refused:
        ask(tmp_path, "SELECT * FROM positions", actor="person:1", purpose="a test")
    assert refused.value.refusal.number in (3018, 3006)
    assert str(tmp_path) not in str(refused.value)
