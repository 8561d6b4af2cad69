"""The SQL page before a viewer who means harm: numbered refusals, an audit row each, no 5xx."""

from __future__ import annotations

import pytest
from django.test import Client

from pilothouse.records.archive import questions
from pilothouse.records.archive.ask import PURPOSE_MOST, SQL_MOST
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.questions import Chart, save
from pilothouse.records.archive.refusals import Refused
from pilothouse.records.models import AuditRow, SavedQuery
from tests.attack.sql_worlds import build
from tests.console.conftest import team  # noqa: F401 - the people of a console

pytestmark = pytest.mark.django_db
TRUE = 10**12 + 77


@pytest.fixture
def viewer(settings, tmp_path, team):  # noqa: F811 - a fixture by its name
    backend = "django.contrib.auth.backends.ModelBackend"
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, backend]
    settings.PILOTHOUSE_HOME = tmp_path
    build(tmp_path, [TRUE, TRUE + 4, TRUE + 9], pieces=1)
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.force_login(team.viewer, backend)
    return client


def post(client, sql, **more):
    return client.post("/sql", {"sql": sql, "purpose": "curious", "deed": "run"} | more)


def test_c3_f1_a_viewer_reads_no_true_number_over_http(viewer, tmp_path):
    """The statements of both reviews, and with every wish that a form can make."""
    path = files_now(tmp_path, masked=False)["positions"].dated[0]
    for sql in (
        "SELECT sql FROM sqlite_master WHERE name = 'positions' AND EXISTS "
        "(WITH sqlite_master AS (SELECT 1) SELECT 1)",
        f'SELECT account, market FROM "{path}" WHERE EXISTS '
        f'(WITH "{path}" AS (SELECT 1) SELECT 1)',
        "SELECT row_number() OVER (ORDER BY position), account FROM accounts",
    ):
        for more in ({"clients": "1"}, {"deed": "csv", "clients": "1"}):
            answer = post(viewer, sql, **more)
            assert answer.status_code in (200, 422)
            for number in (TRUE, TRUE + 4, TRUE + 9):
                assert f"{number}".encode() not in answer.content.replace(b",", b"")
    facts = [row.facts["masked"] for row in AuditRow.objects.filter(deed="query")]
    assert facts == [True] * 6


def test_f19_no_form_brings_a_5xx_and_each_is_in_the_audit(viewer):
    odd = [
        {"sql": "SELECT " + "NOT " * 900 + "true"},
        {"sql": "SELECT INTERVAL 1 DAY", "deed": "parquet"},
        {"sql": "SELECT 'nan'::DOUBLE AS a, 1 AS a, NULL, 'x'::BLOB", "deed": "csv"},
        {"sql": "SELECT $since AS s", "p_since": "0001-01-01T00:00+23:59"},
        {"sql": "SELECT $x AS s", "p_x": "x" * 5_000},
        {"sql": "SELECT 1", "purpose": "x" * (PURPOSE_MOST + 1)},
        {"sql": "SELECT 'nan'::DOUBLE AS v, [1] AS l", "label": "l", "value": "v"},
        {"sql": "SELECT 'a'::BLOB AS v, {'a': 1} AS l", "label": "l", "value": "v"},
        {"sql": "SELECT 1\0; DROP"},
        {"sql": "SELECT '\ud83d\ude00' AS \"\u202e\""},
        {"sql": "x" * (SQL_MOST + 1)},
    ]
    for k, one in enumerate(odd, 1):
        form = {"sql": "SELECT 1", "purpose": "odd", "deed": "run"} | one
        form["sql"] = form["sql"].encode("utf-16", "surrogatepass").decode("utf-16")
        answer = viewer.post("/sql", form)
        assert answer.status_code in (200, 422), (one, answer.status_code)
        assert AuditRow.objects.filter(deed="query").count() == k, one


def test_bug33_the_page_asks_for_no_parameter_of_a_comment(viewer):
    sql = "SELECT symbol FROM markets -- where $since\n"
    answer = post(viewer, sql)
    assert answer.status_code == 200 and b"p_since" not in answer.content


def test_a_viewer_keeps_no_text_that_cannot_be_asked(viewer, monkeypatch):
    for sql in ("x" * 2_000_000, "no select", "FROM duckdb_views()"):
        assert post(viewer, sql, deed="save", title="Mine").status_code == 422
    assert post(viewer, "SELECT 1", deed="save", title="M", label="x" * 9_000).status_code == 422
    assert not SavedQuery.objects.exists()
    assert AuditRow.objects.filter(deed="save_query", outcome="refused").count() == 4
    assert post(viewer, "SELECT $x AS x", deed="save", title="Mine").status_code == 302


def test_saved_queries_are_bounded_for_each_and_for_all(db, monkeypatch):
    monkeypatch.setattr(questions, "check", lambda *_, **__: None)
    monkeypatch.setattr(questions, "SAVED_OF_A_PERSON", 2)
    monkeypatch.setattr(questions, "SAVED_MOST", 3)
    for title in ("one", "two"):
        save(title, "SELECT 1", Chart(), actor="person:1", owner="a")
    with pytest.raises(Refused, match="3017"):
        save("three", "SELECT 1", Chart(), actor="person:1", owner="a")
    save("two", "SELECT 2", Chart(), actor="person:1", owner="a")
    save("three", "SELECT 1", Chart(), actor="person:2", owner="b")
    with pytest.raises(Refused, match="3017"):
        save("four", "SELECT 1", Chart(), actor="person:2", owner="b")
