"""`--trust-release`: the user's own word that code which a folder brings may run here."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.journal.trust import NotADigest, trust
from pilothouse.wiring.cli.says import failure


def consent(digests: Sequence[str] | None, as_json: bool = False) -> None:
    """Keep the word for every digest that was given; end the command if one is none."""
    for digest in digests or ():
        try:
            trust(digest.strip().lower(), "consented on the command line")
        except NotADigest as error:
            failure(str(error), as_json)
