"""Addresses of engines: what is read from them, and that nobody gets to see who logs on."""

from __future__ import annotations

import pytest

from graph.engines.addresses import address_of
from graph.engines.opening import open_engine, shown_url
from graph.errors import InvalidInput
from graph.schema.model import SCHEMA


def test_credentials_are_read_and_kept_apart() -> None:
    address = address_of("ws://zoe:p%40ss%2Fword@host:1/gremlin?pool=3", {})
    assert (address.user, address.password, address.host, address.port) == ("zoe", "p@ss/word", "host", 1)
    assert address.url == "ws://host:1/gremlin?pool=3"
    assert "word" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "ws://zoe:hidden/word@host:8182/gremlin",
        "ws://zoe:1234/hidden@host:8182/gremlin",
        "bolt://zoe:hidden?word@host:7687",
        "bolt://zoe:hidden#word@host",
        "bolt://zoe:hidden@host:port",
        "bolt://zoe:hidden@host:70000",
        "bolt://zoe:hidden@[host",
        "bolt://zoe:hidden℀@host",
        "bolt+sss://zoe:hidden@host",
        "zoe:hidden@host:7687",
        "bolt://zoe:hidden@",
    ],
)
def test_a_url_that_czoeot_be_read_is_refused_without_its_credentials(url: str) -> None:
    for read in (lambda: open_engine(url, SCHEMA), lambda: shown_url(url)):
        with pytest.raises(InvalidInput) as refused:
            read()
        assert not any(secret in str(refused.value) for secret in ("zoe", "hidden", "word@", "1234"))
