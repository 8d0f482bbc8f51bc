"""How an instance's real distances become whole numbers; published costs only compare under the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Rounding(StrEnum):
    """The conventions, as in PyVRP's reader."""

    DIMACS = "dimacs"
    """Ten to one, the rest cut off (12th DIMACS challenge, VRPTW)."""
    TRUNC = "trunc"
    """The fraction cut off."""
    ROUND = "round"
    """To the nearest whole number (CVRPLIB)."""
    EXACT = "exact"
    """A thousand to one, to the nearest."""
    NONE = "none"
    """Not rounded but to a millionth, for figures published in double precision."""


@dataclass(frozen=True)
class Units:
    """``scale`` whole units are one of the file's."""

    scale: int
    cuts: bool

    def whole(self, amounts: NDArray[np.float64] | float) -> NDArray[np.float64]:
        """The amounts in whole units; infinite ones stay so."""
        scaled = self.scale * np.asarray(amounts, dtype=np.float64)
        return np.floor(scaled) if self.cuts else np.rint(scaled)

    def whole_number(self, amount: float) -> int:
        """One amount in whole units."""
        return int(self.whole(amount))


UNITS = {
    Rounding.DIMACS: Units(scale=10, cuts=True),
    Rounding.TRUNC: Units(scale=1, cuts=True),
    Rounding.ROUND: Units(scale=1, cuts=False),
    Rounding.EXACT: Units(scale=1000, cuts=False),
    Rounding.NONE: Units(scale=1_000_000, cuts=False),
}
