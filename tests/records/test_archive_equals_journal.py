"""The archive equals the journal: counts and sums against an independent fold, row by row."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pilothouse.language.events import CollateralConverted, InsurancePaid
from pilothouse.language.kinds import Wallet
from pilothouse.language.rows import Happened
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.batches import head_places
from pilothouse.records.archive.connection import open_archive
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.exchange_tables import JOURNAL_TABLES
from pilothouse.records.archive.fold import fold
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.listings import Listings
from tests.records.archive_worlds import Judge, Told, lived, save
from tests.records.spans import span as made_span

KILLS = 3
KILLS_OF_A_WORLD = int(os.environ.get("PILOTHOUSE_KILLS", "25"))
SEED = int(os.environ.get("PILOTHOUSE_SEED", "1"))


@pytest.fixture(scope="module")
def world() -> Told:
    return lived(seed=11)


@pytest.fixture(scope="module")
def judge(world) -> Judge:
    return Judge(world.spans)


def folded(world, size: int) -> dict[str, pa.Table]:
    """Fold a world's blocks in batches of a size."""
    listings = Listings()
    made: dict[str, list[pa.Table]] = {}
    for start in range(0, len(world.spans), size):
        for name, rows in fold(world.spans[start : start + size], listings).items():
            made.setdefault(name, []).append(rows)
    return {name: pa.concat_tables(some) for name, some in made.items()}


@pytest.fixture(scope="module")
def tables(world) -> dict[str, pa.Table]:
    return folded(world, 10)


def test_the_world_brings_about_everything_that_is_archived(judge):
    assert set(judge.rows) == {one.name for one in JOURNAL_TABLES}
    assert set(judge.entries) == {
        "deposit", "transfer", "trade", "fee", "realised", "funding", "insurance",
        "conversion",
    }  # fmt: skip


def test_what_the_insurance_pool_pays_leaves_it_and_arrives():
    paid = Happened(InsurancePaid(asset=1, amount=70, pool=2), 9, 1_000, 5)
    rows = fold([made_span(9, 1_000, (), [paid])], Listings())
    one = rows["liquidations"].to_pylist()[0]
    assert (one["deed"], one["account"], one["asset"], one["amount"]) == (
        "insurance_paid",
        5,
        1,
        70,
    )
    entries = rows["ledger_entries"].to_pylist()
    assert [(one["account"], one["amount"]) for one in entries] == [(5, 70), (2, -70)]
    assert {(one["wallet"], one["entry_type"]) for one in entries} == {("futures", "insurance")}


def test_collateral_that_is_converted_goes_to_the_pool_and_its_value_back():
    sold = CollateralConverted(asset=2, amount=70, quote=1, value=900, pool=2)
    rows = fold([made_span(9, 1_000, (), [Happened(sold, 9, 1_000, 5)])], Listings())
    one = rows["liquidations"].to_pylist()[0]
    assert (one["deed"], one["account"], one["asset"], one["amount"]) == (
        "collateral_converted", 5, 2, 70,
    )  # fmt: skip
    entries = rows["ledger_entries"].to_pylist()
    assert [(one["account"], one["asset"], one["amount"]) for one in entries] == [
        (5, 2, -70), (5, 1, 900), (2, 2, 70), (2, 1, -900),
    ]  # fmt: skip
    assert {(one["wallet"], one["entry_type"]) for one in entries} == {("futures", "conversion")}


def test_every_table_has_the_rows_and_the_sums_of_the_journal(tables, judge):
    assert {name: len(rows) for name, rows in tables.items()} == dict(judge.rows)
    for where, total in judge.sums.items():
        table, column = where.split(".")
        assert sum(one or 0 for one in tables[table][column].to_pylist()) == total, where


def test_the_ledger_is_every_balance_of_the_machine(tables, world, judge):
    rows = tables["ledger_entries"]
    summed = rows.group_by(["account", "wallet", "asset"]).aggregate([("amount", "sum")])
    ledger = {
        (one["account"], one["wallet"], one["asset"]): one["amount_sum"]
        for one in summed.to_pylist()
        if one["amount_sum"]
    }
    state = world.machine.state
    used = int(state.exchange[0]["balances_used"]) + 1
    held = {
        (int(b["account"]), Wallet(int(b["wallet"])).name.lower(), int(b["asset"])): int(
            b["available"] + b["held"]
        )
        for b in state.balances[1:used]
    }
    assert ledger == {key: value for key, value in held.items() if value}
    assert ledger == {key: value for key, value in judge.balances.items() if value}
    by_asset = rows.group_by("asset").aggregate([("amount", "sum")])["amount_sum"]
    assert set(by_asset.to_pylist()) == {0}


