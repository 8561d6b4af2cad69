"""A package that the project asks for is used by it: imported, called by name, or plugged in."""

import ast
import re
import tomllib
from importlib.metadata import distribution, packages_distributions

from packaging.requirements import Requirement

from tests.house.source import ROOT, nodes, none_found

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BUILD = {"setuptools"}
"""What builds the project is named by it elsewhere: in [build-system]."""
SCRIPTS = "console_scripts"
FOLDERS = ("src", "tests", "scripts", "benchmarks")
PLUG_INS = {"pytest-django": "DJANGO_SETTINGS_MODULE", "pytest-timeout": "timeout ="}
"""Plug-ins of pytest come in by being installed: the setting that makes use of each."""


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for():
    extras = PROJECT["optional-dependencies"].values()
    every = [*PROJECT["dependencies"], *(one for extra in extras for one in extra)]
    return sorted({normal(Requirement(one).name) for one in every} - BUILD)


def modules_of(file):
    """The modules a file imports, or names in a string that is no docstring."""
    remarks = {id(node.value) for node in nodes(file) if isinstance(node, ast.Expr)}
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (one.name.partition(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Constant) and id(node) not in remarks:
            yield from re.findall(r"\w+", node.value) if isinstance(node.value, str) else ()


def imported():
    """The distributions whose modules are used anywhere in the project, this file aside."""
    modules, known = set(), packages_distributions()
    for file in (one for folder in FOLDERS for one in (ROOT / folder).rglob("*.py")):
        if file.name != "test_packages.py":
            modules.update(modules_of(file))
    return {normal(dist) for top in modules for dist in known.get(top, ())}


def is_called(package, text):
    """Tell whether the settings or the Makefile name a tool or a module of the package."""
    if package in PLUG_INS:
        return PLUG_INS[package] in text
    scripts = {one.name for one in distribution(package).entry_points.select(group=SCRIPTS)}
    tops = {
        top for top, dists in packages_distributions().items() if package in map(normal, dists)
    }
    return any(re.search(rf"\b{re.escape(one)}\b", text) for one in scripts | tops)


def test_packages_that_are_asked_for_are_used():
    pyproject = (ROOT / "pyproject.toml").read_text().partition("[tool.")[2]
    others = (ROOT / "Makefile", ROOT / "tests" / "conftest.py")
    text = pyproject + "".join(one.read_text() for one in others)
    used = imported()
    found = (one for one in asked_for() if one not in used and not is_called(one, text))
    none_found(found, "Take the package out of pyproject.toml, or use it.")
