"""Everything that can go wrong in the optimizer, as one tree.

OptimizerError
├── InvalidProblem            what was asked cannot be; nothing was searched
│   └── InvalidNetwork        the rows do not make a road network
└── SearchFailed              the process that searches died or broke; there is no plan
"""

from __future__ import annotations


class OptimizerError(Exception):
    """The root: ``code`` is stable and machine-readable, the text says what, where and what to do."""

    code = "OPTIMIZER_ERROR"


class InvalidProblem(OptimizerError):
    """What was asked cannot be; ``field`` says where."""

    code = "INVALID_PROBLEM"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field} {self.message}"


class InvalidNetwork(InvalidProblem):
    """The rows do not make a road network; ``field`` names the row."""

    code = "INVALID_NETWORK"


class SearchFailed(OptimizerError):
    """The process that searches died or broke; there is no plan."""

    code = "SEARCH_FAILED"
