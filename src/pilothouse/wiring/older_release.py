"""A folder whose last block an older release wrote, judged before anything is made of it.

Recovery would find out as well, but only after the engine was compiled and the journal stepped.
"""

from __future__ import annotations

from pathlib import Path

from pilothouse.journal.durable import mark_found
from pilothouse.journal.reader import BadBlock, Reader
from pilothouse.journal.storage import Files
from pilothouse.journal.trust import SHIPPED


class OlderRelease(RuntimeError):
    """An older release left a state that this one cannot continue; nothing was changed."""


def refuse_older_release(home: Path) -> None:
    """Raise OlderRelease if the folder's last block is of a release that cannot be taken over.

    What cannot be read is left to the writer, which says more about it.
    """
    shipped = SHIPPED.get(_last_release(home))
    if shipped is not None and not shipped.goes_on_here:
        raise OlderRelease(
            f"{home} was written by Pilothouse {shipped.name}, and this release cannot continue "
            f"its state. Nothing was changed. Run it with {shipped.name}, or name another folder "
            f"with --home; `pilothouse verify` can still check it"
        )


def _last_release(home: Path) -> str:
    storage = Files(home)
    last = mark_found(storage)
    if not last:
        return ""
    reader = Reader(storage)
    try:
        header = reader.header_of(last)
    except (BadBlock, OSError):
        return ""
    finally:
        reader.close()
    return header.release.hex() if header else ""
