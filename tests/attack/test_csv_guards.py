"""P74: no cell of an export runs, no cell makes a second row, and numbers stay numbers."""

import csv
import io
from decimal import Decimal
from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pytest

from pilothouse.console.pages.sql.export import as_csv

FORMULAS = ["=1+1", "+1", "-1+cmd", "@SUM(A1)", "  =1+1", "\t=1", "\r=1", "\n=1",
            "＝1+1", " \r\n @x", "=HYPERLINK(\"http://x\")"]  # fmt: skip
TEXTS = ['say "hi"', "a,b", "a\rb", "a\nb", "a\r\nb", "tab\there", "'quoted'", "ends\r", "", "–"]


def exported(**columns):
    rows = pa.table(columns)
    made = SimpleNamespace(rows=rows, truncated=False, note="", audit=1)
    return as_csv(made).content.decode()


def read_back(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_p74_a_formula_is_guarded_after_blanks_too(formula):
    ((head,), (cell,)) = read_back(exported(text=[formula]))
    assert (head, cell) == ("text", f"'{formula}")
    ((head,), _) = read_back(exported(**{formula: [1]}))
    assert head == f"'{formula}", "a column's name is a text as well"


@pytest.mark.parametrize(
    ("formula", "cell"), [("\u00a0=1", "[U+00A0]=1"), ("\u3000-2", "[U+3000]-2")]
)
def test_p74_a_formula_behind_another_blank_is_none(formula, cell):
    assert read_back(exported(text=[formula])) == [["text"], [cell]]
    assert read_back(exported(**{formula: [1]}))[0] == [cell]


@pytest.mark.parametrize("text", TEXTS)
def test_p74_a_text_reads_back_equal_with_two_readers(tmp_path, text):
    raw = exported(text=[text, "next"], number=[1, 2])
    assert read_back(raw)[1:] == [[text, "1"], ["next", "2"]]
    (tmp_path / "made.csv").write_bytes(raw.encode())
    options = "header=true, all_varchar=true, quote='\"', escape='\"', delim=',', nullstr='\\N'"
    rows = duckdb.sql(f"SELECT * FROM read_csv('{tmp_path}/made.csv', {options})").fetchall()
    assert rows == [(text, "1"), ("next", "2")]


def test_p74_negative_numbers_stay_numbers():
    raw = exported(a=[-5], b=pa.array([None], pa.int64()), c=pa.array([Decimal("-0.5")]))
    assert read_back(raw)[1] == ["-5", "", "-0.5"]


def test_p73_an_export_shows_the_codes_of_what_hides():
    ((_,), (cell,)) = read_back(exported(text=["ok \u202e.on"]))
    assert cell == "ok [U+202E].on"
