"""What ends a command or a part, as a sentence with the way out; the rest goes to the log.

Whatever is foreseen says itself what happened and what to do. What nobody foresaw is logged with
its traceback under a reference, and the sentence names the reference.
"""

from __future__ import annotations

import errno
import secrets
import sqlite3
import sys
import time
import traceback
from pathlib import Path
from typing import Final

from pilothouse.wiring.parts import Code

LOG: Final = "errors.log"
LOG_BYTES_MAX: Final = 16 << 20
FORESEEN: Final = {
    "AlreadyRuns": Code.FAILED,
    "AnotherReplay": Code.LATER,
    "AnotherWriter": Code.LATER,
    "BadFile": Code.FAILED,
    "CannotFollow": Code.FAILED,
    "CannotReplay": Code.FAILED,
    "CatalogueIsUnreadable": Code.REFUSES,
    "Damaged": Code.REFUSES,
    "DatabaseIsDamaged": Code.REFUSES,
    "DatabaseIsHeld": Code.LATER,
    "DatabaseIsMissing": Code.REFUSES,
    "DiskInDoubt": Code.REFUSES,
    "JournalFailed": Code.DISK,
    "NoExchange": Code.FAILED,
    "NotANetwork": Code.FAILED,
    "NotFounded": Code.FAILED,
    "OlderRelease": Code.REFUSES,
    "OtherColumns": Code.REFUSES,
    "PartFailed": Code.FAILED,
    "ReleaseCannotTakeOver": Code.REFUSES,
    "ReleaseIsMissing": Code.REFUSES,
    "ReplayRefused": Code.FAILED,
    "ReplicaDiffers": Code.REFUSES,
    "ReplicaStopped": Code.FAILED,
    "SealedReleaseFailed": Code.REFUSES,
    "SecretIsLost": Code.REFUSES,
    "SecretIsUnsafe": Code.REFUSES,
    "SeedingFailed": Code.FAILED,
    "DiskIsShut": Code.DISK,
    "UnfitHome": Code.FAILED,
    "UnknownTier": Code.FAILED,
    "WriterIsAway": Code.LATER,
    "WrongEnvironment": Code.REFUSES,
}
"""Errors whose text is a sentence for people, by their names: most of their rooms load late."""
DISK_FAULTS: Final = {
    errno.ENOSPC: "the disk is full. Free space, then start again",
    errno.EDQUOT: "the disk quota is used up. Free space, then start again",
    errno.EROFS: "the disk is read-only. Make it writable, then start again",
    errno.EIO: "the disk reports an error. Check it, or move the folder to another disk",
    errno.EACCES: "this user has no right to it. Give it to this user, then start again",
    errno.EPERM: "this user has no right to it. Give it to this user, then start again",
    errno.EISDIR: "it is a folder where a file should be. Remove it, then try again",
    errno.EEXIST: "something else has its name. Move that away, then start again",
    errno.ENOTDIR: "it is a file where a folder should be. Remove it, then try again",
    errno.ELOOP: "it is a link where a file should be. Put the file itself there, then try again",
    errno.ENXIO: "it is a pipe where a file should be. Remove it, then try again",
    errno.EMFILE: "too many files are open. Raise the limit (`ulimit -n`), then start again",
    errno.ENFILE: "too many files are open. Raise the limit (`ulimit -n`), then start again",
}


def sentence_of(error: BaseException, home: Path | None = None) -> tuple[str, Code]:
    """Return an error as a sentence, and the code to end with; what is unforeseen is logged."""
    for kind in type(error).__mro__:
        if kind.__name__ in FORESEEN and kind.__module__.startswith("pilothouse."):
            return f"{error}", FORESEEN[kind.__name__]
    if isinstance(error, OSError) and error.errno in DISK_FAULTS:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{DISK_FAULTS[error.errno]}", Code.DISK
    if _is_damage(error):
        return (
            f"the database cannot be read: {error}. Stop the exchange and put "
            f"pilothouse.sqlite3 back from a backup of this folder",
            Code.REFUSES,
        )
    reference = secrets.token_hex(4)
    place = _log(error, reference, home)
    return f"something went wrong; it was logged in {place} (reference {reference})", Code.MISTAKEN


def _is_damage(error: BaseException) -> bool:
    cause = error.__cause__ or error
    damage = isinstance(cause, sqlite3.DatabaseError) or type(error).__name__ == "DatabaseError"
    return damage and any(
        said in str(error) for said in ("not a database", "malformed", "disk image")
    )


def _log(error: BaseException, reference: str, home: Path | None) -> str:
    told = "".join(traceback.format_exception(error))
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    entry = f"{at} reference {reference}\n{told}\n"
    path = home / "logs" / LOG if home else None
    try:
        if path is None or not path.parent.is_dir():
            raise FileNotFoundError
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        with path.open("a", encoding="utf-8") as log:
            log.write(entry)
    except OSError:
        # Where no log can be written, the error stream is all there is.
        print(entry, file=sys.stderr)
        return "the lines above"
    return str(path)
