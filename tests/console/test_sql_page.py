"""The SQL page: rows with a chart, files that say what was cut, and clients behind masks."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client

from pilothouse.console.charts.bars import bars
from pilothouse.console.pages.sql.export import as_csv, as_parquet
from pilothouse.records.archive.answering import names_apart
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.ask import Answer
from pilothouse.records.archive.cursors import Cursor
from pilothouse.records.archive.exchange_tables import ACCOUNTS, MARKETS
from pilothouse.records.models import AuditRow

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(settings, tmp_path):
    backend = "django.contrib.auth.backends.ModelBackend"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, backend]
    settings.PILOTHOUSE_HOME = tmp_path
    archive = Archive(tmp_path)
    for table, some in ((MARKETS, [{"market": k, "symbol": f"PF_{k}"} for k in (1, 2)]),
                        (ACCOUNTS, [{"account": 4711, "firm": 9}])):  # fmt: skip
        rows = [dict.fromkeys(table.schema.names) | one for one in some]
        archive.append(table.name, pa.Table.from_pylist(rows, table.schema))
    archive.flush()

    def signed_in(person):
        client = Client()
        client.force_login(person, backend)
        return client

    return signed_in


def run(client, sql, **more):
    return client.post("/sql", {"sql": sql, "purpose": "a test", "deed": "run"} | more)


def test_the_page_shows_questions_tables_and_the_answer_with_its_chart(team, at):
    client = at(team.operator)
    page = client.get("/sql?question=revenue_by_tier").content.decode()
    assert "Revenue by fee tier" in page and "$since" in page and "ledger_entries" in page
    page = run(
        client, "SELECT symbol, market FROM markets ORDER BY 2", label="symbol", value="market"
    ).content.decode()
    assert "<td>PF_2</td>" in page and "<rect" in page and "2 rows" in page


def test_no_column_is_lost_that_has_the_name_of_another(team, at):
    sql = "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a, 5 AS b"
    client, names = at(team.operator), ["a", "a_2", "a_1", "a_3", "b"]
    asked = {"sql": sql, "purpose": "a test", "deed": "run"}
    facts = client.post("/sql", asked, HTTP_ACCEPT="application/json").json()
    assert facts["columns"] == names
    assert facts["rows"] == [dict(zip(names, range(1, 6), strict=True))]
    (line,) = csv.DictReader(io.StringIO(run(client, sql, deed="csv").content.decode()))
    assert line == dict(zip(names, "12345", strict=True))
    read = pq.read_table(io.BytesIO(run(client, sql, deed="parquet").content))
    assert read.to_pylist() == facts["rows"]


@pytest.mark.parametrize(
    ("names", "apart"),
    [
        ([], []),
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_1", "a_2"]),
        (["a", "a", "a_1", "a_1"], ["a", "a_2", "a_1", "a_1_1"]),
        (["a\u200b", "a[U+200B]"], ["a[U+200B]", "a[U+200B]_1"]),
    ],
)
def test_names_of_columns_are_apart(names, apart):
    assert names_apart(names) == apart


def test_clients_need_a_right_and_the_wish(team, at):
    sql = "SELECT account, firm FROM accounts"
    hidden = run(at(team.operator), sql).content.decode()
    assert ">4711<" not in hidden and "Clients are pseudonyms." in hidden
    assert ">4711<" in run(at(team.operator), sql, clients="1").content.decode()
    assert ">4711<" not in run(at(team.viewer), sql, clients="1").content.decode()
    assert [row.facts["masked"] for row in AuditRow.objects.filter(deed="query")] == [
        True, False, True,
    ]  # fmt: skip


def test_a_refused_question_says_why_and_what_to_do(team, at):
    answer = run(at(team.operator), "DROP TABLE fills")
    assert answer.status_code == 422
    assert "Only one SELECT is answered (3001)" in answer.content.decode()
    assert run(at(team.operator), "SELECT 1", purpose="").status_code == 422


def test_files_say_what_was_cut(team, at):
    client = at(team.operator)
    cut = run(client, "SELECT * FROM range(10001)", deed="csv")
    assert "truncated.csv" in cut["Content-Disposition"]
    lines = cut.content.decode().splitlines()
    assert len(lines) == 1 + 10_000 + 1 and "Truncated" in lines[-1]
    whole = run(client, "SELECT 5 AS five", deed="parquet")
    table = pq.read_table(io.BytesIO(whole.content))
    assert table.to_pylist() == [{"five": 5}]
    assert table.schema.metadata[b"truncated"] == b"false"


def test_a_spreadsheet_runs_nothing_of_a_file(team, at):
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "plain"]
    rows = pa.table({"=name": evil, "n": [-1, 0, 1, 2, 3, 4, 5]})
    made = Answer(rows, False, True, 1, Cursor(), 1)
    read = list(csv.reader(io.StringIO(as_csv(made).content.decode(), newline="")))
    assert [one[0] for one in read] == ["'=name"] + [f"'{one}" for one in evil[:-1]] + ["plain"]
    assert [one[1] for one in read[1:]] == ["-1", "0", "1", "2", "3", "4", "5"]
    assert pq.read_table(io.BytesIO(as_parquet(made).content))["=name"].to_pylist() == evil


def test_the_same_as_json(team, at):
    client = at(team.operator)
    made = client.post(
        "/sql",
        {"sql": "SELECT symbol FROM markets ORDER BY 1", "purpose": "a test"},
        headers={"Accept": "application/json"},
    ).json()
    assert made["rows"] == [{"symbol": "PF_1"}, {"symbol": "PF_2"}]
    assert made["truncated"] is False and made["masked"] is True


def test_a_question_is_saved_with_its_chart(team, at):
    client = at(team.operator)
    answer = run(client, "SELECT $x AS x", deed="save", title="Mine", label="x", value="x")
    assert answer["Location"] == "/sql?question=mine"
    assert "$x" in client.get("/sql?question=mine").content.decode()


def test_bars_are_as_long_as_their_numbers():
    rows = pa.table({"name": ["a", "b", "c"], "n": [10, 5, 0]})
    made = bars(rows, "name", "n")
    assert made is not None
    widths = [one.width for one in made.bars]
    assert widths[0] == 2 * widths[1] and widths[2] == 1
    assert bars(rows, "name", "missing") is None and bars(rows, "n", "name") is None
