"""The parts of the embedded exchange: the processes that follow one folder."""

from __future__ import annotations

from enum import StrEnum


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
