"""GraphBinary 1.0, the format in which TinkerPop's servers take questions and give answers.

Values go out as plain Python and come back so: every integer is a 64-bit one on the way out, maps have text
as keys (``"T.id"`` stands for the token), and what cannot be a plain value is refused on the way in.
The format is described at https://tinkerpop.apache.org/docs/current/dev/io/#graphbinary.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from graph.compiler.shape import Token, words
from graph.errors import InvalidInput

INT32: Final = struct.Struct(">i")
_INT16: Final = struct.Struct(">h")
_INT64: Final = struct.Struct(">q")
_DOUBLE: Final = struct.Struct(">d")
_FLOAT: Final = struct.Struct(">f")

NULL: Final = b"\xfe\x01"
_TYPES_OF_TOKENS: Final = {
    "Cardinality": 0x16,
    "Column": 0x17,
    "Direction": 0x18,
    "Operator": 0x19,
    "Order": 0x1A,
    "Pick": 0x1B,
    "Pop": 0x1C,
    "Scope": 0x1F,
    "T": 0x20,
    "Merge": 0x2E,
}
_TEXT_PREDICATES: Final = words(
    "containing notContaining startingWith notStartingWith endingWith notEndingWith"
)

# ---- writing


def raw_text(text: str) -> bytes:
    """Text where the format expects text: its length and its UTF-8."""
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        raise InvalidInput("text", f"holds a lone surrogate, which is not Unicode: {text!a:.300}") from None
    return INT32.pack(len(encoded)) + encoded


def text(value: str) -> bytes:
    """A string."""
    return b"\x03\x00" + raw_text(value)


def long(value: int) -> bytes:
    """An integer of 64 bits."""
    return b"\x02\x00" + _INT64.pack(value)


def integer(value: int) -> bytes:
    """An integer of 32 bits, for the few places that take no longer one."""
    if not -(2**31) <= value < 2**31:
        raise InvalidInput("number", f"{value} is beyond 32-bit integers, and no longer ones go here")
    return b"\x01\x00" + INT32.pack(value)


def real(value: float) -> bytes:
    """A floating-point number of 64 bits."""
    return b"\x07\x00" + _DOUBLE.pack(value)


def flag(value: bool) -> bytes:
    """Yes or no."""
    return b"\x27\x00\x01" if value else b"\x27\x00\x00"


def token(value: Token) -> bytes:
    """A word of Gremlin."""
    return bytes((_TYPES_OF_TOKENS[value.group], 0)) + text(value.name)


def predicate_head(operator: str) -> bytes:
    """What stands before the number of operands of a predicate, and the operands."""
    return (b"\x28\x00" if operator in _TEXT_PREDICATES else b"\x1e\x00") + raw_text(operator)


def operands(given: Sequence[Any]) -> bytes:
    """The number of operands of ``within`` or ``without``, and the operands, each once.

    A server that looks ids up by them would answer as often as one is named.
    """
    each = dict.fromkeys(given)
    return INT32.pack(len(each)) + b"".join(map(value, each))


def each_once(given: Sequence[Any]) -> bytes:
    """A list with every item once."""
    return value(list(dict.fromkeys(given)))


def map_head(entries: int) -> bytes:
    """What stands before the keys and values of a map."""
    return b"\x0a\x00" + INT32.pack(entries)


def value(given: Any) -> bytes:
    """Any plain value."""
    scalar = _SCALARS.get(type(given))
    if scalar is not None:
        return scalar(given)
    out: list[bytes] = []
    _write(given, out.append)
    return b"".join(out)


def _write(given: Any, put: Callable[[bytes], None]) -> None:
    scalar = _SCALARS.get(type(given))
    if scalar is not None:
        put(scalar(given))
    elif isinstance(given, Mapping):
        put(map_head(len(given)))
        for key, item in given.items():
            put(_key(key))
            scalar = _SCALARS.get(type(item))
            put(scalar(item)) if scalar is not None else _write(item, put)
    elif isinstance(given, list | tuple):
        put(b"\x09\x00" + INT32.pack(len(given)))
        for item in given:
            _write(item, put)
    elif isinstance(given, int):
        put(long(given))
    elif isinstance(given, str):
        put(text(given))
    else:
        raise InvalidInput("value", f"cannot be sent: {type(given).__name__} {given!r:.80}")


def _nothing(_: None) -> bytes:
    return NULL


_SCALARS: Final[dict[type, Callable[[Any], bytes]]] = {
    str: text,
    bool: flag,
    int: long,
    float: real,
    type(None): _nothing,
}
_KEYS: Final[dict[str, bytes]] = {
    str(t): token(t)
    for t in (Token("T", "id"), Token("T", "label"), Token("Direction", "OUT"), Token("Direction", "IN"))
}


def _key(key: str) -> bytes:
    known = _KEYS.get(key)
    return text(key) if known is None else known


# ---- reading


class Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def value(self) -> Any:
        """The next value, whatever it is."""
        kind = self.data[self.at]
        if kind == 0xFE:
            self.at += 2
            return None
        absent = self.data[self.at + 1]
        self.at += 2
        if absent:
            return None
        read = _READ.get(kind)
        if read is None:
            raise _foreign(kind)
        return read(self)

    def raw_text(self) -> str:
        """Text where the format expects text."""
        start = self.at + 4
        self.at = start + INT32.unpack_from(self.data, self.at)[0]
        return str(self.data[start : self.at], "utf-8")

    def nullable_text(self) -> str:
        """Text that may be missing."""
        self.at += 1
        return "" if self.data[self.at - 1] else self.raw_text()

    def int32(self) -> int:
        """An integer where the format expects one."""
        self.at += 4
        return int(INT32.unpack_from(self.data, self.at - 4)[0])

    def int64(self) -> int:
        """A long integer where the format expects one."""
        self.at += 8
        return int(_INT64.unpack_from(self.data, self.at - 8)[0])

    def items(self) -> list[Any]:
        """A list, without what says that it is one; one of traversers is as long as these count for."""
        data = self.data
        found: list[Any] = []
        for _ in range(self.int32()):
            if data[self.at] == 0x21:
                self.at += 2
                bulk = self.int64()
                item = self.value()
                found.extend([item] * bulk if bulk != 1 else (item,))
            else:
                found.append(self.value())
        return found

    def entries(self) -> dict[Any, Any]:
        """A map, without what says that it is one."""
        found = {}
        for _ in range(self.int32()):
            key = self.value()
            if isinstance(key, list | dict):
                key = _hashable(key)
            found[key] = self.value()
        return found


def _hashable(key: Any) -> Any:
    if isinstance(key, list):
        return tuple(map(_hashable, key))
    if isinstance(key, dict):
        raise InvalidInput("traversal", "groups by maps, which are no keys everywhere; group by a value")
    return key


def _foreign(kind: int) -> InvalidInput:
    names = {0x0D: "an edge", 0x11: "a vertex", 0x0F: "a property", 0x12: "a property", 0x00: "an edge's id"}
    what = names.get(kind, f"a value of type 0x{kind:02x}")
    return InvalidInput("traversal", f"returns {what}, which does not travel; return ids and values")


def _real(reader: Reader) -> float:
    reader.at += 8
    return float(_DOUBLE.unpack_from(reader.data, reader.at - 8)[0])


def _short_real(reader: Reader) -> float:
    reader.at += 4
    return float(_FLOAT.unpack_from(reader.data, reader.at - 4)[0])


def _byte(reader: Reader) -> int:
    reader.at += 1
    return int.from_bytes(reader.data[reader.at - 1 : reader.at], "big", signed=True)


def _short(reader: Reader) -> int:
    reader.at += 2
    return int(_INT16.unpack_from(reader.data, reader.at - 2)[0])


def _flag(reader: Reader) -> bool:
    reader.at += 1
    return reader.data[reader.at - 1] == 1


def _big_integer(reader: Reader) -> int:
    length = reader.int32()
    reader.at += length
    return int.from_bytes(reader.data[reader.at - length : reader.at], "big", signed=True)


def _decimal(reader: Reader) -> float:
    scale = reader.int32()
    return float(_big_integer(reader) / 10**scale)


def _path(reader: Reader) -> Any:
    reader.value()
    return reader.value()


def _uuid(reader: Reader) -> str:
    reader.at += 16
    return reader.data[reader.at - 16 : reader.at].hex()


def _bulk_set(reader: Reader) -> list[Any]:
    found: list[Any] = []
    for _ in range(reader.int32()):
        item = reader.value()
        found.extend([item] * reader.int64())
    return found


_READ: Final[dict[int, Callable[[Reader], Any]]] = {
    0x01: Reader.int32,
    0x02: Reader.int64,
    0x03: Reader.raw_text,
    0x07: _real,
    0x08: _short_real,
    0x09: Reader.items,
    0x0A: Reader.entries,
    0x0B: Reader.items,
    0x0C: _uuid,
    0x0E: _path,
    0x22: _decimal,
    0x23: _big_integer,
    0x24: _byte,
    0x26: _short,
    0x27: _flag,
    0x2A: _bulk_set,
    **dict.fromkeys(_TYPES_OF_TOKENS.values(), Reader.value),
}
