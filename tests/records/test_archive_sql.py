"""What may be asked of the archive, what may not, who is hidden, and that every asking is kept."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace

import pyarrow as pa
import pytest

from pilothouse.records.archive import ask as asking
from pilothouse.records.archive import parts, turns, walk
from pilothouse.records.archive.answering import answer
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.ask import ask
from pilothouse.records.archive.definitions import TABLES, Mask
from pilothouse.records.archive.keeper import Keeper
from pilothouse.records.archive.masks import pseudonym
from pilothouse.records.archive.questions import (
    BUILT_IN,
    TITLE_MOST,
    Chart,
    parameters_in,
    question,
    save,
    values,
)
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.models import AuditRow
from tests.records.archive_worlds import Told, lived

pytestmark = pytest.mark.django_db
WHY = "a test"


@pytest.fixture(scope="module")
def world() -> Told:
    return lived(seed=11)


@pytest.fixture
def home(tmp_path, world):
    keeper = Keeper(Archive(tmp_path))
    for span in world.spans:
        keeper.hear(span)
    keeper.keep()
    return tmp_path


def asked(home, sql, parameters=None, **more):
    return ask(home, sql, parameters, actor="person:1", purpose=more.pop("purpose", WHY), **more)


def request(sql, **more):
    """A request as it comes to the process that answers: over an archive without any row."""
    return {
        "sql": sql, "parameters": {}, "masked": True, "paths": {}, "rows_max": 100,
        "seconds_max": 60, "only_check": False,
    } | more  # fmt: skip


ESCAPES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('*')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/**')",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_functions()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.fills",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('fills')",
    "SELECT * FROM (DESCRIBE fills)",
    "SELECT * FROM (SHOW TABLES)",
    "SUMMARIZE fills",
    "SHOW ALL TABLES",
    "DESCRIBE fills",
    "EXPLAIN SELECT * FROM fills",
    "COPY fills TO '/tmp/out.csv'",
    "COPY (SELECT 1) TO 'x.parquet'",
    "ATTACH '/tmp/other.db'",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT * FROM 'https://example.org/a.parquet'",
    "PRAGMA database_list",
    "PRAGMA version",
    "SET threads = 64",
    "RESET memory_limit",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    "SELECT mask_0(1)",
    "SELECT pg_get_viewdef(1)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW fills",
    "CREATE TABLE t AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "INSERT INTO fills SELECT * FROM fills",
    "UPDATE fills SET price = 0",
    "DELETE FROM fills",
    "DROP VIEW fills",
    "EXPORT DATABASE 'x'",
    "CALL pragma_version()",
    "PREPARE p AS SELECT 1",
    "CHECKPOINT",
    "USE memory",
    "WITH c AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM c",
    "SELECT (SELECT count(*) FROM duckdb_secrets())",
    "SELECT * FROM fills WHERE trade IN (SELECT 1 FROM read_blob('/etc/passwd'))",
    "not even SQL",
    "",
]


def test_nothing_but_one_select_over_the_tables_is_answered():
    for masked in (True, False):
        for sql in ESCAPES:
            assert answer(request(sql, masked=masked), "512MB").head.get("refused"), sql


def test_a_refusal_is_recorded(tmp_path):
    with pytest.raises(Refused, match="3002"):
        asked(tmp_path, "SELECT * FROM sqlite_master")
    assert AuditRow.objects.get().outcome == "refused"


def test_what_is_ordinary_is_answered(home):
    for sql in (
        "SELECT count(*) FROM fills",
        "WITH big AS (SELECT * FROM fills WHERE quantity > 5) SELECT count(*) FROM big",
        "SELECT symbol, sum(value) OVER (ORDER BY trade) FROM fills JOIN markets USING (market)",
        "SELECT i FROM range(3) r(i)",
        "FROM markets SELECT symbol",
        "VALUES (1), (2)",
        "SELECT date_trunc('minute', time) AS minute, count(*) FROM orders GROUP BY ALL",
    ):
        assert asked(home, sql).rows.num_columns >= 1


def test_an_answer_has_a_cap_and_says_so(home):
    whole = asked(home, "SELECT * FROM range(10000)")
    assert len(whole.rows) == 10_000 and not whole.truncated and "Truncated" not in whole.note
    cut = asked(home, "SELECT * FROM range(10001)")
    assert len(cut.rows) == 10_000 and cut.truncated and "first 10,000 rows" in cut.note
    assert AuditRow.objects.last().facts["truncated"] is True


def test_a_question_without_end_is_interrupted(home):
    with pytest.raises(Refused, match="3005"):
        asked(home, "SELECT count(*) FROM range(1000000000000) a, range(1000000) b",
              seconds_max=0.3)  # fmt: skip


def test_a_question_that_needs_too_much_memory_is_refused(home):
    with pytest.raises(Refused, match="3012"):
        asked(home, "SELECT length(repeat('x', 1500000000))")


def test_every_asking_is_recorded_with_its_purpose(home):
    made = asked(home, "SELECT 1 AS one", purpose="monthly report")
    row = AuditRow.objects.get(number=made.audit)
    assert (row.actor, row.deed, row.facts["purpose"]) == ("person:1", "query", "monthly report")
    assert row.facts["sql"] == "SELECT 1 AS one" and row.facts["masked"] is True
    with pytest.raises(Refused, match="purpose"):
        asked(home, "SELECT 1", purpose="  ")


def test_clients_are_pseudonyms_unless_they_may_be_seen(home):
    hidden = asked(home, "SELECT DISTINCT account FROM positions ORDER BY 1")
    seen = asked(home, "SELECT DISTINCT account FROM positions ORDER BY 1", sees_clients=True)
    assert hidden.masked and not seen.masked
    assert len(hidden.rows) == len(seen.rows) > 10
    assert all(len(one) == 14 and one[:2] == "c-" for one in hidden.rows["account"].to_pylist())
    assert seen.rows["account"].type == pa.int64()


def test_a_pseudonym_is_the_same_in_every_table_and_answer(home):
    joined = asked(home, "SELECT count(*) AS n FROM positions JOIN accounts USING (account)")
    whole = asked(home, "SELECT count(*) AS n FROM positions")
    assert joined.rows["n"] == whole.rows["n"]
    one, other = (asked(home, "SELECT DISTINCT taker_account AS a FROM fills ORDER BY a")
                  for _ in range(2))  # fmt: skip
    assert one.rows == other.rows


def test_a_pseudonym_is_made_with_the_key_of_the_home(home, settings):
    seen = asked(home, "SELECT account FROM accounts", sees_clients=True).rows
    made = asked(home, "SELECT account FROM accounts").rows
    key = settings.PILOTHOUSE_PSEUDONYM_KEY
    told = sorted(pseudonym(one, Mask.ACCOUNT, key) for one in seen["account"].to_pylist())
    assert made["account"].to_pylist() == told and len(set(told)) == len(told)
    assert pseudonym(7, Mask.ACCOUNT, key) != pseudonym(7, Mask.ACCOUNT, b"another")
    assert pseudonym(7, Mask.ACCOUNT, key)[1:] != pseudonym(7, Mask.FIRM, key)[1:]


def test_parts_are_masked_anew_under_another_key(home, monkeypatch):
    sql = "SELECT DISTINCT account FROM positions ORDER BY 1"
    before, files = asked(home, sql).rows, parts.files_on_disk(home)
    with monkeypatch.context() as patched:
        patched.setattr(parts, "settings", SimpleNamespace(PILOTHOUSE_PSEUDONYM_KEY=b"another"))
        Keeper(Archive(home))
        other = asked(home, sql).rows
        assert len(other) == len(before) and not set(other["account"]) & set(before["account"])
    Keeper(Archive(home))
    assert asked(home, sql).rows == before and parts.files_on_disk(home) == files


def test_masked_files_that_are_missing_are_made_anew(home):
    sql = "SELECT count(*) AS n, sum(quantity) AS q FROM positions"
    before = asked(home, sql).rows
    for path in (home / "archive" / "masked" / "positions").iterdir():
        path.unlink()
    walk.WANTED.clear()
    with pytest.raises(Refused, match="3018"):
        asked(home, sql)
    assert walk.WANTED.is_set(), "all files are compared now"
    Keeper(Archive(home))
    assert asked(home, sql).rows == before


def test_no_masked_column_tells_its_number(home):
    """Every masked column of every table, one by one; and no trick brings the number back."""
    for table in (one for one in TABLES.values() if one.masked):
        names = [one.name for one in table.masked]
        for made in asked(home, f"SELECT {', '.join(names)} FROM {table.name}").rows.columns:
            assert made.type == pa.string()
            assert all(one is None or one == "" or one[1] == "-" for one in made.to_pylist())
    for trick in ("CAST(account AS BIGINT)", "account + 0", "sum(account)"):
        with pytest.raises(Refused) as refused:
            asked(home, f"SELECT {trick} FROM positions")
        assert "mask_" not in str(refused.value)


def test_the_decimal_views_are_exact(home):
    made = asked(
        home,
        "SELECT f.price, f.value, f.taker_fee, r.price AS p, r.value AS v, m.price_decimals AS d "
        "FROM fills_decimal f JOIN fills r USING (trade) JOIN markets m ON r.market = m.market",
    ).rows.to_pylist()
    assert made
    for one in made:
        assert one["price"] * 10 ** one["d"] == one["p"]
        assert int(one["value"].scaleb(6)) in (one["v"], one["v"] * 100)


@pytest.mark.parametrize("name", list(BUILT_IN))
@pytest.mark.parametrize("sees", [False, True])
def test_the_questions_of_the_house_are_answered(home, name, sees):
    one = BUILT_IN[name]
    made = asked(home, one.sql, values(one.parameters, {}), sees_clients=sees)
    assert {one.chart.label, one.chart.value} <= set(made.rows.column_names)
    if name in ("open_interest_concentration", "revenue_by_tier"):
        assert len(made.rows) > 0


def test_concentration_is_what_the_machine_holds(home, world):
    one = BUILT_IN["open_interest_concentration"]
    rows = asked(home, one.sql, values(one.parameters, {})).rows.to_pylist()
    by_symbol = {row["symbol"]: row for row in rows}
    state = world.machine.state
    markets = asked(home, "SELECT symbol, market, quantity_decimals AS d FROM markets").rows
    for listed in markets.to_pylist():
        m = state.markets[listed["market"]]
        interest = int(m["open_interest"])
        if interest:
            row = by_symbol[listed["symbol"]]
            assert int(row["open_interest"].scaleb(listed["d"])) == interest
            assert row["holders"] == int(m["positions_open"])


def test_revenue_is_what_the_house_was_paid(home):
    one = BUILT_IN["revenue_by_tier"]
    rows = asked(home, one.sql, values(one.parameters, {})).rows.to_pylist()
    paid = asked(
        home,
        "SELECT q.display AS money, sum(taker_fee + maker_fee)::DECIMAL(25,0) * q.unit AS fee "
        "FROM fills JOIN markets m USING (market) JOIN assets q ON q.asset = m.quote "
        "WHERE fill_kind = 'trade' GROUP BY q.display, q.unit",
    ).rows.to_pylist()
    for total in paid:
        assert sum(r["revenue"] for r in rows if r["money"] == total["money"]) == total["fee"]


def test_clients_hit_and_time_to_change_are_counted_from_the_rows(home, world):
    moment = datetime(2027, 1, 1)
    archive = Archive(home)
    change = {one.name: None for one in TABLES["changes"].columns} | {
        "id": 7, "kind": "margin_schedule", "title": "More margin", "market": 9, "incident": 3,
        "applied": moment, "position": 5,
    }  # fmt: skip
    alert = {one.name: None for one in TABLES["alerts"].columns} | {
        "id": 4, "rule": "spread", "market": 9, "incident": 3,
        "raised": datetime(2026, 12, 31, 23, 58),
    }  # fmt: skip
    archive.replace("changes", pa.Table.from_pylist([change], TABLES["changes"].schema))
    archive.replace("alerts", pa.Table.from_pylist([alert], TABLES["alerts"].schema))
    hit = BUILT_IN["clients_hit_by_change"]
    row = asked(home, hit.sql, values(hit.parameters, {"minutes": "600"})).rows.to_pylist()[0]
    expected = {
        int(e[3]) for span in world.spans for e in span.events
        if (e[0] == 3 and e[5] == 9 and e[6] in (4, 5))
    } | {
        int(e[at]) for span in world.spans for e in span.events
        if e[0] == 2 and e[4] == 9 and e[15] > 1
        for at in ((3,) if e[15] == 2 else (3, 9))
    }  # fmt: skip
    assert row["clients_hit"] == len(expected) > 0
    waited = BUILT_IN["alert_to_change"]
    row = asked(home, waited.sql, values(waited.parameters, {})).rows.to_pylist()[0]
    assert (row["alert"], row["change"], row["seconds_to_change"]) == (4, 7, 120)


def test_a_question_is_kept_and_its_parameters_are_never_pasted(home):
    sql = "SELECT count(*) AS n FROM markets WHERE symbol = $symbol AND time >= $since"
    made = save("My markets", sql, Chart(), actor="person:1", owner="person:1")
    assert question("my_markets") == made
    assert [(one.name, one.kind) for one in made.parameters] == [
        ("symbol", "text"), ("since", "time"),
    ]  # fmt: skip
    given = values(made.parameters, {"symbol": "' OR 1=1 --", "since": "2020-01-01"})
    assert asked(home, made.sql, given).rows["n"].to_pylist() == [0]
    with pytest.raises(Refused, match="taken"):
        save("My markets", sql, Chart(), actor="person:2", owner="person:2")
    with pytest.raises(Refused, match="taken"):
        save("Revenue by tier", sql, Chart(), actor="person:2", owner="person:2")
    with pytest.raises(Refused, match="takes a time"):
        values(made.parameters, {"symbol": "x", "since": "yesterday"})
    assert parameters_in("SELECT '$5', $a, $a") == parameters_in("SELECT $a")


def test_a_question_is_recorded_whole_or_refused(home):
    longest = "SELECT 1 AS n --".ljust(asking.SQL_MOST, "n")
    asked(home, longest)
    assert AuditRow.objects.order_by("-number").first().facts["sql"] == longest
    with pytest.raises(Refused, match=r"3009.*20,001.*at most 20,000 characters"):
        asked(home, longest + "n")


def test_titles_that_begin_alike_are_two_questions(home):
    alike = "a" * (TITLE_MOST - 1)
    for last in "xy":
        save(alike + last, f"SELECT '{last}'", Chart(), actor="person:1", owner="person:1")
    assert question(alike + "x").sql == "SELECT 'x'"
    with pytest.raises(Refused, match="3010"):
        save(alike + "xy", "SELECT 1", Chart(), actor="person:1", owner="person:1")
    assert question(alike + "x").sql == "SELECT 'x'"


def test_two_at_once_and_no_more(home, monkeypatch):
    monkeypatch.setattr(turns, "WAIT_S", 0.01)
    with turns.TURNS.of("one"), turns.TURNS.of("other"), pytest.raises(Refused, match="3008"):
        turns.TURNS._begin("third", 0.0)
    asked(home, "SELECT 1")
