"""How graphs of older versions of the schema are brought up to date.

``MIGRATIONS`` has one migration for each version that was: from it to the next. The first version has none
before it. Whoever changes :mod:`graph.schema` so that older graphs no longer fit

1. adds 1 to ``SCHEMA.version``,
2. adds a module here with one :class:`~graph.migrations.migration.Migration`, whose ``gone`` declares what
   the schema has no longer, and whose steps say what becomes of it, each so that it can be repeated,
3. puts it at the end of ``MIGRATIONS``.

docs/moving.md shows one.
"""

from __future__ import annotations

from graph.migrations.migration import Migration

MIGRATIONS: tuple[Migration, ...] = ()
