"""Where an engine is and how it is to be reached: the parts of its URL, with credentials kept apart."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from graph.errors import InvalidInput

USER_VARIABLE: Final = "PERFECT_ORDER_ENGINE_USER"
PASSWORD_VARIABLE: Final = "PERFECT_ORDER_ENGINE_PASSWORD"

GREMLIN_SCHEMES: Final = ("ws", "wss")
BOLT_SCHEMES: Final = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")

_DEFAULT_PORTS: Final = {**dict.fromkeys(GREMLIN_SCHEMES, 8182), **dict.fromkeys(BOLT_SCHEMES, 7687)}
_PRODUCTS: Final = {
    **dict.fromkeys(GREMLIN_SCHEMES, ("gremlin-server", "janusgraph", "neptune")),
    **dict.fromkeys(BOLT_SCHEMES, ("neo4j", "memgraph", "neptune")),
}
_OPTIONS: Final = ("product", "pool", "time_limit_s", "ca", "iam", "region", "reader", "database", "source")
_NEPTUNE_HOST: Final = ".neptune.amazonaws.com"
_QUOTE: Final = "write / ? # @ : of user and password as %2F %3F %23 %40 %3A, and the port as a number"


@dataclass(frozen=True)
class Address:
    """A server that keeps a graph.

    ``url`` may be shown to anybody: it has neither user nor password. ``reader`` is the host, with a port
    when it is another one, that answers reads; ``ca`` a file of certificates to trust; ``source`` the name
    of the traversal source, ``database`` that of the database, where a server has several.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    product: str | None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    pool: int = 8
    time_limit_s: float = 120.0
    ca: str | None = None
    iam: bool = False
    region: str | None = None
    reader: str | None = None
    database: str | None = None
    source: str = "g"

    @property
    def secure(self) -> bool:
        """Whether what is said travels under TLS."""
        return self.scheme == "wss" or "+s" in self.scheme


def address_of(url: str, environment: Mapping[str, str] | None = None) -> Address:
    """The address in ``url``; :class:`~graph.errors.InvalidInput` says what is wrong with it.

    ``SCHEME://[USER:PASSWORD@]HOST[:PORT][/PATH][?OPTION=VALUE&...]``. Credentials that the URL has not
    come from the environment.
    """
    environment = os.environ if environment is None else environment
    parts, port = _parts(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidInput("engine URL", f"has no scheme of a server: {without_credentials(url)}")
    if not parts.hostname:
        raise InvalidInput("engine URL", f"names no host: {without_credentials(url)}")
    options = _options(parts.query)
    user = unquote(parts.username) if parts.username else environment.get(USER_VARIABLE)
    password = unquote(parts.password) if parts.password else environment.get(PASSWORD_VARIABLE)
    port = port or _DEFAULT_PORTS[parts.scheme]
    return Address(
        url=_shown(url),
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        path=parts.path or ("/gremlin" if parts.scheme in GREMLIN_SCHEMES else ""),
        product=_product(parts.scheme, parts.hostname, options),
        user=user,
        password=password,
        pool=_whole(options, "pool", default=8, least=1, most=1000),
        time_limit_s=_whole(options, "time_limit_s", default=120, least=1, most=86_400),
        ca=options.get("ca"),
        iam=_flag(options, "iam"),
        region=options.get("region"),
        reader=options.get("reader"),
        database=options.get("database"),
        source=options.get("source", "g"),
    )


def _parts(url: str) -> tuple[SplitResult, int | None]:
    """The URL in parts, and its port; what is wrong with it is told without quoting it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInput("engine URL", f"cannot be read; {_QUOTE}: {without_credentials(url)}") from None
    if "@" in parts.path + parts.query + parts.fragment:
        raise InvalidInput("engine URL", f"has a @ behind the host; {_QUOTE}: {without_credentials(url)}")
    return parts, port


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in _OPTIONS:
            raise InvalidInput("engine URL", f"has the option {name!r}, and takes {', '.join(_OPTIONS)}")
    return options


def _product(scheme: str, host: str, options: Mapping[str, str]) -> str | None:
    product = options.get("product", "neptune" if host.endswith(_NEPTUNE_HOST) else None)
    if product is not None and product not in _PRODUCTS[scheme]:
        raise InvalidInput(
            "engine URL", f"wants product={'|'.join(_PRODUCTS[scheme])} for {scheme}:, got {product!r}"
        )
    return product


def _whole(options: Mapping[str, str], name: str, *, default: int, least: int, most: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise InvalidInput("engine URL", f"wants {name} from {least} to {most}, got {text!r}")
    return int(text)


def _flag(options: Mapping[str, str], name: str) -> bool:
    text = options.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidInput("engine URL", f"wants {name}=true or {name}=false, got {text!r}")
    return text == "true"


def without_credentials(url: str) -> str:
    """A URL as it may be printed, whatever is wrong with it: all that may be user or password is gone."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else url.rpartition("@")[2]


def _shown(url: str) -> str:
    parts = urlsplit(without_credentials(url))
    return urlunsplit(parts._replace(query=urlencode(parse_qsl(parts.query), safe="/:")))
