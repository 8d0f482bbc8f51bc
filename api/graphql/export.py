"""Writing the schema down: ``python -m api.graphql.export [PATH]`` (default ``schema.graphql``)."""

from __future__ import annotations

import sys
from pathlib import Path

from api.graphql.schema import make_schema
from api.settings import Limits


def schema_text() -> str:
    """The schema in GraphQL's schema definition language."""
    return make_schema(Limits()).as_str() + "\n"


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else "schema.graphql").write_text(schema_text(), encoding="utf-8")
