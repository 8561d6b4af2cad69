"""What a folder is: its environment and its exchange's number, written once at the founding.

`HOME/exchange.json` says it, with a hash over its words and a proof of the secret it belongs to.
No flag and no variable changes it afterwards: they can only agree, or be refused before anything
is written. A folder that says nothing is production, the strictest.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import uuid
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from pilothouse.access.secret_file import WAY_OUT, SecretIsLost, proof_of, read_secret
from pilothouse.gate.small_file import object_to_judge
from pilothouse.journal.storage import sync_folder
from pilothouse.venue.clock import wall_clock_us

FILE: Final = "exchange.json"
VARIABLE: Final = "PILOTHOUSE_ENVIRONMENT"
DEMO: Final = "demo"
DRILL: Final = "drill"
PRODUCTION: Final = "production"
ENVIRONMENTS: Final = (DEMO, DRILL, "staging", PRODUCTION)


class WrongEnvironment(RuntimeError):
    """The folder is not what the caller takes it for, or does not say what it is."""


@dataclass(frozen=True)
class Founding:
    """What a folder is. `of` is the environment that a drill is a copy of, else empty."""

    exchange: str
    environment: str
    of: str
    founded_us: int
    secret_proof: str

    @property
    def asks_like(self) -> str:
        """Return the environment whose demands on people hold: a drill's are its original's."""
        return self.of or PRODUCTION if self.environment == DRILL else self.environment


UNFOUNDED: Final = Founding("", PRODUCTION, "", 0, "")
"""What a folder without a founding is taken for."""


def read(home: Path) -> Founding | None:
    """Return what a folder says it is, None if it says nothing; raise WrongEnvironment, or OSError
    where it could not be read.
    """
    path = home / FILE
    if not os.path.lexists(path):
        return None
    # Somebody may have put anything there: what is no small JSON object says nothing.
    facts: dict[str, Any] = object_to_judge(path) or {}
    try:
        seal = facts.pop("seal")
        made = Founding(**facts)
    except (KeyError, TypeError):
        seal, made = "", UNFOUNDED
    if seal != _seal(made) or made.environment not in ENVIRONMENTS:
        raise WrongEnvironment(
            f"{path} is damaged or was edited, so this folder does not say which environment it "
            f"is. Nothing was changed. Put the file back from a backup of this folder"
        )
    return made


def holding(home: Path) -> Founding:
    """Return what holds for a process on this folder: what it says, else the strictest.

    Raises WrongEnvironment when the variable disagrees, SecretIsLost when the secret is another.
    """
    found = read(home)
    if found is None:
        return UNFOUNDED
    _refuse_other(home, found, os.environ.get(VARIABLE), f"{VARIABLE} says")
    prove_secret(home, found)
    return found


def agree(home: Path, found: Founding, demo: bool) -> None:
    """Raise WrongEnvironment unless a flag and the variable say what a folder is."""
    _refuse_other(home, found, DEMO if demo else None, "--demo wants")
    _refuse_other(home, found, os.environ.get(VARIABLE), f"{VARIABLE} says")


def _refuse_other(home: Path, found: Founding, wanted: str | None, who: str) -> None:
    if wanted and wanted != found.environment:
        raise WrongEnvironment(
            f"{home} was founded as {found.environment}; {who} {wanted}. Nothing was changed. "
            f"A folder's environment is fixed at its founding: name another folder with --home"
        )


def wanted_of(demo: bool) -> str:
    """Return the environment that a flag and the variable want for a new folder."""
    said = os.environ.get(VARIABLE)
    if said and said not in ENVIRONMENTS:
        raise WrongEnvironment(
            f"{VARIABLE} is {said!r}; it can be {', '.join(ENVIRONMENTS)}. Nothing was changed"
        )
    if demo and said and said != DEMO:
        raise WrongEnvironment(
            f"--demo and {VARIABLE}={said} disagree. Nothing was changed. Leave one of them out"
        )
    return DEMO if demo else said or PRODUCTION


def prove_secret(home: Path, found: Founding) -> None:
    """Raise SecretIsLost unless the folder's secret is the one it was founded with."""
    if proof_of(read_secret(home)) != found.secret_proof:
        raise SecretIsLost(
            f"{home / 'secret.key'} is not the secret this folder was founded with, so nothing "
            f"sealed with it can be opened. Nothing was changed. {WAY_OUT}"
        )


def found(home: Path, environment: str, of: str = "") -> Founding:
    """Write what a new folder is; one that says it already keeps it. Makes the secret."""
    known = read(home)
    if known is not None:
        return known
    made = Founding(
        uuid.uuid4().hex, environment, of, wall_clock_us(), proof_of(read_secret(home))
    )
    _write(home, made, replaces=False)
    return read(home) or made


def with_new_secret(home: Path, known: Founding) -> None:
    """Write that a folder has another secret from now on; everything else stays."""
    _write(home, replace(known, secret_proof=proof_of(read_secret(home))), replaces=True)


def _seal(made: Founding) -> str:
    # JSON with sorted names: two different sets of facts never have the same bytes.
    return hashlib.sha256(json.dumps(asdict(made), sort_keys=True).encode()).hexdigest()


def _write(home: Path, made: Founding, *, replaces: bool) -> None:
    # Durable, and by its name, before anything else is written into the folder.
    handle, aside = tempfile.mkstemp(dir=home, prefix=".exchange-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(made) | {"seal": _seal(made)}, out, indent=2)
            out.flush()
            os.fsync(out.fileno())
        if replaces:
            os.replace(aside, home / FILE)
        else:
            os.link(aside, home / FILE)
    except FileExistsError:
        pass
    finally:
        Path(aside).unlink(missing_ok=True)
    sync_folder(home)
