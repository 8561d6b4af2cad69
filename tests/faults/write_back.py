"""A real failed write-back: ext4 on a loop device whose backing runs full, and runs free again.

The kernel marks the pages of a failed write as clean: the page cache shows what the disk does not
hold. Only `umount` and `mount` show what is there. It needs root and loop devices.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

BACKING_BYTES = 160 << 20
ROOM_LEFT = 8 << 20
FRAMES_BEFORE, FRAMES_AFTER = 40, 20


class NoLoop(Exception):
    """This machine does not let us mount."""


@contextlib.contextmanager
def small_disk(folder):
    """Yield a disk: an image on a tmpfs of 160 MB, without a file system journal."""
    backing, place = folder / "backing", folder / "disk"
    backing.mkdir()
    place.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={BACKING_BYTES}", "tmpfs", str(backing))
    try:
        image = backing / "image"
        with open(image, "wb") as made:
            made.truncate(400 << 20)
        # The metadata of a journal would fail first, and the whole disk become read-only.
        _run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E", "nodiscard", str(image))
        yield Disk(image, place, backing / "filling")
    finally:
        _run("umount", str(backing))


class Disk:
    def __init__(self, image, place, filling):
        self.image, self.place, self.filling = image, place, filling

    @contextlib.contextmanager
    def mounted(self):
        _run("mount", "-o", "loop,errors=continue", str(self.image), str(self.place))
        try:
            yield self.place / "home"
        finally:
            _run("umount", str(self.place))

    def fill(self):
        found = os.statvfs(self.filling.parent)
        with open(self.filling, "wb") as made:
            made.write(bytes(found.f_bavail * found.f_frsize - ROOM_LEFT))

    def free(self):
        self.filling.unlink()


def _run(*command):
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as why:
        raise NoLoop(f"{command[0]}: {getattr(why, 'stderr', b'') or why}") from why


def phase(name, home, size, first):
    """Run one life of a writer in a process of its own; return what it tells."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.write_back", name, str(home), str(size), str(first)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class Life:
    """A writer without a socket's client, and the last order that was answered."""

    def __init__(self, home):
        from pilothouse.venue.writer import Writer
        from tests.venue.counter import RELEASE

        home.mkdir(exist_ok=True)
        self.writer = Writer(home, RELEASE)
        self.answered = 0

    def send(self, first, count):
        from pilothouse.venue.wire import count_commands
        from tests.venue.counter import order_rows

        rows = order_rows(first, count)
        frame = type("Frame", (), {"rows": rows, "commands": count_commands(rows), "number": 1})
        self.writer.doors.send = lambda client, raw: None
        self.writer.commit([(None, frame)])
        self.answered = first + count - 1

    def until_it_fails(self, size, first):
        from pilothouse.journal.appender import JournalFailed

        try:
            while True:
                self.send(first, size)
                first += size
        except JournalFailed as why:
            return str(why)

    def frames(self, size, first, count):
        for turn in range(count):
            self.send(first + turn * size, size)
        return ""


def main(name, home, size, first):
    life = Life(Path(home))
    size, first = int(size), int(first)
    told = {"failed": life.until_it_fails, "goes_on": lambda *at: life.frames(*at, FRAMES_AFTER)}
    if name == "begins":
        life.frames(size, first, FRAMES_BEFORE)
    else:
        life.why = told[name](size, first)
    if name in ("begins", "goes_on"):
        # As a stop does, without the sockets.
        life.writer._journal.close()
    print(json.dumps({"answered": life.answered, "why": getattr(life, "why", "")}))


def story(size, folder):
    """Live it all; return how the disk failed, the last answered order, and what verify finds."""
    with small_disk(folder) as disk:
        with disk.mounted() as home:
            begun = phase("begins", home, size, 1)["answered"]
            disk.fill()
            failed = phase("failed", home, size, begun + 1)
            disk.free()
            time.sleep(0.1)
            end = phase("goes_on", home, size, failed["answered"] + 1 + size)["answered"]
        with disk.mounted() as home:
            return failed, end, what_is_found(home)


def power_cut_at_once(size, folder):
    """The same, but the machine goes down before anybody starts a writer again."""
    with small_disk(folder) as disk:
        with disk.mounted() as home:
            begun = phase("begins", home, size, 1)["answered"]
            disk.fill()
            failed = phase("failed", home, size, begun + 1)
            disk.free()
        with disk.mounted() as home:
            return failed, what_is_found(home)


def what_is_found(home):
    from pilothouse.venue.verify import verify
    from tests.venue.counter import RELEASE

    return verify(home, release=RELEASE)


if __name__ == "__main__":
    main(*sys.argv[1:])
