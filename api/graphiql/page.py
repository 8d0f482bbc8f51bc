"""The GraphiQL page and the files it is made of.

The files come with npm at set-up (:mod:`api.graphiql.install`); without them the page says what to install.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from string import Template

HERE = Path(__file__).parent

ASSETS = {
    "react.js": "react/umd/react.production.min.js",
    "react-dom.js": "react-dom/umd/react-dom.production.min.js",
    "graphql-ws.js": "graphql-ws/umd/graphql-ws.min.js",
    "graphiql.js": "graphiql/graphiql.min.js",
    "graphiql.css": "graphiql/graphiql.min.css",
}
"""The file's name as it is served -> where it lies in ``node_modules``."""

FIRST_QUERY = """\
# Ctrl-Enter runs the query, Ctrl-Space completes it;
# the schema is behind the book on the left.

query WhatIsThere {
  __schema {
    queryType { fields { name description } }
    mutationType { fields { name description } }
    subscriptionType { fields { name description } }
  }
}
"""


def assets_directory() -> Path | None:
    """The folder of the page's files, to be mounted under ``assets_path``; None when any is missing."""
    directory = HERE / "assets"
    return directory if all((directory / name).is_file() for name in ASSETS) else None


def graphiql_page(
    *,
    graphql_path: str = "/graphql",
    assets_path: str = "/graphiql/assets",
    title: str = "Perfect Order",
    first_query: str = FIRST_QUERY,
) -> str:
    """The page's HTML. Queries go to ``graphql_path`` of the same origin, subscriptions to its WebSocket."""
    name = "page.html" if assets_directory() else "missing.html"
    return Template((HERE / name).read_text(encoding="utf-8")).substitute(
        title=html.escape(title),
        assets=html.escape(assets_path.rstrip("/")),
        graphql_path=_javascript(graphql_path),
        first_query=_javascript(first_query),
    )


def _javascript(text: str) -> str:
    """``text`` as a JavaScript string that cannot end the script element it stands in."""
    return json.dumps(text).replace("<", "\\u003c")
