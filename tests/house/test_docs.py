"""Documentation is tested: what is made is up to date, what exists is described, examples hold."""

import os
import re
import subprocess
import sys

import pytest

from pilothouse.control.kinds import KINDS
from pilothouse.language.refusals import REFUSALS
from pilothouse.language.schema import COMMANDS, EVENTS
from scripts import kraken_api
from scripts.make_docs import pages
from tests.house.source import PACKAGE, ROOT, files, name, none_found, python, read

DOCS = ROOT / "docs"
ARITHMETIC = {"__init__", "bits", "compiled"}
RULES = sorted(one.stem for one in python("rules") if one.stem not in ARITHMETIC)
DECISIONS = sorted(one for one in files() if one.parent == DOCS / "decisions")
PAGES = [one for one in files() if one.suffix == ".md"]


def test_the_made_pages_are_up_to_date():
    made = pages()
    assert made
    found = (f"docs/{one}" for one, text in made.items() if (DOCS / one).read_text() != text)
    none_found(found, "Run `make docs`.")


def test_nothing_is_served_that_the_page_of_krakens_api_does_not_list():
    assert kraken_api.unknown() == [], "add it to scripts/kraken_api.py"


def test_the_page_of_krakens_api_says_what_is_there_and_what_is_not():
    text = (DOCS / "kraken_api.md").read_text()
    assert "| `AddOrder` | served | a key that trades |" in text
    assert "| `AmendOrder` | not served |" in text
    assert "| `executions` | served | a key |" in text
    assert "| `EOrder:Insufficient funds` | returned |" in text
    assert "| `EAuth:Account unconfirmed` | never returned |" in text


def test_every_word_has_its_paragraph():
    text = (DOCS / "language.md").read_text()
    for one in [*COMMANDS.values(), *EVENTS.values()]:
        assert f"### {one.__name__} ({one.number}" in text
    for number, one in REFUSALS.items():
        assert f"| {number} | `{one.name}` |" in text


def test_every_rule_has_its_page_and_every_page_its_rule():
    if RULES:
        assert sorted(one.stem for one in (DOCS / "rules").glob("*.md")) == RULES


def test_a_rule_page_has_formula_rounding_and_example():
    pages_of_rules = {rule: read(DOCS / "rules" / f"{rule}.md").lower() for rule in RULES}
    parts = [rf"^## .*{part}" for part in ("formula", "rounding", "example")]
    found = (
        f"docs/rules/{rule}.md has nothing like {part}"
        for rule, text in pages_of_rules.items()
        for part in [*parts, ">>>"]
        if not re.search(part, text, re.M)
    )
    none_found(found, "A rule's page gives its formula, its rounding and an example that runs.")


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


def test_a_decision_says_what_else_there_was():
    parts = ("## Context", "## Decision", "## Alternatives", "## Consequences")
    found = (
        f"{name(path)} has no {part}"
        for path in DECISIONS
        for part in parts
        if part not in read(path)
    )
    none_found(found, "A decision has four parts, so that it can be judged again.")


def test_a_decision_is_one_short_page():
    words = ((one, len(read(one).split())) for one in DECISIONS)
    found = (f"{name(one)} has {count} words" for one, count in words if count >= 600)
    none_found(found, "A decision has fewer than 600 words.")


def test_decisions_are_numbered_without_gaps():
    numbers = [int(one.name[:4]) for one in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_links_lead_somewhere():
    found = (
        f"{name(path)} points at {target}"
        for path in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(path))
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists()
    )
    none_found(found, "A link leads to a file that is there.")


def test_paths_that_are_named_exist():
    """A page that names a file of the source names one that is there."""
    named = r"`((?:src|tests|docs|scripts|benchmarks)/[\w./-]+)`"
    found = (
        f"{name(path)} names {target}"
        for path in PAGES
        if path.name != "CHANGELOG.md"
        for target in re.findall(named, read(path))
        if not (ROOT / target).exists()
    )
    none_found(found, "A page names files that are there.")


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
