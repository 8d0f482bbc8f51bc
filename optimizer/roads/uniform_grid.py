"""A uniform grid over straight pieces in space, and the search for the piece nearest to a point.

The grid lies in the plane of the first two coordinates. Distances in that plane are never longer than
those in space, so whatever lies beyond the cells searched is at least as far away as their border: the
search ends there, and its answer is exact. Far off the network, where the circle to be searched covers many
cells, it asks the bounding boxes of blocks of cells instead of rows.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.ndimage import distance_transform_edt

from optimizer.roads.network import Bools, Floats, Ints

Point = tuple[float, float, float]
Best = tuple[float, float, int, float]
"""The least score met; and of the piece chosen its score, its index and how far along it."""

NOTHING: Best = (math.inf, math.inf, -1, 0.0)
CELLS_PER_PIECE = 0.2
"""More make the search near roads no faster, and slower in wide empty places."""
SMALLEST_CELL_M = 20.0
FAR_CELLS = 64.0
"""Farther than this from the network, blocks of cells are searched instead of rows."""
BLOCK = 16
"""Cells along the side of a block."""
STRIP = 8
"""Rows that are swept together."""
MARGIN_M = 1e-3
"""Pieces are entered into cells this far off too, which rounding may put them into."""
TIED_M = 1e-6
"""Pieces this much farther than the nearest are as near."""


class Pieces(NamedTuple):
    """Straight pieces of segments, in the order in which they follow each other; metres."""

    start: Floats
    """One row of three coordinates for each piece."""
    way: Floats
    """From the start to the end."""
    segment: Ints
    start_fraction: Floats
    """How far along its segment the piece starts, from 0 to 1."""
    span: Floats
    """The part of its segment that it is."""
    forward: Bools
    """Whether it may be driven from start to end."""
    backward: Bools


class Plan(NamedTuple):
    """Where the cells lie: row by row from the lower left corner, in metres."""

    left: float
    bottom: float
    cell_m: float
    columns: int
    rows: int


class Grid(NamedTuple):
    """The pieces by the cells that they touch; cells of a row are neighbours in memory."""

    plan: Plan
    first: Ints
    """Cell ``c`` has the entries ``first[c]`` up to ``first[c + 1]``."""
    entries: Floats
    """Copies of the pieces in the order of the cells, each as long as a line of the processor's cache: start,
    way, one over the way's square, and which piece it is."""
    tangents: Floats
    """By piece three unit vectors: the direction of the road at its start, between, and at its end, where the
    piece and the next of the segment meet midway between the two."""
    ways: Bools
    """By piece, whether it may be driven forward, and backward."""
    closest: Ints
    """By cell the closest one with an entry, itself if it has one."""
    block_row: Ints
    """The first row of each block of cells that has an entry."""
    block_column: Ints
    block_low: Floats
    """The corners, one row each, of the boxes around the pieces of these blocks."""
    block_high: Floats


class Wishes(NamedTuple):
    """What is known of how each point is driven past; empty arrays where nothing is known of any."""

    heading: Floats
    """One unit vector in space each, NaN where it is not known."""
    side: Ints
    """Where the point lies, seen in the direction of driving: 1 right, -1 left, 0 not known."""
    least_cosine: float
    """Of the angle between the heading and the road."""
    misfit_m: float
    """A piece that does not fit counts as this much farther."""

    def of(self, chunk: slice) -> Wishes:
        """Those of some of the points."""
        return self._replace(heading=self.heading[chunk], side=self.side[chunk])


class Wish(NamedTuple):
    """What is known of one of them."""

    is_one: bool
    heading_x: float
    heading_y: float
    heading_z: float
    side: int
    least_cosine: float
    misfit_m: float


class Nearest(NamedTuple):
    """By point: the piece, how far along it (0 to 1), and how it lies to the point."""

    piece: Ints
    along: Floats
    there: Floats
    """The nearest point itself."""
    away_m: Floats
    side: Ints
    forward: Bools
    backward: Bools


