"""Opening an engine by its URL: the one place where connections open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graph.engines.addresses import BOLT_SCHEMES, GREMLIN_SCHEMES, Address, address_of, without_credentials
from graph.engines.bolt import BoltEngine
from graph.engines.embedded import EmbeddedEngine
from graph.engines.gremlin import GremlinEngine
from graph.engines.port import Engine
from graph.errors import InvalidInput
from graph.schema.elements import Schema

if TYPE_CHECKING:
    from graph.engines.signing import Signer


def open_engine(url: str, schema: Schema, *, create: bool = True) -> Engine:
    """The engine at ``url``: ``embedded:PATH`` keeps a store, ``embedded:`` is in memory, others are servers.

    With ``create`` a store that is not there is made, and a server's graph need not be prepared; without it,
    :class:`~graph.errors.StoreMissing`.
    """
    scheme, colon, _ = url.partition(":")
    if colon and scheme == "embedded":
        path = store_path(url)
        return (
            EmbeddedEngine.in_memory(schema)
            if path is None
            else EmbeddedEngine.at(path, schema, create=create)
        )
    if colon and scheme in GREMLIN_SCHEMES:
        address = address_of(url)
        return GremlinEngine.at(address, schema, create=create, signing=_signer(address))
    if colon and scheme in BOLT_SCHEMES:
        address = address_of(url)
        signer = _signer(address)
        return BoltEngine.at(address, schema, create=create, auth=signer.bolt_auth() if signer else None)
    servers = ", ".join(f"{known}:" for known in (*GREMLIN_SCHEMES, *BOLT_SCHEMES))
    raise InvalidInput(
        "engine URL",
        f"wants embedded:PATH or embedded: (in memory), or a server by one of {servers}; "
        f"got {without_credentials(url)!r}",
    )


def shown_url(url: str) -> str:
    """The URL as it may be shown to anybody: without user and password."""
    return url if url.startswith("embedded:") else address_of(url).url


def store_path(url: str) -> Path | None:
    """The directory of the embedded store at ``url``; None for what keeps no store on this disk."""
    scheme, _, rest = url.partition(":")
    return Path(rest).expanduser() if scheme == "embedded" and rest else None


def _signer(address: Address) -> Signer | None:
    """Who signs for Neptune; only for it botocore is loaded, which takes a while."""
    if not address.iam:
        return None
    from graph.engines.signing import Signer

    return Signer(address)
