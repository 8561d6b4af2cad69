"""A disk in memory that behaves like the kernel: it loses what is not synced, and may lie.

When its power is cut it loses every byte and name not yet synced. When a write-back fails, the
pages are marked clean: they can be read and are not on the platter, a later sync says nothing, and
the error is told once, to who had the file open.
"""

import errno

import numpy as np

PAGE = 512
"""Smaller than a real page, so that small tests have many."""


class PowerCut(BaseException):
    """The power went off at this deed."""


class Disk:
    """Storage whose power goes off just before the deed number `cut_at` (1, 2, …).

    With `torn` bytes above 0, a write that is cut leaves that many of its bytes on the platter.
    The syncs numbered in `failing` fail; with `neighbours` the platter also loses what stood on
    the failed pages before. The read numbered `unreadable` ends with EIO.
    """

    def __init__(self, cut_at=0, torn=0, failing=(), neighbours=False, unreadable=0):
        self.cut_at, self.torn = cut_at, torn
        self.failing, self.neighbours = frozenset(failing), neighbours
        self.unreadable, self.reads = unreadable, 0
        self.deeds = self.syncs = 0
        self.free = 1 << 40
        self.files, self.synced_files = {}, {}

    def deed(self, on_cut=lambda: None):
        self.deeds += 1
        if self.deeds == self.cut_at:
            on_cut()
            raise PowerCut(f"deed {self.deeds}")

    def after_power_cut(self, mark_flushed=False):
        """Return the disk as it is found again: synced names with synced bytes, nothing else.

        The mapped mark may have been written by the system, or not since it was synced.
        """
        found = Disk()
        for name, held in self.synced_files.items():
            copy = _Held()
            copy.now = bytearray(held.synced)
            copy.synced = bytes(held.synced)
            copy.word[0] = copy.synced_word = held.word[0] if mark_flushed else held.synced_word
            copy.mapped = held.mapped
            found.files[name] = found.synced_files[name] = copy
        return found

    def after_a_crash(self):
        """Return the disk as the next process finds it: the page cache lives on."""
        self.cut_at = 0
        return self

    def names(self, folder):
        start = f"{folder}/" if folder else ""
        return sorted({n[len(start) :].split("/")[0] for n in self.files if n.startswith(start)})

    def open_append(self, name):
        if name not in self.files:
            self.deed()
            self.files[name] = _Held()
        return _Open(self, self.files[name], name)

    def open_read(self, name):
        if name not in self.files:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        return _Open(self, self.files[name], name)

    def rename(self, old, new):
        self.deed()
        moved = [one for one in self.files if one == old or one.startswith(old + "/")]
        if not moved:
            raise FileNotFoundError(errno.ENOENT, "no such file", old)
        for one in moved:
            self.files[new + one[len(old) :]] = self.files.pop(one)

    def remove(self, name):
        self.deed()
        del self.files[name]

    def sync_folder(self, folder):
        self.deed()
        for name in [n for n in self.synced_files if n.startswith(folder + "/")]:
            del self.synced_files[name]
        for name, held in self.files.items():
            if name.startswith(folder + "/"):
                self.synced_files[name] = held

    def free_bytes(self):
        return self.free

    def mapped_word(self, name):
        if name not in self.files:
            self.files[name] = _Held()
        self.files[name].mapped = True
        return self.files[name].word

    def fail_write_back(self, name):
        """Let the system write a file back by itself, in vain: nobody is told yet."""
        self.files[name].lose(self.neighbours)

    def contents(self):
        """Return every file's bytes, and the mark."""
        return {name: (bytes(held.now), int(held.word[0])) for name, held in self.files.items()}


class _Held:
    def __init__(self):
        self.now, self.synced = bytearray(), b""
        self.dirty, self.errors, self.told = set(), 0, 0
        self.word, self.synced_word, self.mapped = np.zeros(1, np.int64), 0, False

    def touch(self, start, end):
        self.dirty |= set(range(start // PAGE, (end + PAGE - 1) // PAGE))

    def write_back(self):
        platter = bytearray(self.synced.ljust(len(self.now), b"\0")[: len(self.now)])
        for page in self.dirty:
            at = slice(page * PAGE, (page + 1) * PAGE)
            platter[at] = self.now[at]
        self.dirty.clear()
        self.synced = bytes(platter)
        self.synced_word = int(self.word[0])

    def lose(self, neighbours):
        platter = bytearray(self.synced.ljust(len(self.now), b"\0"))
        for page in self.dirty if neighbours else ():
            at = slice(page * PAGE, (page + 1) * PAGE)
            platter[at] = bytes(len(platter[at]))
        self.dirty.clear()
        self.errors += 1
        self.synced = bytes(platter)


class _Open:
    def __init__(self, disk, held, name):
        self._disk, self._held, self._name = disk, held, name
        # An error that somebody was told already is no news for who opens the file later.
        self._seen = held.told

    def write(self, data):
        raw = memoryview(data).cast("B").tobytes() if len(data) else b""

        def tear():
            kept = raw[: self._disk.torn]
            if kept:
                self._held.synced = bytes(self._held.now) + kept

        self._disk.deed(tear)
        at = len(self._held.now)
        self._held.now += raw
        self._held.touch(at, at + len(raw))

    def sync(self):
        self._disk.deed()
        self._disk.syncs += 1
        if self._disk.syncs in self._disk.failing:
            self._held.lose(self._disk.neighbours)
        if self._seen < self._held.errors:
            self._seen = self._held.told = self._held.errors
            raise OSError(errno.EIO, "the write-back failed")
        self._held.write_back()

    def cut(self, size):
        self._disk.deed()
        del self._held.now[size:]
        self._held.touch(size, size)

    def size(self):
        return 8 if self._held.mapped else len(self._held.now)

    def is_named(self):
        return self._disk.files.get(self._name) is self._held

    def read(self, offset, size):
        self._disk.reads += 1
        if self._disk.unreadable and self._disk.reads == self._disk.unreadable:
            raise OSError(errno.EIO, f"read {self._disk.reads}")
        return np.frombuffer(bytearray(self._held.now[offset : offset + size]), np.uint8)

    def close(self):
        pass
