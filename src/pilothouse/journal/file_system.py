"""The file system under the folder: whether what it calls durable is durable.

Network and layered file systems, memory, and mounts without barriers may answer a sync and lose
what was synced. ext4 with fast commits did so on kernels before 6.6.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
FAST_COMMITS: Final = Path("/proc/fs/ext4")
MENDED_KERNEL: Final = (6, 6)
NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "ncpfs", "glusterfs", "davfs"}
)
MEMORY: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
LAYERED: Final = frozenset({"overlay", "aufs", "unionfs", "fuse.unionfs", "fuse.mergerfs"})
NO_BARRIERS: Final = frozenset({"nobarrier", "barrier=0", "barrier=none"})


@dataclass(frozen=True)
class FileSystem:
    """What a folder stands on. `device` is the kernel's name of what is mounted."""

    kind: str
    device: str
    options: tuple[str, ...]
    kernel: str
    fast_commits: bool = False

    @property
    def doubt(self) -> str:
        """Return why what it calls durable may not be, empty if nothing is known against it."""
        if self.kind in NETWORK or self.kind.startswith("fuse.sshfs"):
            return f"{self.kind} is a network file system"
        if self.kind in MEMORY:
            return f"{self.kind} is memory and is empty after a power cut"
        if self.kind in LAYERED:
            return f"{self.kind} is a layered file system"
        without = NO_BARRIERS.intersection(self.options)
        if without:
            return f"{self.kind} is mounted with {', '.join(sorted(without))}"
        if self.kind == "ext4" and self.fast_commits and _version(self.kernel) < MENDED_KERNEL:
            return f"ext4 has fast commits, and kernel {self.kernel} may lose what they hold"
        return ""

    def said(self) -> str:
        """Return it as people read it."""
        options = ",".join(self.options)
        found = f"{self.kind} on {self.device} ({options}), kernel {self.kernel}"
        return f"{found}; in doubt: {self.doubt}" if self.doubt else found


def file_system_of(folder: Path, mounts: Path = MOUNTS) -> FileSystem | None:
    """Return what a folder stands on, None where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    place, best = folder.resolve(), None
    for line in lines:
        point, made = _mount(line)
        # A later mount hides an earlier one of the same place.
        inside = made is not None and (place == point or point in place.parents)
        if inside and (best is None or len(point.parts) >= len(best[0].parts)):
            best = (point, made)
    return best[1] if best else None


def _mount(line: str) -> tuple[Path, FileSystem | None]:
    before, _, after = line.partition(" - ")
    fields, more = before.split(), after.split()
    if len(fields) < 6 or len(more) < 3:
        return Path("/"), None
    options = tuple(dict.fromkeys([*fields[5].split(","), *more[2].split(",")]))
    device = _plain(more[1])
    made = FileSystem(more[0], device, options, os.uname().release, _fast_commits(device))
    return Path(_plain(fields[4])), made


def _plain(text: str) -> str:
    # The kernel writes a space in a name as \040.
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _fast_commits(device: str) -> bool:
    # The kernel counts them; where there was none the feature is off or was never used.
    try:
        found = (FAST_COMMITS / Path(device).name / "fc_info").read_text()
    except OSError:
        return False
    count = re.search(r"^(\d+) commits$", found, re.MULTILINE)
    return count is not None and int(count[1]) > 0


def _version(kernel: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", kernel)[:2])
