"""A row of the archive's manifest that names another file reaches none of them."""

import pytest
from django.db import connection

from pilothouse.records.archive import parts
from pilothouse.records.archive.archive import Archive
from pilothouse.records.archive.compaction import forget_retired
from pilothouse.records.archive.definitions import TABLES

ROW = (
    'INSERT INTO records_archivepart ("table", name, rows, bytes, first_us, last_us, level, '
    "made_at, retired_at, files) VALUES (%s, %s, 0, 0, 0, 0, 0, '2026-01-01', '2026-01-01', '{}')"
)
VICTIMS = ("secret.key", "founding.json", "journal/00000000000000000000.blocks")


@pytest.mark.django_db
@pytest.mark.parametrize("masked", [False, True])
def test_no_retired_row_deletes_a_file_outside_the_archive(tmp_path, masked):
    table = next(name for name, one in TABLES.items() if bool(one.masked) == masked)
    (tmp_path / "journal").mkdir()
    (tmp_path / "archive" / parts.OPEN / table).mkdir(parents=True)
    (tmp_path / "archive" / parts.CLIENTS / table).mkdir(parents=True)
    absolute = tmp_path / "elsewhere.parquet"
    names = [*(f"../../../{one}" for one in VICTIMS), str(absolute), "..", ""]
    for victim in (*(tmp_path / one for one in VICTIMS), absolute):
        victim.write_text("needed")
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(ROW, [table, name])
    forget_retired(Archive(tmp_path))
    assert all((tmp_path / one).read_text() == "needed" for one in VICTIMS)
    assert absolute.read_text() == "needed"


@pytest.mark.parametrize("name", ["../../../secret.key", "/etc/passwd", "x.parquet", "", "a\0b"])
def test_a_foreign_name_has_no_path(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="no name of a part"):
        parts.path_of(tmp_path, (parts.OPEN, "fills", name))
