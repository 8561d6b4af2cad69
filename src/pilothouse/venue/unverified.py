"""What a verifier cannot step, because it does not run code that it does not know.

The blocks are still read: their hashes and their chain hold or do not hold without any engine.
"""

from __future__ import annotations

from collections.abc import Callable

from pilothouse.journal.blocks import Block, Header
from pilothouse.journal.reader import Reader
from pilothouse.journal.storage import Storage
from pilothouse.journal.trust import is_trusted


def unverified(
    storage: Storage,
    end: int | None,
    heard: int,
    progress: Callable[[Header], None],
    hear: Callable[[Block, None], None],
) -> tuple[list[str], Header | None]:
    """Return a sentence for each span of blocks by an unknown release, and the last block's header
    up to `end`. Blocks behind `heard` are told without receipts. Raises BadBlock.
    """
    spans: list[tuple[bytes, int, int]] = []
    tail: Header | None = None
    reader = Reader(storage)
    try:
        for block in reader.read(end):
            head = block.header
            tail, last = head, head.number
            progress(head)
            if head.number > heard:
                hear(block, None)
            if is_trusted(head.release):
                continue
            if spans and spans[-1][0] == head.release and spans[-1][2] == last - 1:
                spans[-1] = (head.release, spans[-1][1], last)
            else:
                spans.append((head.release, last, last))
    finally:
        reader.close()
    return [_said(*one) for one in spans], tail


def _said(release: bytes, first: int, last: int) -> str:
    return (
        f"blocks {first:,} to {last:,} were written by engine release {release.hex()}, which this "
        f"installation does not know; they are chained, but they were not verified. If you trust "
        f"the author of the folder, run again with --trust-release {release.hex()}"
    )
