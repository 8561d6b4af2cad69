"""What a masked reader can get of clients: nothing that hangs on their numbers, in no file."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pilothouse.records.archive import masks, parts
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.compaction import compact
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.cursors import Cursor, begin_anew, cursor
from pilothouse.records.archive.definitions import TABLES, Mask
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.masks import LETTERS, pseudonym
from pilothouse.records.models import ArchivePart
from tests.attack.sql_worlds import answered, build

pytestmark = pytest.mark.django_db
COUNT = 40
NUMBERS = sorted(random.Random(5).sample(range(10**12, 10**12 + 10**9), COUNT))

ASKED = [
    *(f"SELECT * FROM {one.name}" for one in TABLES.values() if one.masked),
    "SELECT account FROM accounts WHERE account < 'c-8' ORDER BY account DESC",
    "SELECT account FROM positions WHERE account LIKE 'c-%' GROUP BY 1 HAVING sum(quantity) > 2",
    "SELECT a.account, sum(f.amount) FROM accounts a JOIN funding f USING (account) GROUP BY ALL",
    "SELECT DISTINCT ON (jurisdiction) jurisdiction, account FROM accounts ORDER BY ALL",
    "SELECT account, row_number() OVER (ORDER BY position, time), rank() OVER (ORDER BY account) "
    "FROM accounts",
    "SELECT account, row_number() OVER () FROM accounts",
    "SELECT account, min(position), max(time) FROM ledger_entries GROUP BY 1",
    "SELECT account FROM accounts EXCEPT SELECT account FROM fills_decimal, accounts",
    "SELECT min(account), max(account), first(account), last(account), list(account) "
    "FROM ledger_entries",
    "SELECT account, arg_max(quantity, event) FROM positions GROUP BY 1",
    "SELECT account, event FROM positions ORDER BY event",
    "SELECT account, event, lag(account) OVER (ORDER BY event) FROM liquidations",
    "SELECT account FROM accounts WHERE account IN (SELECT taker_account FROM fills) LIMIT 7",
    "SELECT account FROM accounts UNION SELECT maker_account FROM fills",
    "SELECT clearing_account, insurance_account FROM markets",
    "SELECT user_ref, client_order_id, order_number FROM orders ORDER BY user_ref",
    "SELECT count(*) FROM accounts WHERE firm = 'f-0' OR account > 'c-5'",
    "FROM (SELECT * FROM ledger_entries LIMIT 5) SELECT account",
    "SELECT time_us, position, account FROM accounts",
]


def by_person(numbers, monkeypatch):
    # A pseudonym hangs on the person, however they are numbered.
    of = {number: k for k, number in enumerate(numbers)}

    def named(value, mask, own):
        if value is None or value == "":
            return value
        said = str(value).removeprefix("mine ")
        person = of.get(int(said), of.get(int(said) - 1, said))
        digest = hashlib.blake2b(f"{person}".encode(), key=own, digest_size=16).hexdigest()
        return f"{LETTERS[mask]}-{digest[:12]}"

    monkeypatch.setattr(masks, "_pseudonym", named)


def as_answered(sql, table):
    """The rows of an answer, in its order where the query gives one."""
    rows = [str(row) for row in table.to_pylist()]
    return rows if "ORDER BY" in sql.upper() else sorted(rows)


def test_p55_nothing_a_masked_reader_gets_hangs_on_the_numbers(tmp_path, monkeypatch):
    """Permuted among the accounts, numbers change no answer: not their order, not their places."""
    told = []
    for place, numbers in enumerate((NUMBERS, NUMBERS[7:] + NUMBERS[6::-1])):
        home = tmp_path / str(place)
        home.mkdir()
        with monkeypatch.context() as patched:
            by_person(numbers, patched)
            build(home, list(numbers), pieces=1)
        made = [answered(home, sql) for sql in ASKED]
        assert not [one["detail"] for one in made if "refused" in one]
        told.append([one["rows"] for one in made])
        ArchivePart.objects.all().delete()
        begin_anew()
    for sql, first, *others in zip(ASKED, *told, strict=True):
        for other in others:
            assert as_answered(sql, first) == as_answered(sql, other), sql


def test_f2_no_rank_gives_the_number_back(tmp_path, settings):
    """Opening and crediting go by number: neither's order is in any answer."""
    build(tmp_path, NUMBERS, pieces=4)
    key = settings.PILOTHOUSE_PSEUDONYM_KEY
    true = {pseudonym(one, Mask.ACCOUNT, key): one for one in NUMBERS}
    for order in ("", "ORDER BY time_us, position"):
        for table in ("accounts", "ledger_entries", "funding", "positions", "liquidations"):
            rows = answered(tmp_path, f"SELECT account FROM {table} {order}")["rows"]
            came = [true[one] for one in dict.fromkeys(rows["account"].to_pylist())]
            assert len(came) == COUNT
            rising = sum(one < other for k, one in enumerate(came) for other in came[k + 1 :])
            assert 0.2 < rising / (COUNT * (COUNT - 1) / 2) < 0.8, (table, order)
    for table in ("accounts", "ledger_entries"):
        sql = f"SELECT count(time), count(position), count(time_us), count(*) FROM {table}"
        made = list(answered(tmp_path, sql)["rows"].to_pylist()[0].values())
        assert made == [0, 0, 0, COUNT]
        seen = answered(tmp_path, sql, masked=False)["rows"].to_pylist()[0]
        assert list(seen.values()) == [COUNT] * 4


