"""Everything that can go wrong in the optimizer, as one tree.

OptimizerError
├── InvalidProblem             what was asked cannot be; nothing was searched
│   ├── InvalidNetwork         the rows do not make a road network
│   └── InvalidBillOfMaterial  a kit cannot be taken apart
├── NoDeliveryDay              no day fits the warehouse, the way and the address
├── NobodySupplies             units of a SKU are wanted that can never come
└── SearchFailed               the process that searches died or broke; there is no plan
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.supply import Need


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


class InvalidBillOfMaterial(InvalidProblem):
    """A kit contains itself, contains nothing, or contains what nobody knows; ``field`` names it."""

    code = "INVALID_BILL_OF_MATERIAL"


class NoDeliveryDay(OptimizerError):
    """No day fits: every weekday is closed, or the way is longer than the opening hours."""

    code = "NO_DELIVERY_DAY"


class NobodySupplies(OptimizerError):
    """``missing`` units of a SKU are neither free nor inbound, and no supplier sells it."""

    code = "NOBODY_SUPPLIES"

    def __init__(self, need: Need, *, missing: int) -> None:
        super().__init__(
            f"{need.quantity} of {need.sku_id} are wanted, {need.quantity - missing} are free or inbound, "
            f"and no supplier sells it"
        )
        self.need = need
        self.missing = missing


class SearchFailed(OptimizerError):
    """The process that searches died or broke; there is no plan."""

    code = "SEARCH_FAILED"
