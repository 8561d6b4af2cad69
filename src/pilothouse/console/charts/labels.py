"""Labels of bands, as short as an axis needs them."""

from __future__ import annotations

import re
from typing import Final

BETWEEN: Final = re.compile(r"(\S+) to (\S+)")
ABOVE: Final = re.compile(r"(\S+) and above")
BELOW: Final = re.compile(r"below (\S+)")


def short(label: str) -> str:
    """Return a band's label for an axis: "1.00 to 1.05" becomes "1–1.05"."""
    for pattern, form in ((BETWEEN, "{}–{}"), (ABOVE, "≥{}"), (BELOW, "<{}")):
        found = pattern.fullmatch(label)
        if found:
            return form.format(*(_trim(edge) for edge in found.groups()))
    return label


def lower_edge(label: str) -> str:
    """Return from where on a band holds: "1.00 to 1.05" becomes "1"."""
    found = BETWEEN.fullmatch(label) or ABOVE.fullmatch(label)
    return _trim(found.group(1)) if found else short(label)


def _trim(edge: str) -> str:
    return edge.rstrip("0").rstrip(".") if "." in edge else edge
