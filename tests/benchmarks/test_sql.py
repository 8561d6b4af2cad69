"""The benchmark of SQL, small: its three answers to each saved question are equal."""

from __future__ import annotations

import pytest

from benchmarks.sql import TABLES_READ, assert_equal, measure, plain
from benchmarks.sql_page import read_back
from benchmarks.sql_pandas import Frames
from pilothouse.records.archive.archive import live
from pilothouse.records.archive.questions import BUILT_IN
from pilothouse.records.models import AuditRow

pytestmark = pytest.mark.django_db
HELD = ("orders", "fills", "positions", "changes", "alerts", "markets", "assets")


def test_every_saved_question_has_the_same_answer_three_times(tmp_path):
    made = measure(tmp_path, 20_000, turns=1)
    assert [one["query"] for one in made["queries"]] == list(BUILT_IN) == list(TABLES_READ)
    assert made["rows"] == 20_000 == sum(one.rows for name in HELD for one in live(name))
    assert all(one["rows_answered"] > 20 for one in made["queries"])
    frames = Frames(read_back(tmp_path))
    assert any(one[4] for one in frames.clients_hit_by_change())
    assert any(plain(one[6]) for one in frames.alert_to_change())
    asked = AuditRow.objects.filter(deed="query")
    assert asked.count() == 2 * len(BUILT_IN) and all(one.facts["masked"] for one in asked)


def test_answers_that_differ_are_noticed():
    assert_equal("one", [(1, None)], [(1, None)])
    for other in ([(1, 2)], [], [(1, None), (2, None)], [(2, None)]):
        with pytest.raises(AssertionError, match="one"):
            assert_equal("one", [(1, None)], other)
    assert plain(float("nan")) is None
