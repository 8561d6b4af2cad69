"""A disk in memory that loses, when its power is cut, every byte and name not yet synced."""

from __future__ import annotations

import numpy as np


class PowerCut(BaseException):
    """The power went off at this deed."""


class Disk:
    """Storage whose power goes off just before the deed number `cut_at` (1, 2, …).

    With `torn` bytes above 0, a write that is cut leaves that many of its bytes on the platter.
    """

    def __init__(self, cut_at=0, torn=0):
        self.cut_at, self.torn = cut_at, torn
        self.deeds = 0
        self.files, self.synced_files = {}, {}

    def deed(self, on_cut=lambda: None):
        self.deeds += 1
        if self.deeds == self.cut_at:
            on_cut()
            raise PowerCut(f"deed {self.deeds}")

    def after_power_cut(self):
        """Return the disk as it is found again: synced names with synced bytes, nothing else."""
        found = Disk()
        for name, held in self.synced_files.items():
            copy = _Held()
            copy.now = bytearray(held.synced)
            copy.synced = bytes(held.synced)
            found.files[name] = found.synced_files[name] = copy
        return found

    def names(self, folder):
        return sorted(n.split("/")[1] for n in self.files if n.startswith(folder + "/"))

    def open_append(self, name):
        if name not in self.files:
            self.deed()
            self.files[name] = _Held()
        return _Open(self, self.files[name])

    def open_read(self, name):
        return _Open(self, self.files[name])

    def rename(self, old, new):
        self.deed()
        self.files[new] = self.files.pop(old)

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

    def mapped_word(self, name):
        if name not in self.files:
            self.files[name] = _Held()
            self.files[name].word = np.zeros(1, np.int64)
        return self.files[name].word


class _Held:
    def __init__(self):
        self.now, self.synced = bytearray(), b""
        self.word = np.zeros(1, np.int64)


class _Open:
    def __init__(self, disk, held):
        self._disk, self._held = disk, held

    def write(self, data):
        raw = memoryview(data).cast("B").tobytes() if len(data) else b""

        def tear():
            kept = raw[: self._disk.torn]
            if kept:
                self._held.synced = bytes(self._held.now) + kept

        self._disk.deed(tear)
        self._held.now += raw

    def sync(self):
        self._disk.deed()
        self._held.synced = bytes(self._held.now)

    def cut(self, size):
        self._disk.deed()
        del self._held.now[size:]

    def size(self):
        return len(self._held.now)

    def read(self, offset, size):
        return np.frombuffer(bytearray(self._held.now[offset : offset + size]), np.uint8)

    def close(self):
        pass
