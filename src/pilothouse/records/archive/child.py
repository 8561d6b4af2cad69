"""The process that answers one question and ends: `python -m pilothouse.records.archive.child`.

It reads one request from its standard input, locks itself in, judges, answers on its standard
output: a byte when it begins, a line of JSON, and the rows as an Arrow stream. It knows no Django,
no secret and no environment, and it can open the files of the request and no other.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Final

from pilothouse.records.archive import confine

MEMORY_BYTES: Final = 1 << 30
"""What it may take beyond what it has when it is loaded; the database gets half of it."""
DATABASE_MEMORY: Final = "512MB"
BEGUN: Final = b"."


def main(parent: int) -> None:
    """Answer the request on standard input."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    confine.begin(parent)
    request = json.loads(sys.stdin.buffer.read())
    files = [one for dated, undated in request["paths"].values() for one in (*dated, *undated)]
    locks = confine.shut(files)
    from pilothouse.records.archive.answering import Answered, answer

    confine.limit(MEMORY_BYTES, int(2 * request["seconds_max"]) + 2)
    out.write(BEGUN)
    out.flush()
    made: Answered = answer(request, DATABASE_MEMORY)
    head: dict[str, Any] = {**made.head, "files": locks.files, "network": locks.network}
    out.write(json.dumps(head).encode() + b"\n" + made.body)
    out.flush()
    # Nothing is tidied up: a thread of a query that was given up may still be running.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
