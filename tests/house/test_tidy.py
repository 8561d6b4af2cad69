"""Style is a program: what a reviewer would say again and again, said once."""

import ast
import re
import tomllib
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import PACKAGE, ROOT, files, name, nodes, none_found, python, read

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


def test_files_are_short():
    lines = ((one, len(read(one).splitlines())) for one in python())
    found = (f"{name(one)} has {count} lines" for one, count in lines if count > FILE_LINES_MAX)
    none_found(found, f"A file is one thought of up to {FILE_LINES_MAX} lines: split it.")


def test_functions_fit_a_screen():
    found = (one for path in python() for one in long_functions(path))
    none_found(found, f"A function has up to {FUNCTION_LINES_MAX} lines: give its parts names.")


def long_functions(path):
    for one in nodes(path):
        if isinstance(one, FUNCTIONS) and one.end_lineno - one.lineno >= FUNCTION_LINES_MAX:
            lines = one.end_lineno - one.lineno + 1
            yield f"{name(path)}:{one.lineno} {one.name} has {lines} lines"


def test_no_module_has_a_name_that_says_nothing():
    found = (name(one) for one in python() if VAGUE_NAMES & {one.stem, one.parent.name})
    none_found(found, "Name a module by what is in it.")


def test_no_float_is_near_money():
    """No float literal, no call of float(), and no true division in the exact rooms."""
    found = (
        f"{name(path)}:{one.lineno} has {ast.unparse(one)}"
        for path in python(*FLOATLESS)
        for one in nodes(path)
        if is_float(one)
    )
    none_found(found, "Money is whole numbers of a unit: no float, and // in place of /.")


def is_float(node):
    match node:
        case ast.Constant(value=float()) | ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return True
        case ast.Name(id=text) | ast.Attribute(attr=text):
            return text in {"float", "float64", "float32"}
    return False


def test_nothing_is_left_open_in_the_text():
    mine = ROOT / "tests" / "house" / "test_tidy.py"
    none_found(said(OPEN_WORDS, mine), "Do it now, or open an issue.")


def test_lines_fit_a_screen():
    found = (
        f"{name(path)}:{at} has {len(line)} characters"
        for path in files()
        if path.suffix == ".py" and "migrations" not in path.parts
        for at, line in enumerate(read(path).splitlines(), 1)
        if len(line) > LINE_MAX
    )
    none_found(found, f"A line has up to {LINE_MAX} characters.")


def test_no_file_names_a_place_of_one_machine():
    """A path of the machine it was written on says nothing on another one."""
    homes = re.compile(r"(?<![\w.~-])/(?:root|work|home/[a-z]\w*|Users/\w+|tmp/\w+)/")
    none_found(said(homes), "Name a path that is the same on every machine.")


def said(pattern, *exempt):
    """Yield where a file written by people has a text that fits a pattern."""
    for path in files():
        if path not in exempt and path.name not in MADE_BY_PROGRAM:
            for found in pattern.finditer(read(path)):
                line = read(path).count("\n", 0, found.start()) + 1
                yield f"{name(path)}:{line} says {found.group()}"


def test_a_fault_is_named_with_its_place_and_its_way(monkeypatch):
    """Every rule names all of its faults at once."""
    monkeypatch.setattr("tests.house.test_tidy.FUNCTION_LINES_MAX", 2)
    with pytest.raises(pytest.fail.Exception) as failed:
        test_functions_fit_a_screen()
    way, *found = str(failed.value).splitlines()
    assert way.startswith("A function has up to 2 lines") and len(found) > 1_000
    assert all(re.fullmatch(r"src/\S+\.py:\d+ \w+ has \d+ lines", one) for one in found)


@pytest.mark.parametrize("text", ["a = 1.0", "a / b", "a /= b", "float(a)", "np.float64"])
def test_a_float_is_found_however_it_is_written(text):
    assert any(is_float(one) for one in ast.walk(ast.parse(text)))


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
