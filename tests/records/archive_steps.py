"""A process that makes an archive anew and fails at each step of it: home, world, kind of failure.

Each attempt is a child of its own, which is gone at once, as if killed; or every step from a
certain one on meets a full disk. The next start must have all that was measured. It prints the
steps after which something was lost, and how many there were.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path

MEASURED = [1, 2]
CHANGES = ("os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")
WRITES = ("open", "os.rename", "os.link", "os.mkdir")
DIED = 9


def main() -> None:
    home, world, how = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    os.environ["PILOTHOUSE_HOME"] = str(home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "pilothouse.wiring.settings"
    import django

    django.setup()
    # Loaded once, and no database is opened: each child has it as it was.
    import pandas  # noqa: F401 - Arrow loads it

    import pilothouse.records.archive.mending  # noqa: F401

    alone(partial(build, home, world))
    whole = home.with_name("whole")
    shutil.copytree(home, whole)
    step, lost, left = 0, [], DIED
    while left == DIED:
        step += 1
        restore(home, whole)
        left = alone(partial(start, home, Faults(how, step)))
        if alone(partial(judge, home)):
            lost.append(step)
    print("steps", step - 1, "lost", lost, "end", left, flush=True)


def alone(work: Callable[[], None]) -> int:
    """Do something in a child that forgets all; return how it ended."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def restore(home: Path, whole: Path) -> None:
    # The folder itself stays: it is where the process stands.
    for one in home.iterdir():
        shutil.rmtree(one) if one.is_dir() else one.unlink()
    shutil.copytree(whole, home, dirs_exist_ok=True)


def build(home: Path, world: str) -> None:
    import pyarrow as pa
    from django.core.management import call_command
    from django.db import connection

    from pilothouse.records.archive import rebuild
    from pilothouse.records.archive.archive import Archive
    from pilothouse.records.archive.cursors import Cursor
    from pilothouse.records.archive.definitions import TABLES

    call_command("migrate", verbosity=0, interactive=False)
    archive = Archive(home)
    rebuild.prepare(archive)
    for value in MEASURED:
        row = {"time": pa.array([value], pa.timestamp("us")), "measure": ["spread"],
               "scope": ["exchange"], "value": [value]}  # fmt: skip
        archive.append("measures", pa.table(row))
        archive.flush()
    schema = TABLES["indexes"].schema
    archive.append("indexes", pa.Table.from_pylist([dict.fromkeys(schema.names)], schema))
    archive.flush(upto=Cursor(9, 99, 999))
    WORLDS[world](home)
    connection.close()


def damaged(home: Path) -> None:
    next((home / "archive" / "open" / "indexes").iterdir()).unlink()


def of_an_older_layout(home: Path) -> None:
    from pilothouse.records.models import ArchivePart

    ArchivePart.objects.update(files={})
    (home / "archive" / "layout").write_text("2\n")


def of_a_lost_history(home: Path) -> None:
    (home / "set-aside").mkdir()
    (home / "archive").rename(home / "set-aside" / "archive")


WORLDS = {one.__name__: one for one in (damaged, of_an_older_layout, of_a_lost_history)}


def start(home: Path, faults: Faults) -> None:
    from django.db import connection

    from pilothouse.records.archive import checksums
    from pilothouse.records.archive.mending import kept_archive

    connection.ensure_connection()
    write = checksums.Summed.write
    checksums.Summed.write = lambda self, data: faults.wrote(self) or write(self, data)
    sys.addaudithook(faults.heard)
    with connection.execute_wrapper(faults.asked):
        try:
            kept_archive(home, lambda sentence: None)
        except Exception:
            if not faults.met:
                raise
    if faults.met:
        os._exit(DIED)


class Faults:
    """Steps are counted; at the one that is wanted this process is gone, or the disk is full."""

    def __init__(self, how: str, wanted: int) -> None:
        self._full, self._wanted, self._step = how == "full", wanted, 0
        self.met = False

    def heard(self, event: str, said: tuple[object, ...]) -> None:
        names = WRITES if self._full else (*CHANGES, "open")
        if event not in names or (event == "open" and not is_written(said)):
            return
        self.meet(event)

    def wrote(self, file) -> None:
        if not file.facts["bytes"]:
            self.meet("write")

    def asked(self, execute, sql, *more):
        if not sql.startswith(("SELECT", "SAVEPOINT", "ROLLBACK", "PRAGMA")):
            self.meet(sql)
        return execute(sql, *more)

    def meet(self, what: str) -> None:
        self._step += 1
        if self._step < self._wanted:
            return
        self.met = True
        if not self._full:
            os._exit(DIED)
        if what.split()[0].isupper():
            from django.db import OperationalError

            raise OperationalError("database or disk is full")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def is_written(said: tuple[object, ...]) -> bool:
    path, _, flags = said
    if not str(path).startswith(os.environ["PILOTHOUSE_HOME"]):
        return False
    return bool(int(flags) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def judge(home: Path) -> None:
    """Start without a fault, and look for what was measured."""
    from pilothouse.records.archive import parts
    from pilothouse.records.archive.archive import live
    from pilothouse.records.archive.definitions import TABLES
    from pilothouse.records.archive.mending import kept_archive

    keeper = kept_archive(home, lambda sentence: None)
    rows = parts.read_parts(home, TABLES["measures"], live("measures"))
    assert sorted(rows["value"].to_pylist()) == MEASURED, rows["value"].to_pylist()
    assert keeper.since == 0 and not live("indexes").exists(), "it is made anew"
    assert len(list(home.glob("archive-aside-*"))) <= 1 and not (home / "archive-next").exists()


if __name__ == "__main__":
    main()
