"""Style is a program: what a reviewer would say again and again, said once."""

import ast
import re
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import PACKAGE, ROOT, files, name, python, read, tree

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
LINE_MAX = 99
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
OPEN_WORDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK|NotImplementedError)\b")
FLOATLESS = ("language", "rules", "engine")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
MADE_BY_PROGRAM = {"requirements.lock", "LICENSE"}


def test_there_is_something_to_judge():
    assert len(python()) > 20 and len(files()) > 40


@pytest.mark.parametrize("path", python(), ids=name)
def test_a_file_is_short(path):
    assert len(read(path).splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("path", python(), ids=name)
def test_a_function_is_one_screen(path):
    for one in ast.walk(tree(path)):
        if isinstance(one, FUNCTIONS):
            lines = one.end_lineno - one.lineno + 1
            assert lines <= FUNCTION_LINES_MAX, f"{one.name} has {lines} lines"


def test_no_module_has_a_name_that_says_nothing():
    for path in python():
        assert path.stem not in VAGUE_NAMES and path.parent.name not in VAGUE_NAMES, name(path)


@pytest.mark.parametrize("path", python(*FLOATLESS), ids=name)
def test_no_float_is_near_money(path):
    """No float literal, no call of float(), and no true division in the exact rooms."""
    for one in ast.walk(tree(path)):
        at = f"line {getattr(one, 'lineno', 0)}"
        assert not (isinstance(one, ast.Constant) and isinstance(one.value, float)), at
        assert not (isinstance(one, ast.BinOp) and isinstance(one.op, ast.Div)), at
        assert not (isinstance(one, ast.Name) and one.id == "float"), at
        assert not (isinstance(one, ast.Attribute) and one.attr in {"float64", "float32"}), at


def test_nothing_is_left_open_in_the_text():
    mine = ROOT / "tests" / "house" / "test_tidy.py"
    for path in files():
        if path != mine and path.name not in MADE_BY_PROGRAM:
            found = OPEN_WORDS.search(read(path))
            assert not found, f"{name(path)} says {found.group()}"


def test_lines_fit_a_screen():
    for path in files():
        if path.suffix == ".py" and "migrations" not in path.parts:
            for at, line in enumerate(read(path).splitlines(), 1):
                assert len(line) <= LINE_MAX, f"{name(path)}:{at} has {len(line)} characters"


def test_no_file_names_a_place_of_one_machine():
    """A path of the machine it was written on says nothing on another one."""
    homes = re.compile(r"(?<![\w.~-])/(?:root|work|home/[a-z]\w*|Users/\w+|tmp/\w+)/")
    for path in files():
        found = homes.search(read(path)) if path.name not in MADE_BY_PROGRAM else None
        assert not found, f"{name(path)} names {found.group()}"


def test_the_lock_names_no_host_and_every_package_has_hashes():
    text = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|--trusted-host", text)
    packages = re.findall(r"^([a-zA-Z0-9._-]+)==", text, re.MULTILINE)
    entries = re.split(r"^(?=[a-zA-Z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(packages) > 30
    assert all("--hash=sha256:" in one for one in entries)


def test_the_lock_holds_every_package_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    locked = set(re.findall(r"^([a-z0-9._-]+)==", read(ROOT / "requirements.lock"), re.M))
    for one in asked:
        wanted = Requirement(one)
        assert canonicalize_name(wanted.name) in locked, f"{wanted.name} is not locked: make lock"
        for extra in wanted.extras:
            missing = needed_by(wanted.name, extra) - locked
            assert not missing, f"{one} needs {missing}: make lock"


def needed_by(package, extra):
    """Return what an extra of an installed package asks for on this platform."""
    found = set()
    for one in map(Requirement, distribution(package).requires or []):
        mark = one.marker
        if mark and mark.evaluate({"extra": extra}) and not mark.evaluate({"extra": ""}):
            found.add(canonicalize_name(one.name))
    return found


def test_nothing_secret_or_made_is_committed():
    for path in files():
        assert path.suffix not in {".sqlite3", ".key", ".pem", ".pyc", ".sock"}, name(path)
        assert path.stat().st_size < 1_000_000, f"{name(path)} is large"


def test_the_package_is_where_the_house_says():
    rooms = {one.name for one in PACKAGE.iterdir() if one.is_dir() and one.name[0] != "_"}
    house = {
        "language", "rules", "engine", "journal", "venue", "records", "access", "gate", "control",
        "watch", "desk", "trading_api", "console", "simulation", "wiring",
    }  # fmt: skip
    assert rooms <= house, rooms - house
