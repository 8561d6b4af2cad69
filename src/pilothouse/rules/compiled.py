"""The one way to compile: plain functions over integers and structured arrays.

`kernel` compiles a function, `inlined` lays it into its callers (the hot path only), `entry` is a
door from Python whose machine code is kept on disk, in a folder named by the digest of every
source it could call. Division by zero is silent in compiled code, so rules prove their divisors;
uncompiled (`NUMBA_DISABLE_JIT=1`) the same source must give the same fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba

from pilothouse import release

F = TypeVar("F", bound=Callable[..., Any])

# The compiler reads NUMBA_CACHE_DIR itself, so that no pure room looks at the environment.
numba.config.CACHE_DIR = str(release.cache_folder(numba.config.CACHE_DIR))
UNCOMPILED: Final = bool(numba.config.DISABLE_JIT)


def kernel(function: F) -> F:
    """Compile a function without reference counting; the compiler decides what to inline."""
    return cast(F, numba.njit(_nrt=False, error_model="numpy")(function))


def inlined(function: F) -> F:
    """Compile a function and always lay it into its callers."""
    return cast(F, numba.njit(_nrt=False, error_model="numpy", forceinline=True)(function))


def entry(function: F) -> F:
    """Compile a door from Python, keep its machine code on disk, and free other threads."""
    return cast(
        F, numba.njit(_nrt=False, error_model="numpy", cache=True, nogil=True)(function)
    )
