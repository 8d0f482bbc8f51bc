"""The whole model: every kind of vertex and edge, by label."""

from __future__ import annotations

from graph.schema import delivery, events, ordering, products, purchasing, roads, warehousing
from graph.schema.elements import Schema

SECTIONS = (products, warehousing, purchasing, ordering, delivery, roads, events)

SCHEMA = Schema(
    version=1,
    vertices={kind.label: kind for section in SECTIONS for kind in section.VERTICES},
    edges={kind.label: kind for section in SECTIONS for kind in section.EDGES},
)
