"""Nothing is inline: the content security policy would not run it, and nobody would notice."""

import re
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_a_template_has_nothing_inline(path):
    text = path.read_text()
    for what, pattern in FORBIDDEN.items():
        assert not re.search(pattern, text), what
