"""Reading a small JSON file that another process wrote: nothing in it is believed unjudged.

Somebody may have put anything in its place: a pipe, a device, gigabytes, another shape.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any, Final

BYTES_MOST: Final = 1 << 16
COUNT_MOST: Final = (1 << 63) - 1
NOT_ITS_FAULT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)


def object_in(path: Path) -> dict[str, Any] | None:
    """Return the JSON object that a regular file of at most 64 KiB holds, None if there is none.

    NaN and infinities by name are no JSON; what its numbers and texts are its reader judges.
    """
    try:
        return object_to_judge(path)
    except OSError:
        return None


def object_to_judge(path: Path) -> dict[str, Any] | None:
    """Return it as `object_in`, where None is damage. Raises OSError if the file is not at fault:
    too many files are open, the disk or the memory failed.
    """
    try:
        found = json.loads(_bytes_of(path), parse_constant=_refuse)
    except OSError as error:
        if error.errno in NOT_ITS_FAULT:
            raise
        return None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def is_whole(value: object, least: int = -COUNT_MOST) -> bool:
    """Tell whether a value is a whole number of 64 bits and no truth value."""
    return type(value) is int and least <= value <= COUNT_MOST


def _bytes_of(path: Path) -> bytes:
    # A pipe of a file's name would have its opener wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_size > BYTES_MOST:
            raise ValueError("it is no small regular file")
        return os.read(handle, BYTES_MOST)
    finally:
        os.close(handle)


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")
