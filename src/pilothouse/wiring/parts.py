"""The parts of the embedded exchange: the processes that follow one folder, and how they end."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Part(StrEnum):
    """What one process does. Compiling, founding and seeding end by themselves."""

    COMPILE = "compile"
    WRITER = "writer"
    FOUND = "found"
    SEED = "seed"
    GATEWAY = "gateway"
    CONSOLE = "console"
    TRAFFIC = "traffic"
    REPLAY = "replay"


class Code(IntEnum):
    """What the code of a process that ended means for starting it again (sysexits.h)."""

    WELL = 0
    FAILED = 1
    REFUSES = 65
    """What it found is damaged or not its own: starting it again changes nothing."""
    MISTAKEN = 70
    """Something that nobody foresaw; the log has it under a reference."""
    DISK = 74
    """A disk did not do what was asked of it."""
    LATER = 75
    """Somebody else holds what it needs: starting it again later may do."""
