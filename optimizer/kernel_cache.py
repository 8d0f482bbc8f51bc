"""What numba compiled is used again only as long as no module of its package has changed.

A kernel has those that it calls compiled into it, from whatever module of the package they are; numba by
itself looks at the kernel's own. To be imported before any kernel is made.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from numba.core.caching import CacheImpl, InTreeCacheLocator

_HERE = Path(__file__).parent


class OptimizerCacheLocator(InTreeCacheLocator):  # type: ignore[misc,unused-ignore]
    """Keeps what was compiled beside the module, stamped with the text of all modules of its package."""

    def get_source_stamp(self) -> Any:
        """A digest of the package's modules."""
        return _digest(Path(self._py_file).parent)

    @classmethod
    def from_function(cls, py_func: Any, py_file: Any) -> Any:
        """A locator for a kernel of the optimizer; None for any other, and where nothing can be kept."""
        beside: Any = super()
        return beside.from_function(py_func, py_file) if Path(py_file).is_relative_to(_HERE) else None


@cache
def _digest(package: Path) -> str:
    digest = hashlib.sha256()
    for module in sorted(package.glob("*.py")):
        digest.update(module.name.encode() + b"\0" + module.read_bytes() + b"\0")
    return digest.hexdigest()


if OptimizerCacheLocator not in CacheImpl._locator_classes:
    CacheImpl._locator_classes.insert(0, OptimizerCacheLocator)
