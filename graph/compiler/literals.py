"""Values as text: the only place where a value becomes a part of a script or of a JSON parameter.

Scalars never come here, they travel as parameters. Lists and rows cannot, so they travel as one JSON
parameter (twice as fast for the engine to read as a literal, and nothing to escape in the script).
Graphersal's JSON reader rounds floats of many digits, so a value holding such a float, a NaN or an
infinity is written into the script by :func:`literal` instead.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from graph.errors import InvalidInput

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1

# What the JSON reader may round: 16 digits or more, or an exponent. Text may look like that too, no matter.
_MAY_ROUND: Final = re.compile(r"\d[\d.]{16}|\d[eE][+-]?\d")

_ESCAPED: Final = {
    ord(c): e for c, e in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))
}
_ESCAPED.update({c: f"\\x{c:02x}" for c in (*range(0x20), 0x7F) if c not in _ESCAPED})


def quoted(text: str) -> str:
    """``text`` as a string literal of the script."""
    return f'"{text.translate(_ESCAPED)}"'


def literal(value: Any) -> str:
    """``value`` as a literal of the script."""
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "()"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _real(value)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(literal, value))}]"
    if isinstance(value, dict):
        entries = (f"{quoted(k)}:{literal(v)}" for k, v in value.items())
        return f"#{{{','.join(entries)}}}"
    raise InvalidInput("literal", f"cannot be made of {type(value).__name__} {value!r:.80}")


def _integer(value: int) -> str:
    if not INT64_MIN <= value <= INT64_MAX:
        raise InvalidInput("value", f"{value} is beyond 64-bit integers")
    # There is no literal for the smallest one: its positive half is too large.
    return "(-9223372036854775807-1)" if value == INT64_MIN else f"({value:d})" if value < 0 else f"{value:d}"


def _real(value: float) -> str:
    if math.isnan(value):
        return "(0.0/0.0)"
    if math.isinf(value):
        return "(1.0/0.0)" if value > 0 else "(-1.0/0.0)"
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    text = f"{mantissa}{e}{exponent}"
    return f"({text})" if value < 0 or text.startswith("-") else text


def packed(value: Any, *, reals: bool = True) -> str | None:
    """``value`` as JSON that the engine reads without loss, or None when there is none.

    ``reals``: whether there may be floats in it.
    """
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:  # a NaN or an infinity
        return None
    return None if reals and _MAY_ROUND.search(text) else text
