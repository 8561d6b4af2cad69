"""Malformations: what no door expects, the same for every address, word and field."""

from __future__ import annotations

import random
from typing import Final

TEXTS: Final = (
    "", " ", "0", "-1", "+1", "1.5", "1e309", "NaN", "Infinity", "0x10", "1_000", "1/3", "٣",
    "9" * 19, "9" * 41, "9" * 5_000, "-" + "9" * 41, "0." + "0" * 5_000 + "1", "true", "null",
    "\x00", "a\x00b", "\r\nx: y", "\u202e", "\U000e0041", "é" * 300, "x" * 10_000,
    "' OR 1=1 --", "<script>alert(1)</script>", "../../etc/passwd", "%00", "%n", "${7*7}",
    "[]", "{}", '{"a":' * 20, "[" * 5_000, "2026-12-01T00:00", "2026-13-45T99:99", "0000-00-00",
    "290000-01-01", "1;2", "a,b,,c", "," * 2_000, "://", "//evil", "javascript:1",
)  # fmt: skip
"""Texts of every sort; a seeded draw of them stands in every field."""
LONG_DIGITS: Final = "9" * 100_000
NUMBERS: Final = (0, 1, 2, 999, 2**31, 2**63 - 1, 2**63, 10**30)
VERBS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Draw:
    """Malformed fields from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self) -> str:
        """Return one of the texts."""
        return self._random.choice(TEXTS)

    def fields(self, names: list[str]) -> dict[str, str]:
        """Return some of these fields, each with a malformed text."""
        chosen = [one for one in names if self._random.random() < 0.7]
        return {name: self.text() for name in chosen}
