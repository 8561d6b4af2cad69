"""The one way to compile: plain functions over integers and structured arrays.

`kernel` compiles a rule that Python may also call; `inner` compiles a part of the engine,
`inlined` one that is laid into its callers (the hot path only); `entry` is a door from Python
whose machine code is kept on disk, in a folder named by the digest of every source it could call.
Division by zero is silent in compiled code, so rules prove their divisors; uncompiled
(`NUMBA_DISABLE_JIT=1`) the same source must give the same fingerprint.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

from pilothouse import release

F = TypeVar("F", bound=Callable[..., Any])

# The compiler reads NUMBA_CACHE_DIR itself, so that no pure room looks at the environment.
numba.config.CACHE_DIR = str(release.cache_folder(numba.config.CACHE_DIR))
UNCOMPILED: Final = bool(numba.config.DISABLE_JIT)


def kernel(function: F) -> F:
    """Compile a function without reference counting; the compiler decides what to inline."""
    return cast(F, _njit()(function))


def inlined(function: F) -> F:
    """Compile a function and always lay it into its callers."""
    return cast(F, _njit(forceinline=True, **INNER)(function))


def inner(function: F) -> F:
    """Compile a function only as a part of the entries that call it; Python cannot call it."""
    return cast(F, _njit(**INNER)(function))


def entry(function: F) -> F:
    """Compile a door from Python, keep its machine code on disk, and free other threads."""
    return cast(F, _njit(cache=True, nogil=True)(function))


def _njit(**options: Any) -> Callable[..., Any]:
    made: Callable[..., Any] = numba.njit(_nrt=False, error_model="numpy", **options)
    return made


class _WithoutEnvironment:
    """A code generator that ties no Python environment to code that is not loaded."""

    def __init__(self, codegen: Any) -> None:
        self._codegen = codegen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codegen, name)

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing."""


class _InnerLibrary(JITCodeLibrary):  # type: ignore[misc]
    """Code that is optimised and turned into machine code where it ends up: in an entry.

    By default each function's whole tree of callees is optimised and compiled again on every level
    of the tree, which made a cold start three times as long.
    """

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True

    @property
    def codegen(self) -> Any:
        """Return the code generator as far as a library without machine code may use it."""
        return _WithoutEnvironment(self._codegen)

    def get_pointer_to_function(self, name: str) -> int:
        """Return a C function that raises TypeError: Python calls no inner function."""
        refuse = ctypes.cast(ctypes.pythonapi.PyErr_BadArgument, ctypes.c_void_p).value
        return int(refuse or 0)


class _InnerCompiler(Compiler):  # type: ignore[misc]
    """Numba's own passes, into an inner library."""

    def define_pipelines(self) -> Any:
        """Return the default passes."""
        library = _InnerLibrary(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library = library
        return super().define_pipelines()


INNER: Final[dict[str, Any]] = {"pipeline_class": _InnerCompiler, "no_cfunc_wrapper": True}
