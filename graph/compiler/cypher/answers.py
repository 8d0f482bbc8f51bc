"""What answers look like when they come from a Cypher statement, and how they become plain Python.

Cypher has no maps with other keys than text, and a map keeps a key whose value is null; so groups travel as
pairs, and what is missing is left out after it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from graph.errors import InvalidInput

LOCK = "~lock"
"""The property that a conditional write sets, to have the element to itself; never an answer."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What comes as it is to be."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of ``item``."""

    item: Form


@dataclass(frozen=True, slots=True)
class Mapped:
    """A map of known fields; those in ``nulls`` may be null, the others are missing where they are null."""

    fields: tuple[tuple[str, Form], ...]
    nulls: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Paired:
    """A group: a list of pairs of key and value."""

    value: Form


@dataclass(frozen=True, slots=True)
class Entry:
    """One pair of a group, or of a map."""

    value: Form


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of an element; each in a list of its own where ``listed``."""

    listed: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A pair of a number and what has that one of ``forms``."""

    forms: tuple[Form, ...]


Form = Plain | Listed | Mapped | Paired | Entry | Properties | OneOf

PLAIN = Plain()


def is_plain(form: Form) -> bool:
    """Whether an answer of this form is left as it comes."""
    match form:
        case Plain():
            return True
        case Listed():
            return is_plain(form.item)
    return False


def joined(one: Form, other: Form) -> Form | None:
    """The form of what comes in either of two forms; None when they cannot be told apart."""
    if one == other:
        return one
    match one, other:
        case Listed(), Listed():
            item = joined(one.item, other.item)
            return None if item is None else Listed(item)
        case Mapped(), Mapped():
            return _joined_maps(one, other)
        case (Plain(), Mapped() | Properties()):
            return other
        case (Mapped() | Properties(), Plain()):
            return one
        case (Plain(), Listed()) if is_plain(other):
            return one
        case (Listed(), Plain()) if is_plain(one):
            return other
    return None


def _joined_maps(one: Mapped, other: Mapped) -> Form | None:
    fields = dict(one.fields)
    for name, form in other.fields:
        both = joined(fields[name], form) if name in fields else form
        if both is None:
            return None
        fields[name] = both
    return Mapped(tuple(fields.items()), one.nulls | other.nulls)


def decoded(form: Form, answer: Any) -> Any:
    """``answer``, which came in this form, in plain Python."""
    match form:
        case Listed():
            return answer if is_plain(form) or answer is None else [decoded(form.item, i) for i in answer]
        case Mapped() if type(answer) is dict:
            return _map(form, answer)
        case Paired() if type(answer) is list:
            return {_key(key): decoded(form.value, value) for key, value in answer}
        case Entry() if type(answer) is list:
            return {_key(answer[0]): decoded(form.value, answer[1])}
        case OneOf() if type(answer) is list:
            return decoded(form.forms[answer[0]], answer[1])
        case Properties() if type(answer) is dict:
            answer.pop(LOCK, None)
            if form.listed:
                answer.pop("id", None)
                return {name: [value] for name, value in answer.items() if value is not None}
            return _without_nulls(answer)
    return answer


def demand_plain(answer: Any) -> Any:
    """``answer``; :class:`InvalidInput` when there is an element in it, which does not travel."""
    if isinstance(answer, list):
        for item in answer:
            demand_plain(item)
    elif isinstance(answer, dict):
        for item in answer.values():
            demand_plain(item)
    elif answer is not None and not isinstance(answer, str | int | float):
        raise InvalidInput(
            "traversal",
            f"returns an element or something else that does not travel ({answer!r:.200}); "
            "return ids and values",
        )
    return answer


def _map(form: Mapped, answer: dict[str, Any]) -> dict[str, Any]:
    for name, inner in form.fields:
        if type(inner) is not Plain:
            value = answer.get(name)
            if value is not None:
                answer[name] = decoded(inner, value)
    if None not in answer.values():
        return answer
    return {name: value for name, value in answer.items() if value is not None or name in form.nulls}


def _without_nulls(answer: dict[str, Any]) -> dict[str, Any]:
    if None not in answer.values():
        return answer
    return {name: value for name, value in answer.items() if value is not None}


def _key(key: Any) -> Any:
    return tuple(map(_key, key)) if isinstance(key, list) else key
