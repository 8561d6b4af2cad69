"""Settling on a folder: what it is, decided before a byte is written, and said.

A new folder is founded as what its first command wants. A folder of a release that wrote no
founding is taken for a demonstration only if its journal begins as one and nobody but the
demonstration's people is known there; else it is production.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.language.names import Sender
from pilothouse.language.rows import Malformed, split
from pilothouse.wiring import environment, founding_row
from pilothouse.wiring.drill.copying import copied
from pilothouse.wiring.environment import Founding
from pilothouse.wiring.home import (
    DATABASE,
    is_ours,
    judge_home,
    make_home,
    probe_writing,
    tighten,
)
from pilothouse.wiring.older_release import refuse_older_release
from pilothouse.wiring.sealed_rows import looked_at, refuse_other_secret

FOUNDING_HI: Final = 1
DEMO_HI: Final = 2
"""The first halves of the names under which an exchange and a demonstration are founded."""
FIRST_BLOCKS: Final = 10_000
PEOPLE: Final = ("operator", "risk", "manager", "auditor", "viewer", "administrator", "security")


def settle(
    home: Path, *, demo: bool = False, say: Callable[[str], None] = lambda sentence: None
) -> Founding:
    """Return what a folder is; found it if it is new, and close it to other users.

    Raises WrongEnvironment, OlderRelease, SecretIsLost or UnfitHome before anything is written.
    """
    judge_home(home)
    refuse_older_release(home)
    known = environment.read(home)
    if known is None:
        known = _found(home, demo, say)
    else:
        environment.agree(home, known, demo)
        environment.prove_secret(home, known)
        founding_row.judge(home, known)
    probe_writing(home)
    closed = tighten(home)
    if closed:
        say(f"{closed:,} files of {home} were open to other users; their owner alone has them now")
    return known


def settle_as(home: Path, name: str) -> Founding:
    """Write what a folder is that says nothing yet, as a person says; raise WrongEnvironment."""
    known = environment.read(home)
    if known is not None:
        raise environment.WrongEnvironment(
            f"{home} was founded as {known.environment}; that cannot be changed later. "
            f"Nothing was changed"
        )
    refuse_other_secret(home)
    return environment.found(make_home(home), name)


def _found(home: Path, demo: bool, say: Callable[[str], None]) -> Founding:
    wanted = environment.wanted_of(demo)
    if not is_ours(home):
        return environment.found(make_home(home), wanted)
    old, of = what_it_was(home)
    known = Founding("", old, of, 0, "")
    environment.agree(home, known, demo)
    refuse_other_secret(home)
    say(f"{home} did not say which environment it is; it is {old} from now on")
    return environment.found(make_home(home), old, of)


def what_it_was(home: Path) -> tuple[str, str]:
    """Return the environment of a folder that does not say it, and what it is a copy of."""
    drill = copied(home)
    if drill is not None:
        return environment.DRILL, drill.environment
    strangers = any(one not in PEOPLE for one in _people(home))
    if _begins_as_demonstration(home) and not strangers:
        return environment.DEMO, ""
    return environment.PRODUCTION, ""


def _begins_as_demonstration(home: Path) -> bool:
    for sender, hi in _first_names(home):
        if (sender == Sender.GENESIS and hi == FOUNDING_HI) or sender == Sender.WRITER:
            continue
        return sender == Sender.GENESIS and hi == DEMO_HI
    return False


def _first_names(home: Path) -> Iterator[tuple[int, int]]:
    reader = Reader(Files(home))
    try:
        for block in islice(reader.read(), FIRST_BLOCKS):
            for one in split(block.rows):
                yield int(one[0, 2]), int(one[0, 3])
    except (BadBlock, Malformed):
        return
    finally:
        reader.close()


def _people(home: Path) -> list[str]:
    path = home / DATABASE
    if not path.exists():
        return []
    try:
        with closing(looked_at(path)) as read:
            return [str(one) for (one,) in read.execute("SELECT username FROM access_person")]
    except sqlite3.DatabaseError:
        # Who is known cannot be read: somebody may be.
        return ["?"]
