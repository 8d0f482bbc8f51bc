"""Amazon Neptune's CSV for bulk loads of a property graph: one file for each kind.

Neptune reads the types from the header. A vertex property says ``(single)``, without which it would be a set.
Text is always in quotes, so that text that is empty differs from what is missing: load with
``allowEmptyStrings``. https://docs.aws.amazon.com/neptune/latest/userguide/bulk-load-tutorial-format-gremlin.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.moving.graphson import edge_id
from graph.schema.elements import EdgeKind, Property, PropertyValue, Type, VertexKind

_TYPES: Final = {Type.TEXT: "String", Type.FLAG: "Bool", Type.INTEGER: "Long", Type.REAL: "Double"}
_READS: Final = {
    "string": "text",
    "bool": "flag",
    "boolean": "flag",
    "byte": "integer",
    "short": "integer",
    "int": "integer",
    "integer": "integer",
    "long": "integer",
    "float": "real",
    "double": "real",
}
_FIELD: Final = re.compile(r'(?:"((?:[^"]++|"")*+)"|([^",]*))(?:,|\Z)')
_COLUMN: Final = re.compile(
    r"(?P<name>[^:()\[\]]+)(?::(?P<type>[A-Za-z]+)(?P<list>\[\])?)?(?:\((?P<set>\w+)\))?"
)
_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_NEEDS_QUOTES: Final = re.compile(r'[",\s]')

Fields = list[str | None]
"""The fields of a record; None for one that is not there at all."""


def vertex_header(kind: VertexKind) -> str:
    """The first line of a file of this kind."""
    columns = (f"{p.name}:{_TYPES[p.type]}(single)" for p in kind.properties)
    return _line(["~id", "~label", *columns])


def vertex_line(kind: VertexKind, row: VertexRow) -> str:
    """The line of one vertex."""
    return _line([_bare(row.id), row.label, *_fields(kind.properties, row.properties)])


def edge_header(kind: EdgeKind) -> str:
    """The first line of a file of this kind."""
    return _line(["~id", "~from", "~to", "~label", *(f"{p.name}:{_TYPES[p.type]}" for p in kind.properties)])


def edge_line(kind: EdgeKind, row: EdgeRow) -> str:
    """The line of one edge."""
    ends = [edge_id(kind, row), _bare(row.from_id), _bare(row.to_id), row.label]
    return _line([*ends, *_fields(kind.properties, row.properties)])


def _fields(kinds: Sequence[Property], properties: dict[str, PropertyValue]) -> Iterator[str]:
    for prop in kinds:
        value = properties.get(prop.name)
        match value:
            case None:
                yield ""
            case bool():
                yield "true" if value else "false"
            case str():
                yield _quoted(value)
            case _:
                yield repr(value)


def _bare(text: str) -> str:
    return _quoted(text) if _NEEDS_QUOTES.search(text) else text


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _line(fields: Iterable[str]) -> str:
    return ",".join(fields) + "\n"


@dataclass(frozen=True)
class Column:
    """A column as the header names it; ``type`` is one of ours, by name."""

    name: str
    type: str

    def value(self, text: str) -> PropertyValue:
        """What a field says; :class:`InvalidInput` when it is not of the column's type."""
        try:
            match self.type:
                case "integer" if _NUMBER.fullmatch(text):
                    return int(text)
                case "real" if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
                    return float(text)
                case "flag":
                    return {"true": True, "false": False}[text.lower()]
                case "text":
                    return text
                case _:
                    raise ValueError(text)
        except (ValueError, KeyError):
            raise InvalidInput(self.name, f"wants {self.type}, got {text!r:.80}") from None


@dataclass(frozen=True)
class Header:
    """The columns of a file."""

    columns: tuple[Column, ...]

    @property
    def of_edges(self) -> bool:
        """Whether the file is one of edges."""
        return any(column.name == "~from" for column in self.columns)

    def said(self, fields: Fields) -> tuple[dict[str, str], dict[str, Any]]:
        """The system columns and the properties of a record; what is missing is left out."""
        if len(fields) != len(self.columns):
            raise InvalidInput(
                "the record", f"has {len(fields)} fields where the header has {len(self.columns)}"
            )
        system: dict[str, str] = {}
        properties: dict[str, Any] = {}
        for column, text in zip(self.columns, fields, strict=True):
            if column.name.startswith("~"):
                system[column.name] = text or ""
            elif text is not None:
                properties[column.name] = column.value(text)
        return system, properties


def header_of(fields: Fields) -> Header:
    """The header that a first record is; :class:`InvalidInput` when it is none."""
    columns = tuple(_column(text or "") for text in fields)
    names = [column.name for column in columns]
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled is not None:
        raise InvalidInput("the header", f"names {doubled} twice")
    wanted = ("~from", "~to", "~label") if {"~from", "~to"} & {*names} else ("~id", "~label")
    missing = [name for name in wanted if name not in names]
    if missing:
        raise InvalidInput("the header", f"lacks {', '.join(missing)}")
    unknown = [name for name in names if name.startswith("~") and name not in ("~id", *wanted)]
    if unknown:
        raise InvalidInput("the header", f"has {unknown[0]}, which nothing is known of")
    return Header(columns)


def _column(text: str) -> Column:
    said = _COLUMN.fullmatch(text.strip())
    if said is None:
        raise InvalidInput(
            "the header", f"has a column {text!r:.80}; a column is name:Type or name:Type(single)"
        )
    if said["name"].startswith("~"):
        return Column(said["name"], "text")
    kind = _READS.get((said["type"] or "String").lower())
    if kind is None or said["list"] or (said["set"] or "single").lower() != "single":
        raise InvalidInput(
            "the header",
            f"has a column {text!r:.80}; a property is a single String, Bool, number or nothing else",
        )
    return Column(said["name"], kind)


def records(lines: Iterable[str]) -> Iterator[tuple[int, Fields]]:
    """The records of a file with the numbers of the lines where they begin; RFC 4180, empty lines left out.

    A field without quotes and without text is None; one with quotes is text, also when it is empty.
    """
    begun, pending = 1, ""
    for number, line in enumerate(lines, start=1):
        begun = begun if pending else number
        pending += line
        if pending.count('"') % 2 == 0:
            text = pending.removesuffix("\n").removesuffix("\r")
            pending = ""
            if text:
                yield begun, _split(text, begun)
    if pending:
        raise InvalidInput(f"line {begun}", "opens a quote that nothing closes")


def _split(text: str, line: int) -> Fields:
    fields: Fields = []
    at = 0
    while True:
        match = _FIELD.match(text, at)
        if match is None:
            raise InvalidInput(f"line {line}", f"has a quote where none can be, after {text[:at]!r:.80}")
        quoted, bare = match.groups()
        fields.append(quoted.replace('""', '"') if quoted is not None else bare or None)
        at = match.end()
        if not match[0].endswith(","):
            return fields
