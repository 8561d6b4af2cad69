"""The folder that is the whole exchange: where it is, and that nobody else may look inside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from pilothouse.wiring.irregular import irregular

HOME_VARIABLE: Final = "PILOTHOUSE_HOME"
DEFAULT_HOME: Final = Path("home")
DATABASE: Final = "pilothouse.sqlite3"
ADDRESS_BYTES_MAX: Final = 107
"""The system's bound on the address of a local socket."""
SOCKET_NAME_BYTES: Final = 16
"""Room for the longest name of a socket in the folder, with its separator."""
OURS: Final = ("journal", "snapshots", "history", "archive", "engines", "logs", "replay", "keys")
"""Folders of an exchange; what else lies in the home is left alone."""
UMASK: Final = 0o077
_asked: list[Path] = []


class UnfitHome(RuntimeError):
    """The folder cannot hold an exchange; the text says why and what to do."""


class DiskIsShut(UnfitHome):
    """Nothing can be written to the folder now: its disk is full or read-only, or not ours."""


def home_folder(named: Path | None) -> Path:
    """Return the home that was named, else PILOTHOUSE_HOME, else ./home, as an absolute path."""
    place = (named or Path(os.environ.get(HOME_VARIABLE) or DEFAULT_HOME)).resolve()
    _asked[:] = [place]
    return place


def judged_home(named: Path | None) -> Path:
    """Return the home of a command; raise UnfitHome if something stands for one of its files."""
    place = home_folder(named)
    if is_ours(place):
        refuse_irregular(place)
    return place


def refuse_irregular(home: Path) -> None:
    """Raise UnfitHome if a folder holds what must not be opened."""
    odd = irregular(home)
    if odd:
        raise UnfitHome(f"{home}: {odd[0]}")


def asked_home() -> Path | None:
    """Return the home that this process asked for last, None before."""
    return _asked[0] if _asked else None


def close_to_others() -> None:
    """Have everything this process makes from now on belong to its owner alone."""
    os.umask(UMASK)


def judge_home(home: Path) -> None:
    """Raise UnfitHome if a folder cannot hold an exchange; writes nothing that stays."""
    room = ADDRESS_BYTES_MAX - SOCKET_NAME_BYTES
    if len(os.fsencode(home)) > room:
        raise UnfitHome(
            f"{home} is {len(os.fsencode(home))} bytes long; local sockets allow at most {room}. "
            f"Name a shorter path with --home"
        )
    nearest = home
    while not nearest.exists() and not nearest.is_symlink():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise UnfitHome(f"{nearest} is not a directory. Name another folder with --home")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise DiskIsShut(
            f"{nearest} cannot be written by this user. Change its owner, or name another folder "
            f"with --home"
        )
    if home.is_dir() and home.stat().st_mode & UMASK and not is_ours(home) and any(home.iterdir()):
        raise UnfitHome(
            f"{home} holds other files and other users can read it. Name an empty or new folder "
            f"with --home"
        )
    refuse_irregular(home)


def probe_writing(home: Path) -> None:
    """Raise DiskIsShut unless a file can be written and made durable in the folder now."""
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"\0" * 4_096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskIsShut(
            f"{home} cannot be written: {error.strerror}. Free disk space or make the disk "
            f"writable, then start again"
        ) from error


def make_home(home: Path) -> Path:
    """Make the folder with mode 0700 where it is missing, and return it; raise UnfitHome."""
    judge_home(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if home.stat().st_mode & UMASK:
        home.chmod(0o700)
    return home


def tighten(home: Path) -> int:
    """Take every right of others from what an exchange keeps in its home; return how many."""
    return sum(_tighten(one) for one in [home, *_kept(home)])


def _kept(home: Path) -> Iterator[Path]:
    for one in home.iterdir():
        if one.is_symlink():
            continue
        if one.is_dir():
            if one.name in OURS or one.name.startswith("archive-"):
                yield one
                yield from (deep for deep in one.rglob("*") if not deep.is_symlink())
        else:
            yield one


def _tighten(one: Path) -> bool:
    # What vanishes meanwhile, or belongs to somebody else, cannot be changed by us.
    with suppress(FileNotFoundError, PermissionError):
        mode = one.stat().st_mode
        if mode & UMASK:
            one.chmod(mode & 0o700)
            return True
    return False


def has_exchange(home: Path) -> bool:
    """Tell whether a folder holds a journal."""
    return (home / "journal").is_dir()


def is_ours(home: Path) -> bool:
    """Tell whether a folder was made by an exchange or one of its commands."""
    return has_exchange(home) or any(
        os.path.lexists(home / one) for one in ("exchange.json", DATABASE, "secret.key")
    )
