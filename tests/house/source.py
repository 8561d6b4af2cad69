"""The project's own files, as the house's tests read them."""

import ast
import functools
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "pilothouse"


@functools.cache
def files() -> tuple[Path, ...]:
    """Return every file under version control, or of the tree where git knows nothing of it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines()
    if listed.returncode or not names:
        names = [str(one.relative_to(ROOT)) for one in PACKAGE.rglob("*") if one.is_file()]
    return tuple(ROOT / one for one in sorted(set(names)) if (ROOT / one).is_file())


def python(*rooms: str) -> list[Path]:
    """Return the Python files of the package, or of some of its rooms; migrations are made."""
    wanted = [PACKAGE / one for one in rooms] or [PACKAGE]
    return [
        one
        for one in files()
        if one.suffix == ".py"
        and any(place in one.parents for place in wanted)
        and "migrations" not in one.parts
    ]


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text())


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a file's syntax tree, which several rules look through."""
    return tuple(ast.walk(tree(path)))


def none_found(faults: Iterable[str], way: str) -> None:
    """Fail with every fault at once, a line each, and with the way to put them right."""
    found = list(faults)
    if found:
        pytest.fail("\n".join([f"{way} Found {len(found)}:", *found]), pytrace=False)


def name(path: Path) -> str:
    """Return a file's name as people of the project say it."""
    return str(path.relative_to(ROOT))


@functools.cache
def read(path: Path) -> str:
    """Return a file's text; what is no text is empty."""
    return path.read_text(errors="replace") if path.suffix not in {".png", ".woff2"} else ""
