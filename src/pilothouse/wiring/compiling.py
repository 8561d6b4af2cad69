"""Compiling the engine once, before the processes that use it start and each would do the same."""

from __future__ import annotations


def compile_engine() -> None:
    """Load every compiled door of the engine, from the disk where it was kept, else compiled."""
    from pilothouse.engine.machine import Machine

    Machine.empty()
