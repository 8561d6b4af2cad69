"""Rows and their fields in compiled code: a row is a pointer, a field one load or store.

Every access tells the compiler which field of which table it is. Fields of different names never
overlap, so a value that was read stays in a register while others are written; without being told
the compiler reads it again after every store.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.core.extending import lower_builtin, register_model
from numba.core.imputils import lower_getattr_generic, lower_setattr_generic
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)

WORD = ir.IntType(64)
WORD_BYTES = 8


class RowType(types.Type):  # type: ignore[misc]
    """A row of a table. `fields` tells of each its first word and, of an array, how many."""

    def __init__(self, table: str, dtype: np.dtype[Any], constant: bool) -> None:
        self.table, self.size, self.constant = table, dtype.itemsize, constant
        self.fields = {
            name: (place[1] // WORD_BYTES, sum(dtype[name].shape))
            for name, place in (dtype.fields or {}).items()
        }
        super().__init__(name=f"Row({table})")


class WordsType(types.Type):  # type: ignore[misc]
    """The words of a field that is an array."""

    def __init__(self) -> None:
        super().__init__(name="Words")


WORDS = WordsType()


@register_model(RowType)
@register_model(WordsType)
class _PointerModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, WORD.as_pointer())


@infer_getattr
class _RowAttributes(AttributeTemplate):  # type: ignore[misc]
    key = RowType

    def generic_resolve(self, row: Any, name: str) -> Any:
        """Return the type of a field."""
        if name not in row.fields:
            return None
        return WORDS if row.fields[name][1] else types.int64


@lower_getattr_generic(RowType)  # type: ignore[untyped-decorator]
def _load_field(context: Any, builder: Any, row: Any, value: Any, name: str) -> Any:
    first, count = row.fields[name]
    pointer = builder.gep(value, [ir.Constant(WORD, first)])
    return pointer if count else _tagged(builder, builder.load(pointer), row, name)


@lower_setattr_generic(RowType)  # type: ignore[untyped-decorator]
def _store_field(context: Any, builder: Any, sig: Any, args: Any, name: str) -> None:
    row, (value, word) = sig.args[0], args
    pointer = builder.gep(value, [ir.Constant(WORD, row.fields[name][0])])
    _tagged(builder, builder.store(word, pointer), row, name)


def _tagged(builder: Any, access: Any, row: Any, name: str) -> Any:
    module = builder.module
    if row.constant:
        access.set_metadata("invariant.load", module.add_metadata([]))
        return access
    root = module.add_metadata(["pilothouse"])
    field = module.add_metadata([f"{row.table}.{name}", root, ir.Constant(WORD, 0)])
    access.set_metadata("tbaa", module.add_metadata([field, field, ir.Constant(WORD, 0)]))
    return access


@infer_global(operator.getitem)
class _WordItem(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        """Return the signature of reading a word."""
        if isinstance(args[0], WordsType) and isinstance(args[1], types.Integer):
            return signature(types.int64, args[0], types.int64)
        return None


@infer_global(operator.setitem)
class _WordItemStore(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        """Return the signature of writing a word."""
        if isinstance(args[0], WordsType) and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.int64, types.int64)
        return None


@lower_builtin(operator.getitem, WordsType, types.int64)  # type: ignore[untyped-decorator]
def _load_word(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return builder.load(builder.gep(args[0], [args[1]]))


@lower_builtin(  # type: ignore[untyped-decorator]
    operator.setitem, WordsType, types.int64, types.int64
)
def _store_word(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    builder.store(args[2], builder.gep(args[0], [args[1]]))
    return context.get_dummy_value()
