"""Compiling the engine once for a release, and knowing without loading it that it was done."""

from __future__ import annotations

import os
from pathlib import Path

from pilothouse import release


def is_compiled() -> bool:
    """Tell whether every door of the engine was compiled here; a false yes costs only time."""
    return _mark().exists()


def compile_once() -> None:
    """Compile the engine, or load it from the disk where it is kept, and remember that it is."""
    from pilothouse.simulation.compiling import compile_engine

    compile_engine()
    mark = _mark()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def _mark() -> Path:
    return release.compiled_mark(os.environ.get("NUMBA_CACHE_DIR", ""))
