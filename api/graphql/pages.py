"""Pages of lists, as Relay's connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import strawberry

from api.graphql.context import Context
from api.graphql.loading import Ahead
from api.graphql.resolving import resolved
from api.graphql.scalars import Long
from graph.errors import InvalidInput
from graph.traversals import browse
from graph.traversals.browse import Condition, Origin, Position, Slice, Sort, Walk

DEFAULT_PAGE: Final = 20

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An element of a page.")
class Edge(Generic[T]):
    """An element of a page, and the cursor of its place."""

    cursor: str
    node: T


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The elements, without their cursors.")
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @resolved("How many elements the whole list has.")
    async def total_count(self) -> Long:
        """Counted only when asked for."""
        return Long(await self.count())


@dataclass(frozen=True)
class PageArguments:
    """What Relay says a page is asked for by: ``first`` with ``after``, or ``last`` with ``before``."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def cut(self, context: Context, *, sort: Sort, order: str) -> Slice:
        """The slice of the list, with one element more than the page, to know whether others follow."""
        most = context.services.settings.limits.page
        for field, size in (("first", self.first), ("last", self.last)):
            if size is not None and not 0 <= size <= most:
                raise InvalidInput(field, f"wants a number from 0 to {most}, got {size}; ask page by page")
        if self.first is not None and self.last is not None:
            raise InvalidInput("last", "cannot be asked for together with first; use one of them")
        cursors = context.services.cursors
        size = self.first if self.last is None else self.last
        return Slice(
            sort,
            (DEFAULT_PAGE if size is None else size) + 1,
            after=None if self.after is None else cursors.read(order, self.after, field="after"),
            before=None if self.before is None else cursors.read(order, self.before, field="before"),
            from_end=self.last is not None,
        )


async def page(
    context: Context,
    make: Callable[[dict[str, Any]], T],
    origin: Origin,
    *,
    conditions: Sequence[Condition],
    sort: Sort,
    arguments: PageArguments,
    ahead: Ahead,
) -> Connection[T]:
    """A page of the list of ``origin``, and all links of ``ahead`` followed from its elements."""
    order = _order_name(origin.label, sort)
    cut = arguments.cut(context, sort=sort, order=order)
    elements = browse.page(context.g, origin, conditions=conditions, cut=cut)
    rows = await context.loaders.read_from(elements, ahead, at_most=cut.limit - 1)

    async def count() -> int:
        counted = await context.loaders.read(browse.count(context.g, origin, conditions=conditions))
        return int(counted[0])

    return _connection(context, make, rows, cut=cut, order=order, count=count)


async def linked_page(
    context: Context,
    make: Callable[[dict[str, Any]], T],
    id: str,
    *,
    label: str,
    walk: Walk,
    sort: Sort,
    arguments: PageArguments,
    conditions: Sequence[Condition] = (),
) -> Connection[T]:
    """A page of what ``walk`` comes to from ``id``; asked for many vertices together."""
    order = _order_name(label, sort)
    cut = arguments.cut(context, sort=sort, order=order)
    key: Hashable = ("page", walk, cut)
    rows = await context.loaders.batched(
        key,
        lambda g, ids: browse.linked_pages(g, ids, walk=walk, conditions=conditions, cut=cut),
        id,
    )

    async def count() -> int:
        counted = await context.loaders.batched(
            ("count", walk),
            lambda g, ids: browse.linked_counts(g, ids, walk=walk, conditions=conditions),
            id,
        )
        return int(counted or 0)

    return _connection(context, make, rows, cut=cut, order=order, count=count)


def _connection(
    context: Context,
    make: Callable[[dict[str, Any]], T],
    rows: list[dict[str, Any]],
    *,
    cut: Slice,
    order: str,
    count: Callable[[], Awaitable[int]],
) -> Connection[T]:
    more = len(rows) == cut.limit
    rows = rows[: cut.limit - 1]
    if cut.from_end:
        rows = rows[::-1]
    write = context.services.cursors.write
    cursors = [write(order, Position(row[cut.sort.name], row["id"])) for row in rows]
    nodes = [make(row) for row in rows]
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=cut.before is not None if cut.from_end else more,
            has_previous_page=more if cut.from_end else cut.after is not None,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        count=count,
    )


def _order_name(label: str, sort: Sort) -> str:
    return f"{label} by {sort.name}{' descending' if sort.descending else ''}"
