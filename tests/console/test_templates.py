"""Nothing is inline: the content security policy would not run it, and nobody would notice."""

import re
from pathlib import Path

from tests.house.source import none_found

TEMPLATES = Path(__file__).parents[2] / "src/pilothouse/console/templates"
FORBIDDEN = {
    "an inline style": r"\sstyle=",
    "an inline handler": r"\son[a-z]+=|hx-on",
    "a script in the page": r"<script(?![^>]*\ssrc=)",
    "a style in the page": r"<style",
    "something from outside": r"https?://(?!www\.w3\.org)|src=\"//",
    "a filter that trusts": r"\|\s*safe\b|autoescape off",
    "a float": r"floatformat",
}


def test_templates_have_nothing_inline():
    paths = sorted(TEMPLATES.rglob("*.html"))
    assert paths
    found = (
        f"{path.relative_to(TEMPLATES)} has {what}: {fault.group()}"
        for path in paths
        for what, pattern in FORBIDDEN.items()
        for fault in re.finditer(pattern, path.read_text())
    )
    none_found(found, "Put it in a sheet or a script of ours.")


def test_a_part_that_asks_by_itself_says_so():
    """Else an open page would keep a session alive that nobody uses."""
    asks = re.compile(r'<[a-z]+ [^>]*hx-trigger="[^"]*(?:feed|every|revealed|load every)[^>]*>')
    found = [
        (one.name, tag)
        for one in TEMPLATES.rglob("*.html")
        for tag in asks.findall(one.read_text())
    ]
    assert len(found) > 5
    assert [name for name, tag in found if 'hx-headers=\'{"X-Feed": "1"}\'' not in tag] == []
