"""Documentation is tested: what is made is up to date, what exists is described, examples hold."""

import os
import re
import subprocess
import sys

import pytest

from pilothouse.control.kinds import KINDS
from pilothouse.language.refusals import REFUSALS
from pilothouse.language.schema import COMMANDS, EVENTS
from scripts.make_docs import pages
from tests.house.source import PACKAGE, ROOT, files, name, python, read

DOCS = ROOT / "docs"
ARITHMETIC = {"__init__", "bits", "compiled"}
RULES = sorted(one.stem for one in python("rules") if one.stem not in ARITHMETIC)
DECISIONS = sorted(one for one in files() if one.parent == DOCS / "decisions")
PAGES = [one for one in files() if one.suffix == ".md"]


@pytest.mark.parametrize("page", pages())
def test_a_made_page_is_up_to_date(page):
    assert (DOCS / page).read_text() == pages()[page], "run `make docs`"


def test_every_word_has_its_paragraph():
    text = (DOCS / "language.md").read_text()
    for one in [*COMMANDS.values(), *EVENTS.values()]:
        assert f"### {one.__name__} ({one.number}" in text
    for number, one in REFUSALS.items():
        assert f"| {number} | `{one.name}` |" in text


def test_every_rule_has_its_page_and_every_page_its_rule():
    if RULES:
        assert sorted(one.stem for one in (DOCS / "rules").glob("*.md")) == RULES


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_page_has_formula_rounding_and_example(rule):
    text = (DOCS / "rules" / f"{rule}.md").read_text().lower()
    for part in ("formula", "rounding", "example"):
        assert re.search(rf"^## .*{part}", text, re.M), f"{rule}.md has no {part}"
    assert ">>>" in text


@pytest.mark.skipif(not RULES, reason="there is no rule yet")
def test_the_examples_of_the_rule_pages_hold():
    """The pages' numbers come from the rules themselves; uncompiled, since that is quick."""
    program = (
        "import doctest, sys\n"
        "results = [doctest.testfile(one, module_relative=False) for one in sys.argv[1:]]\n"
        "print(sum(one.attempted for one in results))\n"
        "sys.exit(sum(one.failed for one in results))\n"
    )
    examples = [str(DOCS / "rules" / f"{rule}.md") for rule in RULES]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-c", program, *examples], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) >= 3 * len(RULES)


def test_every_setting_is_described_and_every_described_one_is_used():
    """Whatever begins with our name, anywhere in the code: variables and Django's settings."""
    used = set()
    for path in files():
        if path.suffix == ".py" or path.name in {"Makefile", "browser"}:
            used |= set(re.findall(r"\b(PILOTHOUSE_[A-Z_]*[A-Z])\b", read(path)))
    text = read(DOCS / "settings.md")
    assert used == set(re.findall(r"^\| `(PILOTHOUSE_[A-Z_]+)`", text, re.M))


@pytest.mark.parametrize("path", DECISIONS, ids=name)
def test_a_decision_says_what_else_there_was(path):
    text = read(path)
    for part in ("## Context", "## Decision", "## Alternatives", "## Consequences"):
        assert part in text, f"{name(path)} has no {part}"
    assert len(text.split()) < 600, "one short page"


def test_decisions_are_numbered_without_gaps():
    numbers = [int(one.name[:4]) for one in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path)):
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target).exists(), f"{name(path)} points at {target}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_paths_that_are_named_exist(path):
    """A page that names a file of the source names one that is there."""
    if path.name == "CHANGELOG.md":
        return
    for target in re.findall(r"`((?:src|tests|docs|scripts|benchmarks)/[\w./-]+)`", read(path)):
        assert (ROOT / target).exists(), f"{name(path)} names {target}"


def test_every_room_is_in_the_architecture():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for room in (one for one in PACKAGE.iterdir() if (one / "__init__.py").exists()):
        assert re.search(rf"^\s*{room.name}/", text, re.M), f"{room.name} is not described"


def test_every_kind_of_change_is_described():
    text = (DOCS / "change_kinds.md").read_text()
    assert sorted(re.findall(r"^## (\w+)", text, re.M)) == sorted(KINDS)
    for kind_name, kind in KINDS.items():
        paragraph = text.split(f"## {kind_name}")[1].split("\n## ")[0]
        told = " ".join(paragraph.split())
        assert f"**{kind.TITLE}.**" in told
        for question in kind.QUESTIONS:
            assert question.label in told, f"{kind_name} does not say: {question.label}"


def test_every_page_of_the_console_is_described():
    folders = {one.parent.name for one in python("console/pages")} - {"pages"}
    text = (DOCS / "console.md").read_text()
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == folders
