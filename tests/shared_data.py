"""Data that lies beside the project: tests that need it are skipped where it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"


def shared_data(*parts: str) -> Path:
    """A file of the data; skips the test, saying so, where it is not there."""
    file = FOLDER.joinpath(*parts)
    if not file.exists():
        pytest.skip(f"{file} is not there")
    return file
