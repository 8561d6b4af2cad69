"""A cursor of the archive as the exchange writes it: sealed with its folder's secret."""

import json
import sqlite3
from contextlib import closing

from pilothouse.access.secret_file import derive, make_secret
from pilothouse.records import seals
from pilothouse.wiring.home import DATABASE


def write_cursor(home, blocks, position):
    """Write the only rows of a database, with a secret of its own."""
    make_secret(home)
    key = derive((home / "secret.key").read_bytes(), seals.ARCHIVE)
    seal = seals.seal_of_words(key, [blocks, position, 7, {"indexes": 1}])
    with closing(sqlite3.connect(home / DATABASE)) as made, made:
        made.execute(
            "CREATE TABLE records_archivecursor (id, blocks, position, time_us, rows, seal)"
        )
        row = (1, blocks, position, 7, json.dumps({"indexes": 1}), seal)
        made.execute("INSERT INTO records_archivecursor VALUES (?, ?, ?, ?, ?, ?)", row)
    (home / "archive").mkdir(exist_ok=True)
