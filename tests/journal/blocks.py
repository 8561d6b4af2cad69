"""A small journal to judge: blocks of orders, written through the real appender."""

import numpy as np

from pilothouse.journal.appender import Appender
from pilothouse.journal.blocks import Pen
from pilothouse.journal.reader import Reader
from pilothouse.language.schema import ROW_WORDS

PEN = Pen(release=b"r" * 32, term=1)


def rows(count, mark=0):
    made = np.zeros((count, ROW_WORDS), np.int64)
    made[:, 1] = 1
    made[:, 7] = mark
    return made


def write(storage, counts=(3, 0, 5, 2), **options):
    """Append one block for each count of commands; return the headers."""
    appender = Appender(storage, PEN, None, **options)
    return [
        appender.append(rows(count, mark), count, 1_000 + mark)
        for mark, count in enumerate(counts)
    ]


def read(storage, **options):
    return list(Reader(storage, **options).read())
