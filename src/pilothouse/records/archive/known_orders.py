"""What the archive knows of orders, so that nobody reads the journal for it.

Two fixed statements, which a query's process would cost more than they do: they are run here, with
one thread, little memory and the time of a query. Whoever asks holds a turn and records it.
"""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from pilothouse.records.archive.ask import SECONDS_MAX
from pilothouse.records.archive.connection import files_now
from pilothouse.records.archive.cursors import Cursor, cursor
from pilothouse.records.archive.exchange_tables import FILLS, ORDERS
from pilothouse.records.archive.refusals import (
    ARCHIVE_IS_DAMAGED,
    NEEDS_TOO_MUCH_MEMORY,
    TOOK_TOO_LONG,
    Refused,
)
from pilothouse.records.archive.running import NoArchive, keeper
from pilothouse.records.archive.views import open_views
from pilothouse.records.archive.walk import WANTED

MEMORY: Final = "256MB"
_NAMED: Final = """
    SELECT max(position) FROM orders
    WHERE account = $account AND client_order_id = $name AND deed <> 'cancelled'
    """
_TOUCHED: Final = """
    SELECT max(time_us) FROM (
        SELECT time_us FROM orders
        WHERE order_number = $order AND deed = 'cancelled' AND position >= $order
        UNION ALL
        SELECT time_us FROM fills
        WHERE (taker_order = $order OR maker_order = $order) AND position >= $order
    )
    """


@dataclass(frozen=True)
class KnownOrders:
    """The archive of a home up to a cursor. Its questions raise Refused."""

    home: Path
    upto: Cursor

    @property
    def block(self) -> int:
        """Return the last block that is archived, 0 for none."""
        return self.upto.blocks

    @property
    def position(self) -> int:
        """Return the last command that is archived, 0 for none."""
        return self.upto.position

    def named(self, account: int, client_order_id: str) -> int:
        """Return the position of an account's last order of a name, 0 if none is archived."""
        return self._number(_NAMED, {"account": account, "name": client_order_id})

    def touched(self, order: int) -> int:
        """Return the time (us) of the block that last filled or cancelled an order, 0 if none."""
        return self._number(_TOUCHED, {"order": order})

    def _number(self, sql: str, given: dict[str, int | str]) -> int:
        if not self.upto.blocks:
            return 0
        try:
            return _first(self.home, sql, given)
        except duckdb.InterruptException:
            raise Refused(TOOK_TOO_LONG, f"more than {SECONDS_MAX} seconds") from None
        except duckdb.OutOfMemoryException:
            raise Refused(NEEDS_TOO_MUCH_MEMORY) from None
        except duckdb.Error:
            WANTED.set()
            raise Refused(ARCHIVE_IS_DAMAGED) from None


def _first(home: Path, sql: str, given: dict[str, int | str]) -> int:
    found = files_now(home, masked=False)
    paths = {one.name: found[one.name] for one in (ORDERS, FILLS)}
    with closing(open_views(paths, masked=False, threads=1, memory=MEMORY)) as views:
        clock = threading.Timer(SECONDS_MAX, views.interrupt)
        clock.start()
        try:
            row = views.execute(sql, given).fetchone()
        finally:
            clock.cancel()
    return int(row[0] or 0) if row else 0


def known_orders(home: Path) -> KnownOrders:
    """Return what the archive of a home knows now.

    Blocks in which nothing happened are not archived: where this process keeps the archive, it
    knows of them.
    """
    try:
        lag = keeper().lag
    except NoArchive:
        return KnownOrders(home, cursor())
    return KnownOrders(home, cursor() if lag.fault else lag.archived)
