"""What a process that answers SQL takes from itself before it reads a statement.

Limits of the kernel hold for every process; the sandbox and the empty network where the kernel
has them. `Confined` says which do. Only the standard library is known here: nothing else may be
loaded before the locks are on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LINUX: Final = sys.platform == "linux"
FILES_MOST: Final = 4_096
NICE: Final = 5
OOM_SCORE: Final = 1_000
"""The first to go when the machine has no memory left: it costs an answer, not an exchange."""
SYSTEM: Final = ("/usr", "/lib", "/lib64", "/etc/localtime", "/proc/meminfo", "/proc/cpuinfo",
                 "/proc/self", "/sys/devices/system/cpu", "/sys/fs/cgroup",
                 "/dev/null", "/dev/urandom")  # fmt: skip
"""What the interpreter and the database read of the system."""
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_RIGHTS_BY_ABI: Final = (13, 13, 14, 15, 15, 16)
"""How many kinds of access to files each version of the sandbox knows."""
_NO_NEW_PRIVILEGES, _DIE_WITH_PARENT = 38, 1
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000


@dataclass(frozen=True)
class Confined:
    """Which locks of the kernel are on, beside the limits."""

    files: bool
    network: bool


def begin(parent: int) -> None:
    """Set the limits that need no request: no file may grow, no core, die with the parent."""
    if LINUX:
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(f"{OOM_SCORE}")
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = FILES_MOST if hard == resource.RLIM_INFINITY else min(FILES_MOST, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def shut(files: Iterable[str]) -> Confined:
    """Leave no network, and of all files only those to read; before any thread is begun."""
    if not LINUX:
        return Confined(False, False)
    libc = ctypes.CDLL(None, use_errno=True)
    network = libc.unshare(_NEW_NETWORK) == 0 or libc.unshare(_NEW_NETWORK | _NEW_USER) == 0
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return Confined(_sandbox(libc, files), network)


def _sandbox(libc: ctypes.CDLL, files: Iterable[str]) -> bool:
    # Landlock: what is handled and has no rule is refused, writing above all.
    abi = libc.syscall(_CREATE, None, 0, 1)
    if abi < 1:
        return False
    handled = (1 << _RIGHTS_BY_ABI[min(abi, len(_RIGHTS_BY_ABI)) - 1]) - 1
    asked = struct.pack("=QQQ", handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    rules = libc.syscall(_CREATE, asked, size, 0)
    if rules < 0:
        return False
    for one in (*SYSTEM, *_own_code(), *files):
        _allow(libc, rules, one)
    made = libc.syscall(_RESTRICT, rules, 0) == 0
    os.close(rules)
    return bool(made)


def _own_code() -> list[str]:
    places = {sys.prefix, sys.base_prefix, *sys.path}
    return sorted(one for one in places if one and os.path.isabs(one))


def _allow(libc: ctypes.CDLL, rules: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    access = _READ_FILE | _READ_DIR if os.path.isdir(path) else _READ_FILE
    libc.syscall(_ADD, rules, 1, struct.pack("=Qi", access, place), 0)
    os.close(place)


def limit(memory_bytes: int, cpu_s: int) -> None:
    """Bound what is still to come, memory and processor time, on top of what loading took."""
    if LINUX:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + cpu_s + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, until + 1))
