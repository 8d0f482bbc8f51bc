"""What customers order: which day, how many lines, of what, and how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from optimizer.calendar import instant_of
from seeds.world.catalogue import Catalogue, Product
from seeds.world.customers import Customer
from seeds.world.requests import OrderLineRequest, OrderRequest
from seeds.world.warehouses import TIME_ZONE

DAY_SHARES = (0.185, 0.185, 0.190, 0.195, 0.185, 0.060)
"""Of the orders, by the day for which they are wanted: the day after the start, and the five after that."""
LINE_SHARES = (0.22, 0.21, 0.18, 0.14, 0.10, 0.07, 0.05, 0.03)
"""Of the orders, by how many lines they have, from 1."""
PRIORITY_SHARES = (0.06, 0.16, 0.46, 0.21, 0.11)
"""Of the orders, by priority, from 1 (goes first)."""
LOAD = 0.95
"""Multiplies the weight of every line: what makes the vehicles fuller or emptier."""
WEIGHT_SPREAD = 0.6
"""Standard deviation of the logarithm of a line's weight."""
MOST_ORDER_WEIGHT_G = 850_000
MOST_ORDER_VOLUME_ML = 6_000_000
MOST_LINE_WEIGHT_G = 400_000
MOST_LINE_VOLUME_ML = 1_500_000
"""An order ships complete: a random one fits the smallest vehicle."""
KIT_POPULARITY = 0.8
THEME_LINES = 0.7
"""The share of cold (dangerous) lines in an order that is cold (dangerous); the two never go together."""
BUYER_SPREAD = 0.45
"""Standard deviation of the logarithm of how often a customer orders."""


@dataclass(frozen=True)
class _Shelf:
    """Products of one category, with the cumulated share of lines that ask for them."""

    products: tuple[Product, ...]
    cumulated: NDArray[np.float64]

    def draw(self, rng: np.random.Generator) -> Product:
        return self.products[_drawn(self.cumulated, rng)]


_Menu = tuple[tuple[_Shelf, ...], NDArray[np.float64]]


@dataclass(frozen=True)
class _Assortment:
    """What each trade chooses from: ordinary goods, chilled ones, dangerous ones."""

    ordinary: dict[str, _Menu]
    cold: dict[str, _Menu]
    hazardous: dict[str, _Menu]


def build_orders(
    count: int,
    catalogue: Catalogue,
    customers: Sequence[Customer],
    rng: np.random.Generator,
    *,
    today: date,
    planted: frozenset[str],
) -> tuple[OrderRequest, ...]:
    """``count`` random orders, placed ``today``, of everything but the SKUs ``planted`` (their codes)."""
    goods = [product for product in catalogue.orderable if product.code not in planted]
    shelves = _assortment(goods, customers, rng)
    buyers = np.cumsum(rng.lognormal(0.0, BUYER_SPREAD, len(customers)))
    orders = []
    days_ahead = rng.permutation(1 + np.searchsorted(np.cumsum(DAY_SHARES), (np.arange(count) + 0.5) / count))
    for number, ahead in enumerate(map(int, days_ahead), start=1):
        customer = customers[_drawn(buyers, rng)]
        orders.append(
            OrderRequest(
                number=f"SO-{number:05d}",
                customer_id=customer.id,
                requested_at=instant_of(
                    today + timedelta(days=ahead), customer.closes_s, time_zone=TIME_ZONE
                ),
                lines=_lines(customer, shelves, rng),
                priority=1 + _drawn(np.cumsum(PRIORITY_SHARES), rng),
            )
        )
    return tuple(orders)


def demand_by_warehouse(
    orders: Sequence[OrderRequest], catalogue: Catalogue, nearest: Mapping[str, str]
) -> Counter[tuple[str, str]]:
    """What the orders need of (warehouse code, stocked SKU code), from the warehouse ``nearest`` to the
    customer (by customer id).
    """
    code_of = {product.id: product.code for product in catalogue.products.values()}
    demand: Counter[tuple[str, str]] = Counter()
    for order in orders:
        warehouse = nearest[order.customer_id]
        for line in order.lines:
            for code, quantity in catalogue.exploded(code_of[line.sku_id], line.quantity).items():
                demand[warehouse, code] += quantity
    return demand


def _assortment(
    goods: Sequence[Product], customers: Sequence[Customer], rng: np.random.Generator
) -> _Assortment:
    popularity = {
        product.code: float(rng.lognormal(0.0, 0.8)) * (KIT_POPULARITY if product.components else 1.0)
        for product in goods
    }
    cold = [product for product in goods if product.cold_chain]
    hazardous = [product for product in goods if product.hazard_class and not product.cold_chain]
    ordinary = [product for product in goods if not product.hazard_class and not product.cold_chain]
    trades = {customer.trade.name: customer.trade for customer in customers}
    menus = [
        {name: _menu(some, trade.buys, popularity) for name, trade in trades.items()}
        for some in (ordinary, cold, hazardous)
    ]
    return _Assortment(*menus)


def _menu(goods: Sequence[Product], buys: Mapping[str, float], popularity: Mapping[str, float]) -> _Menu:
    """The shelves a trade buys from, with the running totals of their shares; if none, all as one."""
    shelves, shares = [], []
    for category, share in buys.items():
        shelf = tuple(product for product in goods if product.category == category)
        if shelf:
            shelves.append(_Shelf(shelf, np.cumsum([popularity[product.code] for product in shelf])))
            shares.append(share)
    if goods and not shelves:
        shelves = [_Shelf(tuple(goods), np.cumsum([popularity[product.code] for product in goods]))]
        shares = [1.0]
    return tuple(shelves), np.cumsum(shares)


def _lines(
    customer: Customer, assortment: _Assortment, rng: np.random.Generator
) -> tuple[OrderLineRequest, ...]:
    """The lines of one order: different SKUs, together no more than the smallest vehicle takes."""
    trade = customer.trade
    theme, of_theme = rng.random(), assortment.ordinary
    if theme < trade.cold_share:
        of_theme = assortment.cold
    elif theme < trade.cold_share + trade.hazardous_share:
        of_theme = assortment.hazardous
    wanted = 1 + _drawn(np.cumsum(LINE_SHARES), rng)
    lines: dict[str, OrderLineRequest] = {}
    weight_g = volume_ml = 0
    for place in range(wanted):
        menus = of_theme if place == 0 or rng.random() < THEME_LINES else assortment.ordinary
        shelves, cumulated = menus[trade.name] if menus[trade.name][0] else assortment.ordinary[trade.name]
        product = shelves[_drawn(cumulated, rng)].draw(rng)
        line_g = LOAD * trade.line_weight_kg * 1000 * rng.lognormal(-(WEIGHT_SPREAD**2) / 2, WEIGHT_SPREAD)
        line_g = min(line_g, MOST_LINE_WEIGHT_G)
        quantity = max(1, round(min(line_g / product.weight_g, MOST_LINE_VOLUME_ML / product.volume_ml)))
        weight_g += quantity * product.weight_g
        volume_ml += quantity * product.volume_ml
        if lines and (weight_g > MOST_ORDER_WEIGHT_G or volume_ml > MOST_ORDER_VOLUME_ML):
            break
        lines.setdefault(product.code, OrderLineRequest(product.id, quantity))
    return tuple(lines.values())


def _drawn(cumulated: NDArray[np.float64], rng: np.random.Generator) -> int:
    """An index, drawn with the shares whose running totals these are."""
    place = int(np.searchsorted(cumulated, rng.random() * cumulated[-1], side="right"))
    return min(place, len(cumulated) - 1)
