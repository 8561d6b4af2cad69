"""Whose code runs: releases that this installation knows, and those that its user consented to.

A folder brings the sources of the releases that wrote it. Who checks a folder must never run what
the folder brings, so a release runs only if it is the running one, if its digest is in this file,
or if the user of this installation said so once (`--trust-release`) or ran it as the writer. Their
word is kept outside of every exchange's folder, in the user's own configuration.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pilothouse.release import digest_of

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
LINES_MOST: Final = 10_000
"""A store that is longer is not ours."""


@dataclass(frozen=True)
class Shipped:
    """A release of before: its name, and the digest of the package's own files it was kept with.

    The first release left them out of its digest, so that they are compared with this one.
    `goes_on_here` says whether the running release can take its state over.
    """

    name: str
    own_files: str = ""
    goes_on_here: bool = False


SHIPPED: Final[dict[str, Shipped]] = {
    "f01f78bca52772d27b934492ea63a34d5e708092ac03e5fc14861160dbb8dd07": Shipped(
        "0.1.0", "b45b2d9fe74a6367b0d630cb57317823a5604054d1154544e458e655289f185a"
    ),
}
"""Every release that was given out before this one, by its digest."""


class NotADigest(ValueError):
    """What should name a release is not its digest."""


def is_trusted(digest: bytes) -> bool:
    """Tell whether the code of a release may run here."""
    named = digest.hex()
    return digest == digest_of() or named in SHIPPED or named in _consented()


def trust(digest: str, why: str) -> None:
    """Let the code of a release run here from now on. Raises NotADigest."""
    if not DIGEST.fullmatch(digest):
        raise NotADigest(f"{digest!r} is not a digest of 64 hexadecimal digits")
    if digest in _consented():
        return
    store = store_of_consent()
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One short line, appended in one write: two processes that do so leave two whole lines.
    handle = os.open(store, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        day = time.strftime("%Y-%m-%d", time.gmtime())
        os.write(handle, f"{digest} {day} {why}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def store_of_consent() -> Path:
    """Return the file of what this user consented to; it need not exist."""
    configured = os.environ.get("XDG_CONFIG_HOME")
    return Path(configured or Path.home() / ".config") / "pilothouse" / "trusted-releases"


def _consented() -> frozenset[str]:
    try:
        lines = store_of_consent().read_text(errors="replace").splitlines()[:LINES_MOST]
    except OSError:
        return frozenset()
    first = (line.split(" ", 1)[0] for line in lines)
    return frozenset(one for one in first if DIGEST.fullmatch(one))
