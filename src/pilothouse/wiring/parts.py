"""The parts of the embedded exchange: the processes that follow one folder."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """What one process does. Compiling is done once, before the others start."""

    COMPILE = "compile"
    WRITER = "writer"
    GATEWAY = "gateway"
    CONSOLE = "console"
    SEED = "seed"
    TRAFFIC = "traffic"
