"""`pilothouse bench` finds every benchmark and shows its facts, tables as tables."""

from rich.console import Console

from pilothouse.wiring.cli.bench import benchmarks, flat, is_lines, lined


def test_every_program_of_the_folder_is_a_benchmark():
    assert {"engine", "preview", "sql"} <= set(benchmarks())
    assert "mix" not in benchmarks() and "sql_rows" not in benchmarks()


def test_facts_are_flat_and_lines_are_a_table():
    lines = [{"query": "one_more", "rows": 1_000_000}, {"query": "two", "rows": 3}]
    facts = {"rows": 1_000, "of": {"this": [1, 2]}, "queries": lines}
    assert flat(facts) == [("rows", "1,000"), ("of.this", "[1, 2]")]
    assert is_lines(lines) and not is_lines([]) and not is_lines([1])
    out = Console(width=60)
    with out.capture() as caught:
        out.print(lined(lines))
    said = caught.get()
    assert "one more" in said and "1,000,000" in said and len(said.splitlines()) > 4