def test_positions_end_as_the_machine_has_them(tables, world):
    last = {
        (one["account"], one["market"]): (one["quantity"], one["entry_cost"])
        for one in tables["positions"].to_pylist()
    }
    state = world.machine.state
    used = int(state.exchange[0]["positions_used"]) + 1
    for p in state.positions[1:used]:
        key = int(p["account"]), int(p["market"])
        assert last.get(key, (0, 0)) == (int(p["quantity"]), int(p["entry_cost"]))


def test_the_tier_of_a_fee_is_one_with_exactly_this_fee(tables):
    fees = {(one["fee_schedule"], one["tier"]): one for one in tables["fee_schedules"].to_pylist()}
    schedule = {one["market"]: one["fee_schedule"] for one in tables["markets"].to_pylist()}
    tiers: Counter[int] = Counter()
    for fill in tables["fills"].to_pylist():
        for side in ("taker", "maker"):
            tier = fill[f"{side}_tier"]
            tiers[tier] += 1
            if tier:
                ppm = fees[schedule[fill["market"]], tier][f"{side}_ppm"]
                assert -(-fill["value"] * ppm // 1_000_000) == fill[f"{side}_fee"]
            elif fill["fill_kind"] == "trade":
                # A buy order never pays more than it still holds for the fee.
                assert side == "taker" or fill["side"] == "sell"
    assert len(tiers) > 3


def test_batches_of_any_size_give_the_same_rows(world, tables):
    for size in (37, len(world.spans)):
        other = folded(world, size)
        for name, rows in tables.items():
            assert sorted(map(str, other[name].to_pylist())) == sorted(map(str, rows.to_pylist()))


def test_heads_are_found_as_a_walk_finds_them(world):
    for span in world.spans:
        walked, at = [], 0
        while at < len(span.rows):
            walked.append(at)
            at += int(span.rows[at, 1])
        assert head_places(span.rows).tolist() == walked


@pytest.mark.django_db
def test_a_keeper_that_starts_again_goes_on_from_its_cursor(tmp_path, world, judge):
    ends = Cursor(len(world.spans), world.machine.position, world.spans[-1].time)
    for stop in (len(world.spans) // 3, len(world.spans) // 2, len(world.spans)):
        keeper = Keeper(Archive(tmp_path))
        for span in world.spans[keeper.since : stop]:
            keeper.hear(span)
        keeper.keep()
        assert not keeper.fault and keeper.lag.archived == keeper.intake.heard
    assert cursor() == ends
    assert counts(tmp_path) == dict(judge.rows)


@pytest.mark.django_db
def test_another_journal_is_not_mixed_into_the_archive(tmp_path, world):
    keeper = Keeper(Archive(tmp_path))
    for span in world.spans[:20]:
        keeper.hear(span)
    keeper.keep()
    other = Keeper(Archive(tmp_path))
    for span in world.spans[22:25]:
        other.hear(span)
    assert "the next start makes it anew" in other.fault
    other._try()
    assert cursor().blocks == 20
    assert "the next start makes it anew" in other.fault, "what ended it is said until the end"


@pytest.mark.django_db
def test_a_full_queue_lets_go_when_the_archive_cannot_be_written(tmp_path, world, monkeypatch):
    def broken(*_):
        raise OSError("the disk is full")

    keeper = Keeper(Archive(tmp_path))
    keeper.intake = type(keeper.intake)(cursor(), bytes_max=1)
    with monkeypatch.context() as patched:
        patched.setattr("pilothouse.records.archive.parts.write_part", broken)
        keeper.hear(world.spans[0])
        keeper._try()
    assert "the disk is full" in keeper.fault and "next start" in keeper.fault
    keeper.hear(world.spans[1])  # does not wait
    assert keeper.lag.archived == Cursor() and keeper.lag.heard.blocks == 2
    again = Keeper(Archive(tmp_path))
    for span in world.spans:
        again.hear(span)
    again.keep()
    assert cursor().blocks == len(world.spans)


def counts(home: Path) -> dict[str, int]:
    with open_archive(home) as connection:
        made = {
            one.name: connection.execute(f"SELECT count(*) FROM {one.name}").fetchone()[0]
            for one in JOURNAL_TABLES
        }
    return {name: count for name, count in made.items() if count}


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(tmp_path, world, judge):
    killed_and_judged(tmp_path, world, judge, KILLS, random.Random(5))


@pytest.mark.world
@pytest.mark.timeout(1_200 + 60 * KILLS_OF_A_WORLD)
def test_p11_killed_again_and_again_nothing_is_lost_and_nothing_doubled(tmp_path, world, judge):
    done, chance = 0, random.Random(SEED)
    while done < KILLS_OF_A_WORLD:
        place = tmp_path / f"after{done}"
        place.mkdir()
        done += killed_and_judged(place, world, judge, KILLS_OF_A_WORLD - done, chance)
    print(f"{done} kills of the archive")


def killed_and_judged(
    place: Path, world: Told, judge: Judge, kills: int, chance: random.Random
) -> int:
    """Kill the archiving process with -9 again and again; then let it finish, and judge.

    Return how often it was killed: towards the end of the small world no more.
    """
    home, kept = place / "home", place / "spans.npz"
    home.mkdir(mode=0o700)
    save(world.spans, kept)
    seen: list[int] = []
    for _ in range(kills):
        child = start(home, kept, pause=0.02)
        reached(home, seen[-1] if seen else 0)
        time.sleep(chance.uniform(0, min(0.2, 2 / kills)))
        child.kill()
        child.wait()
        seen.append(archived_blocks(home))
        if seen[-1] > len(world.spans) * 3 // 4:
            break
    child = start(home, kept, pause=0)
    said, _ = child.communicate()
    assert said.split() == [b"done", str(len(world.spans)).encode()]
    assert seen == sorted(seen) and 0 < seen[-1] < len(world.spans), "killed in the middle"
    rows, sums = in_files(home, judge.sums)
    assert {one.name: rows[one.name] for one in JOURNAL_TABLES} == dict(judge.rows)
    assert sums == dict(judge.sums)
    judge_pictures(home)
    judge_measures(home, world)
    return len(seen)


PICTURES = {
    "alerts": (
        "SELECT id, rule, severity, raised_at, resolved_at FROM watch_alert ORDER BY id",
        "SELECT id, rule, severity, raised, resolved FROM rows ORDER BY id",
    ),
    "changes": (
        "SELECT c.id, c.title, c.state, c.proposed_at, s.applied_at, coalesce(s.position, 0) "
        "FROM control_change c LEFT JOIN control_changestep s ON s.change_id = c.id ORDER BY 1",
        "SELECT id, title, state, proposed, applied, position FROM rows ORDER BY id",
    ),
    "incidents": (
        "SELECT id, title, severity, state FROM desk_incident ORDER BY id",
        "SELECT id, title, severity, state FROM rows ORDER BY id",
    ),
}
"""Of each of the team's tables: what the database says, and the same of the archive's files."""


def judge_pictures(home: Path) -> None:
    """Every alert, change and incident stands in the files once, as it is in the database."""
    for table, (asked, of_files) in PICTURES.items():
        rows = files_of(home, table)  # noqa: F841 - the question names it
        there = duckdb.sql(of_files).fetchall()
        expected = [tuple(map(plain, one)) for one in manifest(home, asked)]
        assert len(expected) > 20 and len({one[2:] for one in expected}) > 1
        assert [tuple(map(plain, one)) for one in there] == expected, table


def plain(value: object) -> object:
    """Return a moment as text, as SQLite keeps it."""
    return str(value) if isinstance(value, datetime) else value


def judge_measures(home: Path, world: Told) -> None:
    """A measure taken before a block that is archived is archived, and none is there twice."""
    rows = files_of(home, "measures")
    taken = rows.project("value, scope").fetchall()
    assert {block for block, _ in taken} == set(range(1, len(world.spans) + 1))
    assert len(set(taken)) == len(taken)
    assert len({scope for _, scope in taken}) > 1, "taken by more than one process"


def files_of(home: Path, table: str) -> duckdb.DuckDBPyRelation:
    """Return the rows of a table's files that the manifest counts."""
    asked = (
        f"SELECT name FROM records_archivepart WHERE \"table\" = '{table}' AND retired_at IS NULL"
    )
    names = [name for (name,) in manifest(home, asked)]
    files = [str(next(home.glob(f"archive/*/{table}/{name}"))) for name in names]
    return duckdb.read_parquet(files)


def start(home: Path, kept: Path, pause: float) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.records.archive_child", str(home), str(kept), str(pause)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env={key: value for key, value in os.environ.items() if key != "PILOTHOUSE_HOME"},
    )
    assert child.stdout is not None and child.stdout.readline() == b"started\n"
    return child


def reached(home: Path, blocks: int) -> None:
    """Wait until more blocks are archived than that."""
    while archived_blocks(home) <= blocks:
        time.sleep(0.005)


def manifest(home: Path, question: str) -> list[tuple]:
    with sqlite3.connect(home / "pilothouse.sqlite3") as database:
        return database.execute(question).fetchall()


def archived_blocks(home: Path) -> int:
    rows = manifest(home, "SELECT blocks FROM records_archivecursor")
    return rows[0][0] if rows else 0


def in_files(home: Path, wanted: Iterable[str]) -> tuple[dict[str, int], dict[str, int]]:
    """Read the files that the manifest counts, past all of the archive's own code."""
    rows: dict[str, int] = {}
    sums: dict[str, int] = {}
    live = manifest(home, 'SELECT "table", name FROM records_archivepart WHERE retired_at IS NULL')
    for table in {one for one, _ in live}:
        read = files_of(home, table)
        rows[table] = read.count("*").fetchone()[0]
        for where in (one for one in wanted if one.startswith(f"{table}.")):
            sums[where] = int(read.sum(where.split(".")[1]).fetchone()[0] or 0)
    return rows, sums
