# mypy: disable-error-code="no-untyped-call,untyped-decorator,no-any-return"
"""A named tuple of arrays as one pointer for compiled code.

Numba passes a tuple of a hundred arrays as a thousand arguments, which takes minutes to compile. A handle is
the address of a table with the arrays' addresses and shapes; in compiled code its attributes are those of the
tuple. What the table says never changes, and the optimizer is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import from_dtype, njit, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.imputils import lower_getattr_generic
from numba.core.typing.templates import AttributeTemplate, infer_getattr
from numba.extending import NativeValue, register_model, typeof_impl, unbox
from numba.np.arrayobj import make_array, populate_array

Function = TypeVar("Function", bound=Callable[..., Any])
Values = TypeVar("Values")


INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "error_model": "numpy"}


def entry(function: Function) -> Function:
    """Compile what is called from Python."""
    return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))


def kernel(function: Function) -> Function:
    """Compile what is called from compiled code alone."""
    return cast(Function, njit(**INNER)(function))


def handle(values: Values) -> Values:
    """A :class:`Handle` on a named tuple, for type checkers the tuple that it stands for."""
    return cast(Values, Handle(cast(Any, values)))


WORD = ir.IntType(64)


class _Field(NamedTuple):
    name: str
    slot: int
    """Where in the table it begins."""
    dtype: str
    """Of an array; "int" or "bool" for a number."""
    ndim: int


class HandleType(types.Type):
    """Numba's type of handles on tuples with certain fields."""

    def __init__(self, fields: tuple[_Field, ...]) -> None:
        self.fields = fields
        super().__init__(name=f"Handle({', '.join(f'{f.name}:{f.dtype}{f.ndim}' for f in fields)})")

    @property
    def key(self) -> tuple[_Field, ...]:
        """What tells types apart."""
        return self.fields

    def field(self, name: str) -> _Field | None:
        """The field of a name."""
        return next((f for f in self.fields if f.name == name), None)


class Handle:
    """A named tuple as compiled code sees it; keeps the arrays alive."""

    def __init__(self, values: NamedTuple) -> None:
        self.values = values
        fields: list[_Field] = []
        table: list[int] = []
        for name, value in zip(values._fields, values, strict=True):
            if isinstance(value, np.ndarray):
                if not value.flags.c_contiguous:
                    raise ValueError(f"{name} is not contiguous")
                fields.append(_Field(name, len(table), value.dtype.str, value.ndim))
                table.extend((value.ctypes.data, *value.shape))
            else:
                fields.append(_Field(name, len(table), type(value).__name__, 0))
                table.append(int(value))
        self.table = np.array(table, np.int64)
        self.address = int(self.table.ctypes.data)
        self.type = HandleType(tuple(fields))


@typeof_impl.register(Handle)
def _typeof(value: Handle, _context: Any) -> HandleType:
    return value.type


@register_model(HandleType)
class _HandleModel(models.PrimitiveModel):
    def __init__(self, manager: Any, handle_type: HandleType) -> None:
        super().__init__(manager, handle_type, WORD.as_pointer())


@unbox(HandleType)
def _unbox(_type: HandleType, value: Any, c: Any) -> NativeValue:
    address = c.pyapi.object_getattr_string(value, "address")
    number = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(c.builder.inttoptr(number, WORD.as_pointer()))


def _numba_type(field: _Field) -> types.Type:
    if field.dtype == "int":
        return types.int64
    if field.dtype == "bool":
        return types.boolean
    return types.Array(from_dtype(np.dtype(field.dtype)), field.ndim, "C")


@infer_getattr
class _Attributes(AttributeTemplate):
    key = HandleType

    def generic_resolve(self, value: Any, attr: Any) -> Any:  # type: ignore[override]
        """The type of an attribute."""
        field = value.field(attr)
        return None if field is None else _numba_type(field)


@lower_getattr_generic(HandleType)
def _lower(context: Any, builder: Any, handle_type: HandleType, table: Any, name: str) -> Any:
    field = handle_type.field(name)
    assert field is not None
    always = builder.module.add_metadata([])

    def word(offset: int) -> Any:
        place = builder.gep(table, [ir.Constant(ir.IntType(32), field.slot + offset)])
        loaded = builder.load(place)
        loaded.set_metadata("invariant.load", always)
        return loaded

    if field.dtype == "int":
        return word(0)
    if field.dtype == "bool":
        return builder.icmp_signed("!=", word(0), ir.Constant(WORD, 0))
    array_type: Any = _numba_type(field)
    array = make_array(array_type)(context, builder)
    itemsize = np.dtype(field.dtype).itemsize
    shape = [word(1 + axis) for axis in range(field.ndim)]
    stride: Any = ir.Constant(WORD, itemsize)
    strides = []
    for extent in reversed(shape):
        strides.append(stride)
        stride = builder.mul(stride, extent)
    data = builder.inttoptr(word(0), context.get_data_type(array_type.dtype).as_pointer())
    populate_array(
        array,
        data=data,
        shape=cgutils.pack_array(builder, shape),
        strides=cgutils.pack_array(builder, strides[::-1]),
        itemsize=ir.Constant(WORD, itemsize),
        meminfo=None,
    )
    return array._getvalue()
