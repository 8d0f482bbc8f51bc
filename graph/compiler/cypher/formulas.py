"""Formulas of ``math``: read with the usual precedence, written in floating point with every bracket set."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from graph.errors import InvalidInput

_TOKEN: Final = re.compile(r"\s*(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+|[A-Za-z_]\w*|[-+*/%^()])")
_FUNCTIONS: Final = {
    "abs": "abs",
    "ceil": "ceil",
    "floor": "floor",
    "sqrt": "sqrt",
    "exp": "exp",
    "log": "log",
    "log10": "log10",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
}


def formula(text: str, variable: Callable[[str], str]) -> str:
    """``text`` in Cypher; ``variable`` gives the expression of a name, ``_`` being the current value."""
    reader = _Reader(text, variable)
    written = reader.sum()
    if reader.token:
        raise reader.error()
    return written


class _Reader:
    def __init__(self, text: str, variable: Callable[[str], str]) -> None:
        self.text = text
        self.at = 0
        self.variable = variable
        self.token = ""
        self.next()

    def error(self) -> InvalidInput:
        return InvalidInput("math", f"does not understand {self.text!r} at {self.token or 'its end'!r}")

    def next(self) -> str:
        last = self.token
        found = _TOKEN.match(self.text, self.at)
        if found is None and self.text[self.at :].strip():
            self.token = self.text[self.at :]
            raise self.error()
        self.token = found.group(1) if found else ""
        self.at = found.end() if found else len(self.text)
        return last

    def sum(self) -> str:
        left = self.product()
        while self.token in ("+", "-"):
            operator = self.next()
            left = f"({left} {operator} {self.product()})"
        return left

    def product(self) -> str:
        left = self.signed()
        while self.token in ("*", "/", "%"):
            operator = self.next()
            left = f"({left} {operator} {self.signed()})"
        return left

    def signed(self) -> str:
        if self.token in ("-", "+"):
            return f"(-{self.signed()})" if self.next() == "-" else self.signed()
        return self.power()

    def power(self) -> str:
        base = self.operand()
        if self.token == "^":
            self.next()
            return f"({base} ^ {self.signed()})"
        return base

    def operand(self) -> str:
        token = self.next()
        if token == "(":
            inner = self.sum()
            self.close()
            return inner
        if not token or token in "+-*/%^)":
            raise self.error()
        if token[0].isdigit() or token[0] == ".":
            return repr(float(token))
        if self.token == "(":
            return self.call(token)
        return self.variable(token)

    def call(self, name: str) -> str:
        self.next()
        inner = self.sum()
        self.close()
        if name == "signum":
            return f"toFloat(sign({inner}))"
        if name == "log2":
            return f"(log({inner}) / log(2.0))"
        if name not in _FUNCTIONS:
            raise InvalidInput("math", f"has no function {name}")
        return f"{_FUNCTIONS[name]}({inner})"

    def close(self) -> None:
        if self.token != ")":
            raise self.error()
        self.next()
