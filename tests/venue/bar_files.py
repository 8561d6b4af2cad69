"""Files of minute bars of our own invention: a fall and a rise, and whatever is wrong with one."""

import gzip

HEADER = "open_time,open,high,low,close,volume,close_time"
BEGAN_MS = 1_712_944_800_000
"""A whole minute."""


def row(minute, opened, high, low, close, began_ms=BEGAN_MS):
    return f"{began_ms + 60_000 * minute},{opened},{high},{low},{close},1.5,0"


FALLING = (
    row(0, "10", "10.2", "9.9", "10.1"),
    row(1, "10.1", "10.1", "8", "8.2"),
    row(2, "8.2", "8.2", "6.6", "7"),
    row(3, "7", "7.5", "6.9", "7.3"),
)


def write_bars(path, rows=FALLING, header=HEADER, zipped=False):
    text = "\n".join([header, *rows]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    return path
