"""The tokens keep their promise: each pair of text and ground has a contrast of 4.5 at least."""

import re
from pathlib import Path

from tests.house.source import none_found

STYLES = Path(__file__).parents[2] / "src/pilothouse/console/static/css"
TOKEN = re.compile(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
TOKENS = {name: pair for name, *pair in TOKEN.findall((STYLES / "tokens.css").read_text())}
GROUNDS = ("bg", "surface", "raised")
PAIRS = [
    *((text, ground) for text in ("text", "text-2", "text-3") for ground in GROUNDS),
    *((text, "control") for text in ("text", "text-2")),
    *((tone, ground) for tone in ("up", "down", "warn", "info", "violet", "accent")
      for ground in ("surface", f"{tone}-bg")),
    ("on-accent", "accent"),
]  # fmt: skip


def brightness(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text, ground, theme):
    lights = sorted(brightness(TOKENS[name][theme]) for name in (text, ground))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def test_text_can_be_read_on_its_ground():
    assert PAIRS
    found = (
        f"{text} on {ground}, {theme}: {contrast(text, ground, k):.2f}"
        for text, ground in PAIRS
        for k, theme in enumerate(("light", "dark"))
        if contrast(text, ground, k) < 4.5
    )
    none_found(found, "A text needs a contrast of 4.5 to its ground: change a token.")


def test_colours_are_decided_in_the_tokens_alone():
    for sheet in STYLES.glob("*.css"):
        if sheet.name not in {"tokens.css"}:
            assert not re.search(r"#[0-9a-f]{3,8}\b", sheet.read_text()), sheet.name


def test_every_sheet_and_script_is_sent():
    from pilothouse.console.assets import SCRIPTS
    from pilothouse.console.assets import STYLES as SHEETS

    assert {one.stem for one in STYLES.glob("*.css")} == set(SHEETS)
    assert {one.stem for one in (STYLES.parent / "js").glob("*.js")} == set(SCRIPTS)
