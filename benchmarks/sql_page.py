"""An archive that is filled as the keeper fills it, and its SQL page, asked as a browser asks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.test import Client, override_settings

from benchmarks.sql_read import READ, Lines, in_microseconds
from benchmarks.sql_rows import Rows
from pilothouse.access.models import Person
from pilothouse.access.rights import grant
from pilothouse.access.roles import Role
from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import Archive, Cursor, live
from pilothouse.records.archive.compaction import compact
from pilothouse.records.archive.definitions import TABLES
from pilothouse.records.archive.questions import BUILT_IN

BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
WHY: Final = "a benchmark"


def fill(home: Path, rows: Rows) -> Archive:
    """Write all rows: a flush for every piece, merged as they become many, then the pictures."""
    archive = Archive(home)
    archive.flush(rows.listings())
    for tables, position, time in rows.steadily():
        archive.flush(tables, Cursor(position, position, time))
        compact(archive)
    for name, some in rows.pictures().items():
        archive.replace(name, some)
    return archive


def read_back(home: Path) -> dict[str, pa.Table]:
    """Return what the archive's files hold of the columns that the questions read."""
    return {
        name: parts.read_parts(home, TABLES[name], live(name)).select(list(columns))
        for name, columns in READ.items()
    }


class Page:
    """The SQL page before somebody who may not see clients."""

    def __init__(self, home: Path) -> None:
        self._home = home
        person = Person.objects.create_user("reader of the archive")
        grant(person, Role.VIEWER)
        with self._settings():
            self._browser = Client(headers={"host": "localhost"})
            self._browser.force_login(person, BACKEND)
            # A console that runs has its pages in memory.
            assert self._browser.get("/sql").status_code == 200

    def _settings(self) -> Any:
        # People sign in with a password elsewhere; here one is signed in already.
        backends = [*settings.AUTHENTICATION_BACKENDS, BACKEND]
        return override_settings(AUTHENTICATION_BACKENDS=backends, PILOTHOUSE_HOME=self._home)

    def show(self, name: str) -> str:
        """Run a saved question and return its whole page."""
        return self._ask(name, "run").decode()

    def lines(self, name: str) -> Lines:
        """Return a saved question's whole answer, from the page's own Parquet file."""
        rows = pq.read_table(io.BytesIO(self._ask(name, "parquet")))
        assert rows.schema.metadata[b"truncated"] == b"false"
        columns = in_microseconds(rows).to_pydict()
        return list(zip(*columns.values(), strict=True))

    def _ask(self, name: str, deed: str) -> bytes:
        question = BUILT_IN[name]
        form: Mapping[str, str] = {
            "question": name, "sql": question.sql, "purpose": WHY, "deed": deed,
            "label": question.chart.label, "value": question.chart.value,
            **{f"p_{one.name}": one.default for one in question.parameters},
        }  # fmt: skip
        with self._settings():
            answer = self._browser.post("/sql", form)
        assert answer.status_code == 200, answer.content.decode()[-2_000:]
        return bytes(answer.content)
