"""What docs/engines.md says of the engines is what the code says."""

from __future__ import annotations

from graph.engines import document
from graph.engines.features import ENGINES


def test_the_document_is_current() -> None:
    current = document.PATH.read_text(encoding="utf-8")
    assert current == document.document(current)
    for engine in ENGINES:
        assert f"### {engine.title}\n" in current