def test_p56_no_file_of_a_masked_reader_has_a_true_number(tmp_path, monkeypatch):
    """Bytes, footers, dictionaries, statistics and names; before merging and after it."""
    monkeypatch.setattr(parts, "COMPRESSION", "none")
    numbers = sorted(random.Random(6).sample(range(10**12, 10**15), 200))
    archive = build(tmp_path, numbers, pieces=16)
    needles = [form for one in numbers for form in (one.to_bytes(8, "little"), f"{one}".encode())]
    for merged in (False, True):
        assert not merged or compact(archive)
        files = [path for some in files_now(tmp_path, masked=True).values()
                 for path in (*some.dated, *some.undated)]  # fmt: skip
        held = b"".join(Path(path).read_bytes() + path.encode() for path in files)
        assert not [one for one in needles if one in held]
        true = [path for some in files_now(tmp_path, masked=False).values() for path in some.dated]
        assert any(needles[0] in Path(path).read_bytes() for path in true), "the search finds"
        assert not {*files} & {one for one in true if "/open/" not in one}


def test_merged_or_not_a_masked_reader_counts_what_one_who_sees_clients_counts(tmp_path):
    archive = build(tmp_path, NUMBERS, pieces=16)
    sql = " UNION ALL ".join(
        f"SELECT '{one.name}', count(*), count(DISTINCT {one.masked[0].name}) FROM {one.name}"
        for one in TABLES.values()
        if one.masked
    )
    before = answered(tmp_path, sql, masked=False)["rows"].to_pylist()
    for merged in (False, True):
        assert not merged or compact(archive)
        assert answered(tmp_path, sql)["rows"].to_pylist() == before
        assert answered(tmp_path, sql, masked=False)["rows"].to_pylist() == before


def test_p56_the_dictionary_of_a_masked_file_is_not_in_the_order_of_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "COMPRESSION", "none")
    build(tmp_path, NUMBERS, pieces=1)
    for path in files_now(tmp_path, masked=True)["accounts"].undated:
        names = pq.read_table(path)["account"].to_pylist()
        assert names == sorted(names)
        raw = Path(path).read_bytes()
        assert [raw.find(one.encode()) for one in names] == sorted(
            raw.find(one.encode()) for one in names
        )


def test_p57_pseudonyms_are_keyed_one_key_for_each_purpose(tmp_path, settings):
    """A million candidates hashed without the key: none is a pseudonym; nor is zero's known."""
    key = settings.PILOTHOUSE_PSEUDONYM_KEY
    hidden = {pseudonym(one, Mask.ACCOUNT, key)[2:] for one in range(200)}
    found = 0
    for one in range(1_000_000):
        text = str(one).encode()
        found += hashlib.blake2b(text, digest_size=16).hexdigest()[:12] in hidden
    assert found == 0
    digits = {mask: [pseudonym(one, mask, key)[2:] for one in range(50)] for mask in LETTERS}
    assert not set(digits[Mask.ACCOUNT]) & set(digits[Mask.FIRM])
    assert len({tuple(some) for some in digits.values()}) == len(LETTERS)
    other = [pseudonym(one, Mask.ACCOUNT, b"another home") for one in range(50)]
    assert not {one[2:] for one in other} & set(digits[Mask.ACCOUNT])
    assert pseudonym(0, Mask.ACCOUNT, key) not in (None, "", "c-000000000000")


def test_an_archive_of_the_first_layout_is_set_aside_and_made_anew(tmp_path):
    """It has true numbers beside pseudonyms: no masked reader may be given its files."""
    archive = Archive(tmp_path)
    archive.flush({}, Cursor(5, 9, 1))
    old = tmp_path / "archive" / "positions"
    old.mkdir(parents=True)
    rows = pa.table({"account": [4711], "account~": ["c-1"]})
    pq.write_table(rows, old / "a.parquet")
    ArchivePart.objects.create(
        table="positions", name="a.parquet", rows=1, bytes=(old / "a.parquet").stat().st_size,
        first_us=0, last_us=0, made_at="2027-01-01T00:00:00Z",
    )  # fmt: skip
    keeper = Keeper(Archive(tmp_path))
    assert "layout 1" in keeper.made_anew and keeper.since == 0 and cursor() == Cursor()
    assert not (tmp_path / "archive" / "positions").exists()
    assert (tmp_path / "archive-aside-1" / "positions" / "a.parquet").exists()
    assert not Keeper(Archive(tmp_path)).made_anew


def test_measures_are_taken_along_when_an_archive_is_made_anew(tmp_path):
    archive = Archive(tmp_path)
    Keeper(archive)
    rows = {"time": pa.array([1], pa.timestamp("us")), "measure": ["spread"], "scope": ["all"],
            "value": pa.array([3], pa.int64())}  # fmt: skip
    archive.append("measures", pa.table(rows))
    build(tmp_path, NUMBERS[:3])
    archive.flush()
    next((tmp_path / "archive" / "clients" / "accounts").iterdir()).unlink()
    assert "missing" in Keeper(Archive(tmp_path)).made_anew
    assert answered(tmp_path, "SELECT value FROM measures")["rows"].to_pylist() == [{"value": 3}]
    assert len(answered(tmp_path, "SELECT * FROM accounts")["rows"]) == 0
