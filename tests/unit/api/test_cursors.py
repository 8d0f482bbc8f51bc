"""Cursors come back as they were written, by their own server and in their own order, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.cursors import Cursors
from graph.errors import InvalidInput
from graph.traversals.browse import Position

CURSORS = Cursors(b"a secret of this server")
positions = st.builds(
    Position, st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans()), st.text()
)


@given(positions)
def test_a_cursor_comes_back_as_it_was_written(position: Position) -> None:
    cursor = CURSORS.write("Order by day", position)
    assert CURSORS.read("Order by day", cursor, field="after") == position


@given(positions, st.data())
def test_a_cursor_that_was_changed_anywhere_is_refused(position: Position, data: st.DataObject) -> None:
    cursor = CURSORS.write("Order by day", position)
    at = data.draw(st.integers(0, len(cursor) - 2))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
    changed = cursor[:at] + other + cursor[at + 1 :]
    if changed != cursor:
        with pytest.raises(InvalidInput, match="is not a cursor of this server"):
            CURSORS.read("Order by day", changed, field="after")


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="after is not a cursor of this server"):
        CURSORS.read("Order by day", text, field="after")


def test_a_cursor_of_another_order_is_refused_by_name() -> None:
    cursor = CURSORS.write("Order by day", Position("2026-03-02", "order/SO-1"))
    with pytest.raises(InvalidInput, match="of a list in the order Order by day, and this one"):
        CURSORS.read("Order by placed_at", cursor, field="after")


def test_a_cursor_of_another_server_is_refused() -> None:
    cursor = Cursors(b"another secret").write("Order by day", Position("2026-03-02", "order/SO-1"))
    with pytest.raises(InvalidInput, match="start at the first page"):
        CURSORS.read("Order by day", cursor, field="before")