def build_grid(pieces: Pieces) -> Grid:
    """The grid over at least one piece; it has fewer cells than there are pieces."""
    plan = _plan(pieces)
    cell, piece = _cells_touched(pieces.start, pieces.start + pieces.way, plan)
    order = np.argsort(cell, kind="stable")
    cell, piece = cell[order], piece[order]
    square = np.einsum("px,px->p", pieces.way, pieces.way)
    inverse = np.divide(1.0, square, out=np.zeros_like(square), where=square > 0)
    filled = np.bincount(cell, minlength=plan.rows * plan.columns)
    return Grid(
        plan,
        np.concatenate([[0], np.cumsum(filled)]),
        np.column_stack([pieces.start, pieces.way, inverse, np.arange(len(square))])[piece],
        _tangents(pieces),
        np.column_stack([pieces.forward, pieces.backward]),
        _closest(filled.reshape(plan.rows, plan.columns) > 0),
        *_blocks(pieces.start[piece], pieces.start[piece] + pieces.way[piece], cell, plan),
    )


def nearest_pieces(grid: Grid, pieces: Pieces, points: Floats, wishes: Wishes) -> Nearest:
    """The nearest piece to each point, among equals the one with the lowest segment, then fraction.

    Points are taken as they lie, so that what one of them fetched from memory serves the next.
    """
    row, column = _rows(grid.plan, points[:, 1]), _columns(grid.plan, points[:, 0])
    order = np.argsort(row // STRIP * grid.plan.columns + column, kind="stable")
    return _nearest(grid, pieces, points, row * grid.plan.columns + column, order, wishes)


def _plan(pieces: Pieces) -> Plan:
    end = pieces.start + pieces.way
    low, high = np.minimum(pieces.start, end).min(axis=0), np.maximum(pieces.start, end).max(axis=0)
    left, bottom = float(low[0]) - MARGIN_M, float(low[1]) - MARGIN_M
    width, height = float(high[0]) + MARGIN_M - left, float(high[1]) + MARGIN_M - bottom
    cell_m = max(SMALLEST_CELL_M, math.sqrt(width * height / (CELLS_PER_PIECE * len(pieces.start))))
    return Plan(left, bottom, cell_m, int(width / cell_m) + 1, int(height / cell_m) + 1)


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest(grid: Grid, pieces: Pieces, points: Floats, cells: Ints, order: Ints, wishes: Wishes) -> Nearest:
    # Arrays are taken out of their tuples once: counting references at each access costs more than a search.
    plan, first, entries, closest = grid.plan, grid.first, grid.entries, grid.closest
    start, way, tangents, ways = pieces.start, pieces.way, grid.tangents, grid.ways
    headings, sides = wishes.heading, wishes.side
    count = len(points)
    piece, along, away = np.empty(count, np.int64), np.empty(count), np.empty(count)
    there, side = np.empty((count, 3)), np.empty(count, np.int64)
    forward, backward = np.empty(count, np.bool_), np.empty(count, np.bool_)
    wish = Wish(False, np.nan, np.nan, np.nan, 0, wishes.least_cosine, wishes.misfit_m)
    for i in order:
        point = (points[i, 0], points[i, 1], points[i, 2])
        if len(sides):
            x, y, z = headings[i, 0], headings[i, 1], headings[i, 2]
            wish = Wish(True, x, y, z, sides[i], wishes.least_cosine, wishes.misfit_m)
        cell = closest[cells[i]]
        best = _scan(entries, first[cell], first[cell + 1], tangents, ways, point, wish, NOTHING)
        if best[0] > FAR_CELLS * plan.cell_m:
            best = _search_blocks(grid, point, wish, best)
        else:
            best = _search_rows(plan, first, entries, tangents, ways, point, wish, cell, best)
        _, _, chosen, t = best
        for axis in range(3):
            there[i, axis] = start[chosen, axis] + t * way[chosen, axis]
        rest = (point[0] - there[i, 0], point[1] - there[i, 1], point[2] - there[i, 2])
        piece[i], along[i] = chosen, t
        away[i] = math.sqrt(rest[0] * rest[0] + rest[1] * rest[1] + rest[2] * rest[2])
        side[i], forward[i], backward[i] = _fit(tangents, ways, chosen, t, rest, point, wish)
    return Nearest(piece, along, there, away, side, forward, backward)


def _tangents(pieces: Pieces) -> Floats:
    unit = _unit(pieces.way)
    inner = pieces.segment[1:] == pieces.segment[:-1]
    bends: Floats = _unit(unit[1:][inner] + unit[:-1][inner])
    turns_back = ~bends.any(axis=1, keepdims=True)
    tangents = np.stack([unit, unit, unit], axis=1)
    tangents[1:, 0][inner] = np.where(turns_back, unit[1:][inner], bends)
    tangents[:-1, 2][inner] = np.where(turns_back, unit[:-1][inner], bends)
    return tangents


def _unit(vectors: Floats) -> Floats:
    """The vectors at length 1, and those of no length as they are."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > TIED_M)
    return unit


def _closest(filled: Bools) -> Ints:
    row, column = distance_transform_edt(~filled, return_distances=False, return_indices=True)
    closest: Ints = (row.astype(np.int64) * filled.shape[1] + column).ravel()
    return closest


def _cells_touched(start: Floats, end: Floats, plan: Plan) -> tuple[Ints, Ints]:
    """Every cell that a piece touches, and the piece: row by row the columns that it spans there."""
    low_y, high_y = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    piece, row = _ranges(_rows(plan, low_y - MARGIN_M), _rows(plan, high_y + MARGIN_M))
    rise, run = end[piece, 1] - start[piece, 1], end[piece, 0] - start[piece, 0]
    borders = plan.bottom + np.stack([row, row + 1]) * plan.cell_m + np.array([[-MARGIN_M], [MARGIN_M]])
    within = np.array([[0.0], [1.0]]).repeat(len(piece), axis=1)
    np.divide(borders - start[piece, 1], rise, out=within, where=rise != 0)
    x = start[piece, 0] + np.clip(within, 0.0, 1.0) * run
    from_column, to_column = (
        _columns(plan, x.min(axis=0) - MARGIN_M),
        _columns(plan, x.max(axis=0) + MARGIN_M),
    )
    touched, column = _ranges(from_column, to_column)
    return row[touched] * plan.columns + column, piece[touched]


def _ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """Of ranges one after the other: which of them, and the number in it."""
    counts = last - first + 1
    of = np.repeat(np.arange(len(counts)), counts)
    return of, first[of] + np.arange(len(of)) - (np.cumsum(counts) - counts)[of]


def _columns(plan: Plan, x: Floats) -> Ints:
    return np.clip((x - plan.left) / plan.cell_m, 0, plan.columns - 1).astype(np.int64)


def _rows(plan: Plan, y: Floats) -> Ints:
    return np.clip((y - plan.bottom) / plan.cell_m, 0, plan.rows - 1).astype(np.int64)


def _blocks(start: Floats, end: Floats, cell: Ints, plan: Plan) -> tuple[Ints, Ints, Floats, Floats]:
    """The blocks with entries: their lowest rows and columns, and the corners of the entries' boxes."""
    across = -(-plan.columns // BLOCK)
    block = cell // plan.columns // BLOCK * across + cell % plan.columns // BLOCK
    order = np.argsort(block, kind="stable")
    number, begin = np.unique(block[order], return_index=True)
    low = np.minimum.reduceat(np.minimum(start, end)[order], begin)
    high = np.maximum.reduceat(np.maximum(start, end)[order], begin)
    return number // across * BLOCK, number % across * BLOCK, low, high


@njit(cache=True, nogil=True, error_model="numpy")
def _inside(cells: float, count: int) -> int:
    """The row or column so many from the border of the first; the outermost beyond them."""
    return int(min(max(cells, 0.0), count - 1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _search_rows(
    plan: Plan,
    first: Ints,
    entries: Floats,
    tangents: Floats,
    ways: Bools,
    point: Point,
    wish: Wish,
    seen: int,
    best: Best,
) -> Best:
    """Search, row by row, the circle about the point that the best found in the cell ``seen`` leaves."""
    x, y = (point[0] - plan.left) / plan.cell_m, (point[1] - plan.bottom) / plan.cell_m
    above = _inside(y, plan.rows)
    below = above - 1
    seen_row, seen_column = seen // plan.columns, seen % plan.columns
    while True:
        reach = (best[0] + TIED_M) / plan.cell_m
        if above < plan.rows and above - y <= reach:
            row, gap, above = above, max(0.0, above - y), above + 1
        elif below >= 0 and y - below - 1 <= reach:
            row, gap, below = below, max(0.0, y - below - 1), below - 1
        else:
            return best
        half = math.sqrt(reach * reach - gap * gap)
        low, high = _inside(x - half, plan.columns), _inside(x + half, plan.columns)
        if row == seen_row:
            low, high = low + (low == seen_column), high - (high == seen_column)
        if low <= high:
            begin, end = first[row * plan.columns + low], first[row * plan.columns + high + 1]
            best = _scan(entries, begin, end, tangents, ways, point, wish, best)


@njit(cache=True, nogil=True, error_model="numpy")
def _search_blocks(grid: Grid, point: Point, wish: Wish, best: Best) -> Best:
    """Search every block whose box is near enough to hold something nearer."""
    plan, first, entries = grid.plan, grid.first, grid.entries
    tangents, ways = grid.tangents, grid.ways
    low, high = grid.block_low, grid.block_high
    for block in range(len(low)):
        square = 0.0
        for axis in range(3):
            square += max(low[block, axis] - point[axis], point[axis] - high[block, axis], 0.0) ** 2
        if square > (best[0] + TIED_M) ** 2:
            continue
        row, column = grid.block_row[block], grid.block_column[block]
        for up in range(row, min(row + BLOCK, plan.rows)):
            begin = first[up * plan.columns + column]
            end = first[up * plan.columns + min(column + BLOCK, plan.columns)]
            best = _scan(entries, begin, end, tangents, ways, point, wish, best)
    return best


@njit(cache=True, nogil=True, error_model="numpy")
def _scan(
    entries: Floats,
    begin: int,
    end: int,
    tangents: Floats,
    ways: Bools,
    point: Point,
    wish: Wish,
    best: Best,
) -> Best:
    """The best of what was found before and of these entries."""
    least, score, chosen, along = best
    x, y, z = point
    for entry in range(begin, end):
        off_x, off_y, off_z = x - entries[entry, 0], y - entries[entry, 1], z - entries[entry, 2]
        way_x, way_y, way_z = entries[entry, 3], entries[entry, 4], entries[entry, 5]
        t = (off_x * way_x + off_y * way_y + off_z * way_z) * entries[entry, 6]
        t = min(max(t, 0.0), 1.0)
        rest_x, rest_y, rest_z = off_x - t * way_x, off_y - t * way_y, off_z - t * way_z
        square = rest_x * rest_x + rest_y * rest_y + rest_z * rest_z
        if square > (least + TIED_M) * (least + TIED_M):
            continue
        away, piece = math.sqrt(square), int(entries[entry, 7])
        if wish.is_one:
            rest = (rest_x, rest_y, rest_z)
            _, forward, backward = _fit(tangents, ways, piece, t, rest, point, wish)
            if not (forward or backward):
                away += wish.misfit_m
        least = min(least, away)
        # Pieces are in the order of their segments and of the fractions along them.
        if score > least + TIED_M or (away <= least + TIED_M and piece + t / 2 < chosen + along / 2):
            score, chosen, along = away, piece, t
    return least, score, chosen, along


@njit(cache=True, nogil=True, error_model="numpy")
def _fit(
    tangents: Floats, ways: Bools, piece: int, along: float, rest: Point, point: Point, wish: Wish
) -> tuple[int, bool, bool]:
    """The side of the piece's road that the point lies on, and whether driving either way there fits.

    ``rest`` leads from the road to the point.
    """
    part = 0 if along == 0.0 else 2 if along == 1.0 else 1
    way_x, way_y, way_z = tangents[piece, part, 0], tangents[piece, part, 1], tangents[piece, part, 2]
    x, y, z = point
    rest_x, rest_y, rest_z = rest
    # Seen from above, where the point itself leads, the cross product grows to the left of the road.
    leftwards = x * (way_y * rest_z - way_z * rest_y)
    leftwards += y * (way_z * rest_x - way_x * rest_z) + z * (way_x * rest_y - way_y * rest_x)
    leftwards /= math.sqrt(x * x + y * y + z * z)
    side = 0
    if abs(leftwards) > TIED_M:
        side = -1 if leftwards > 0 else 1
    forward, backward = ways[piece, 0], ways[piece, 1]
    if wish.side != 0 and side != 0:
        forward, backward = forward and side == wish.side, backward and side != wish.side
    ahead = way_x * wish.heading_x + way_y * wish.heading_y + way_z * wish.heading_z
    if not math.isnan(ahead):
        forward, backward = forward and ahead >= wish.least_cosine, backward and -ahead >= wish.least_cosine
    return side, forward, backward
