"""Tables as bare pointers in compiled code.

A tuple of twenty arrays handed from function to function costs more to compile than what is done
with it. Compiled code therefore sees the state as one pointer to a list of (address, rows), and
`s.orders[row].price` becomes two loads: no bounds, no strides, no reference counts. Uncompiled the
same source reads the same memory through record arrays.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.extending import (
    NativeValue,
    intrinsic,
    lower_builtin,
    register_model,
    unbox,
)
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)

from pilothouse.engine.fields import WORD, RowType
from pilothouse.rules.compiled import UNCOMPILED, inlined

LINE_BYTES = 64
"""What memory hands out at a time."""


class TableType(types.Type):  # type: ignore[misc]
    """A table of one kind of record: its address and how many rows it has."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__(name=f"Table({record})")


class TablesType(types.Type):  # type: ignore[misc]
    """A pointer to a list of (address, rows), one for each named table.

    What is `constant` is not written by the code that reads it.
    """

    def __init__(
        self, title: str, dtypes: dict[str, np.dtype[Any]], constant: bool = False
    ) -> None:
        self.tables = {
            name: TableType(RowType(f"{title}.{name}", dtype, constant))
            for name, dtype in dtypes.items()
        }
        self.places = {name: place for place, name in enumerate(dtypes)}
        super().__init__(name=f"Tables({title})")


@register_model(TableType)
class _TableModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, [("address", types.int64), ("rows", types.int64)])


@register_model(TablesType)
class _TablesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, WORD.as_pointer())


@infer_getattr
class _TablesAttributes(AttributeTemplate):  # type: ignore[misc]
    key = TablesType

    def generic_resolve(self, tables: Any, name: str) -> Any:
        """Return the type of a table."""
        return tables.tables.get(name)


@lower_getattr_generic(TablesType)  # type: ignore[untyped-decorator]
def _load_table(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    made = cgutils.create_struct_proxy(kind.tables[name])(context, builder)
    made.address = _constant_load(builder, value, 2 * kind.places[name])
    made.rows = _constant_load(builder, value, 2 * kind.places[name] + 1)
    return made._getvalue()


def _constant_load(builder: Any, pointer: Any, place: int) -> Any:
    # The list does not change during a call, whatever is stored elsewhere.
    loaded = builder.load(builder.gep(pointer, [ir.Constant(WORD, place)]))
    loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
    return loaded


@infer_getattr
class _TableAttributes(AttributeTemplate):  # type: ignore[misc]
    key = TableType

    def resolve_shape(self, table: Any) -> Any:
        """Return the type of a table's shape."""
        return types.UniTuple(types.int64, 1)


@lower_getattr_generic(TableType)  # type: ignore[untyped-decorator]
def _load_shape(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    table = cgutils.create_struct_proxy(kind)(context, builder, value)
    return context.make_tuple(builder, types.UniTuple(types.int64, 1), [table.rows])


@infer_global(operator.getitem)
class _TableItem(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:
        """Return the signature of taking a row of a table."""
        table, place = args
        if isinstance(table, TableType) and isinstance(place, types.Integer):
            return signature(table.record, table, types.int64)
        return None


@lower_builtin(operator.getitem, TableType, types.int64)  # type: ignore[untyped-decorator]
def _row_of_table(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    table = cgutils.create_struct_proxy(sig.args[0])(context, builder, args[0])
    offset = builder.mul(args[1], ir.Constant(WORD, sig.return_type.size))
    address = builder.add(table.address, offset)
    return builder.inttoptr(address, context.get_value_type(sig.return_type))


@intrinsic  # type: ignore[untyped-decorator]
def _fetch_line(context: Any, table: Any, place: Any, line: Any) -> Any:
    """Ask memory for one line of a row without waiting; no address can be wrong."""
    if not isinstance(table, TableType):
        return None

    def generate(ctx: Any, builder: Any, sig: Any, args: Any) -> Any:
        whole = cgutils.create_struct_proxy(sig.args[0])(ctx, builder, args[0])
        offset = builder.mul(args[1], ir.Constant(WORD, table.record.size))
        offset = builder.add(offset, builder.mul(args[2], ir.Constant(WORD, LINE_BYTES)))
        small = ir.IntType(32)
        pointer = builder.inttoptr(builder.add(whole.address, offset), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, small, small, small])
        ask = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # Read, keep in every cache, data.
        builder.call(ask, [pointer, small(0), small(3), small(1)])
        return ctx.get_dummy_value()

    return types.none(table, types.int64, types.int64), generate


@inlined
def _fetch_compiled(table: Any, place: int, line: int) -> None:
    _fetch_line(table, place, line)


def _fetch_nothing(table: Any, place: int, line: int) -> None:
    pass


fetch = _fetch_nothing if UNCOMPILED else _fetch_compiled
"""Ask for one line of a row of a table that will be read soon; any place may be named."""


@inlined
def fetch_row(table: Any, place: int) -> None:
    """Ask for both lines of a row of two lines."""
    fetch(table, place, 0)
    fetch(table, place, 1)


def register(cls: Any, kind: TablesType) -> None:
    """Let compiled code take objects of a class, whose `address` points to their list.

    A class that names its type is recognised five times faster than one that is looked into.
    """
    cls._numba_type_ = kind


@unbox(TablesType)  # type: ignore[untyped-decorator]
def _unbox_tables(kind: Any, value: Any, c: Any) -> Any:
    number = c.pyapi.object_getattr_string(value, "address")
    address = c.pyapi.long_as_longlong(number)
    c.pyapi.decref(number)
    return NativeValue(c.builder.inttoptr(address, WORD.as_pointer()))


def address_list(tables: list[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the list of (address, rows) of arrays, which must outlive it."""
    made = [word for table in tables for word in (table.ctypes.data, len(table))]
    return np.array(made, np.int64)
