"""`python -m tests.engine.replaying FILE`: replay recorded blocks and print the fingerprint."""

import sys

import numpy as np

from tests.engine.eventful import replayed


def main(path: str) -> None:
    """Replay under errors for every overflow; compiled code has none, uncompiled code may."""
    np.seterr(all="raise")
    told = np.load(path)
    ends = np.cumsum(told["lengths"])
    rows = np.split(told["rows"], ends[:-1])
    blocks = [(one, int(time)) for one, time in zip(rows, told["times"], strict=True)]
    print(*replayed(blocks).fingerprint())


if __name__ == "__main__":
    main(sys.argv[1])
