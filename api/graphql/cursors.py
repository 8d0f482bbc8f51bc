"""Cursors of pages: opaque to clients, and signed, so that one that was changed is refused."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from graph.errors import InvalidInput
from graph.traversals.browse import Position

_MAC_BYTES = 12


@dataclass(frozen=True)
class Cursors:
    """Writes and reads cursors with one secret key."""

    key: bytes

    def write(self, order: str, position: Position) -> str:
        """The cursor of a position in the list order called ``order``."""
        text = json.dumps([order, position.value, position.id], separators=(",", ":")).encode()
        return urlsafe_b64encode(self._mac(text) + text).decode().rstrip("=")

    def read(self, order: str, cursor: str, *, field: str) -> Position:
        """The position of a cursor; :class:`~graph.errors.InvalidInput` when it is not one of this order."""
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except (binascii.Error, UnicodeEncodeError):
            raw = b""
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(text)):
            raise InvalidInput(
                field,
                f"is not a cursor of this server: {cursor!r:.60}; take one from pageInfo or edges, "
                "or leave it out to start at the first page",
            )
        of_order, value, id = json.loads(text)
        if of_order != order:
            raise InvalidInput(
                field,
                f"is a cursor of a list in the order {of_order}, and this one is in the order {order}; "
                "leave it out to start at the first page",
            )
        return Position(value, id)

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self.key, text, hashlib.sha256)[:_MAC_BYTES]
