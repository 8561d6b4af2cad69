"""P09: a reader that never ends keeps SQLite from shrinking its log; none waits in one."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings

from pilothouse.console.life import checkpoint, log_bytes

SOURCE = Path(__file__).parents[2] / "src" / "pilothouse"
WAITS = {"sleep", "wait", "wait_for", "join", "Popen", "run", "recv", "accept", "select", "submit",
         "told_by_a_process", "ask", "urlopen", "communicate"}  # fmt: skip


def transactions(tree: ast.AST):
    """Find every block that is one transaction; a context manager's yield is no wait."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            ast.unparse(one) == "contextmanager" for one in node.decorator_list
        ):
            for one in ast.walk(node):
                one.__class__ = ast.Pass if isinstance(one, ast.Yield) else one.__class__
    for node in ast.walk(tree):
        named = [one.context_expr for one in node.items] if isinstance(node, ast.With) else []
        decorated = node.decorator_list if isinstance(node, ast.FunctionDef) else []
        if any("transaction.atomic" in ast.unparse(one) for one in (*named, *decorated)):
            yield node


def waits(block: ast.AST):
    """Find what may wait for somebody else inside."""
    for node in ast.walk(block):
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.AsyncFor):
            yield node.lineno, "hands over to its reader"
        if isinstance(node, ast.Call):
            name = (
                node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            )
            if name in WAITS:
                yield node.lineno, name


def test_p09_no_transaction_is_held_over_a_wait():
    found = []
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for block in transactions(tree):
            found += [(path.name, *one) for one in waits(block)]
    assert not found


def test_p09_a_request_is_no_transaction():
    """Pages, feeds and exports read in statements of their own, each ended when it is read."""
    assert not settings.DATABASES["default"].get("ATOMIC_REQUESTS", False)


def test_p09_the_search_finds_what_it_looks_for():
    tree = ast.parse("with transaction.atomic():\n    yield 1\n    sleep(2)\n")
    assert [one for block in transactions(tree) for one in waits(block)] == [
        (2, "hands over to its reader"), (3, "sleep"),
    ]  # fmt: skip


def test_p09_the_log_is_measured_and_cut_once_its_reader_has_ended(tmp_path, monkeypatch):
    path = tmp_path / "some.sqlite3"
    how = {"isolation_level": None}
    with closing(sqlite3.connect(path, **how)) as ours, closing(sqlite3.connect(path)) as reader:
        ours.executescript(settings.DATABASES["default"]["OPTIONS"]["init_command"])
        ours.execute("CREATE TABLE rows (body BLOB)")
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM rows").fetchone() == (0,)
        monkeypatch.setattr("pilothouse.console.life.connection", Ours(ours, path))
        for _ in range(6):
            ours.execute("INSERT INTO rows VALUES (zeroblob(4194304))")
            checkpoint()
        assert log_bytes() > 24 << 20, "while somebody reads an old state it only grows"
        reader.rollback()
        checkpoint()
        ours.execute("INSERT INTO rows VALUES (zeroblob(10))")
        assert log_bytes() <= 16 << 20


class Ours:
    """The connection of the console, of another database."""

    def __init__(self, made, path):
        self.cursor = lambda: closing(made.cursor())
        self.settings_dict = {"NAME": path}
