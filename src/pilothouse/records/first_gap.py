"""Where a table's numbers first end, with none for so many behind: what stands further counts not.

It goes from one row to the furthest within reach, so a dense table takes one step for as many rows
as the reach is wide, and rows behind the gap are not read, however many somebody put there.
"""

from __future__ import annotations

from typing import Final

from pilothouse.records.numbering import answer

_LAST: Final = (
    "WITH RECURSIVE steps(one) AS (SELECT {after} UNION ALL SELECT ("
    'SELECT "{key}" FROM "{table}" WHERE "{key}" > one AND "{key}" <= one + {gap} '
    'AND typeof("{key}") = \'integer\' ORDER BY "{key}" DESC LIMIT 1'
    ") FROM steps WHERE one IS NOT NULL) SELECT max(one) FROM steps"
)


def last_before(table: str, key: str, after: int, gap: int) -> int:
    """Return the first number from `after` on behind which the next `gap` numbers are free.

    `key` is the whole numbers' column, which needs an index.
    """
    return answer(_LAST.format(table=table, key=key, after=after, gap=gap))
