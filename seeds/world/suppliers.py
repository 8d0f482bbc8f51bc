"""Who sells what to us, how long that takes, in which lots, and at what price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from seeds.world.assortment import CURRENCY
from seeds.world.catalogue import Catalogue, Product

DAY_S = 86_400
SECOND_SOURCE_SHARE = 0.35
COST_SHARE = (0.55, 0.74)
"""What a unit costs us, as a share of its list price."""
LOTS = ((1, 1), (5, 5), (10, 5), (10, 10), (20, 10), (24, 12), (50, 10))
"""Smallest lots and what they are multiples of."""

LEAD_DAYS = {"CL": (2, 7), "AR": (6, 12), "PE": (7, 13), "BR": (9, 16), "DE": (14, 20), "CN": (16, 21)}
"""By country: from, to."""

_FOOD = ("food", "drinks")
_HOME = ("cleaning", "paper", "corrosives", "aerosols and gas")
_BUILD = ("hardware", "electrical", "paint", "aerosols and gas")
_GARDEN = ("garden", "corrosives", "hardware")
_CHILLED = ("chilled",)
_HEALTH = ("pharmacy", "pharmacy cold chain")

_SUPPLIERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # One of each field first, so that a short list still supplies everything.
    ("Alimentos del Limarí", "CL", (*_FOOD, *_CHILLED)),
    ("Distribuidora Hogar Norte", "CL", _HOME),
    ("Ferretera del Norte Chico", "CL", (*_BUILD, *_GARDEN)),
    ("Laboratorios Andinos", "CL", _HEALTH),
    ("Lácteos Valle del Elqui", "CL", _CHILLED),
    ("Molinos de Ovalle", "CL", _FOOD),
    ("Bebidas Pacífico", "CL", ("drinks",)),
    ("Papelera Biobío", "CL", ("paper",)),
    ("Pinturas Cordillera", "CL", ("paint", "aerosols and gas")),
    ("Gas Coquimbo", "CL", ("aerosols and gas",)),
    ("Química Quilicura", "CL", ("corrosives", "cleaning", "paint")),
    ("Viveros Pan de Azúcar", "CL", ("garden",)),
    ("Pisquera Monte Grande", "CL", ("drinks",)),
    ("Conservas Aconcagua", "CL", ("food",)),
    ("Pesquera Tongoy", "CL", ("food", "chilled")),
    ("Cecinas Llanquihue", "CL", _CHILLED),
    ("Vacunas y Sueros Santiago", "CL", ("pharmacy cold chain",)),
    ("Droguería Mapocho", "CL", ("pharmacy",)),
    ("Cementos Elqui", "CL", ("hardware",)),
    ("Conductores San Bernardo", "CL", ("electrical",)),
    ("Higiene Austral", "CL", ("cleaning", "paper")),
    ("Aceites Maule", "CL", ("food",)),
    ("Café y Té Valparaíso", "CL", ("food",)),
    ("Molino Mendoza", "AR", ("food",)),
    ("Conservas Cuyo", "AR", ("food",)),
    ("Papel Litoral", "AR", ("paper", "cleaning")),
    ("Atunes del Callao", "PE", ("food",)),
    ("Textiles Arequipa", "PE", ("cleaning", "hardware")),
    ("Químicos Lima", "PE", ("corrosives", "paint")),
    ("Café Minas", "BR", ("food",)),
    ("Ferragens Paulista", "BR", ("hardware",)),
    ("Farma Curitiba", "BR", ("pharmacy",)),
    ("Rheinwerkzeug", "DE", ("hardware", "electrical")),
    ("Isar Pharma", "DE", _HEALTH),
    ("Ningbo Tools", "CN", ("hardware", "garden")),
    ("Shenzhen Bright Lighting", "CN", ("electrical",)),
    ("Yiwu Household", "CN", ("cleaning", "paper")),
    ("Guangzhou Medical", "CN", ("pharmacy",)),
    ("Qingdao Garden", "CN", ("garden",)),
    ("Foshan Coatings", "CN", ("paint",)),
)


@dataclass(frozen=True)
class Supplier:
    """A supplier of some categories."""

    code: str
    name: str
    country: str
    categories: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("supplier", self.code)


@dataclass(frozen=True)
class Terms:
    """How a supplier sells a SKU; lots are at least ``minimum`` and multiples of ``multiple``."""

    supplier: Supplier
    sku: str
    lead_days: int
    minimum: int
    multiple: int
    unit_cost: int

    def lot(self, quantity: int) -> int:
        """The smallest lot that has at least ``quantity``."""
        return -(-max(quantity, self.minimum) // self.multiple) * self.multiple


def build_suppliers(count: int) -> tuple[Supplier, ...]:
    """The first ``count`` suppliers."""
    return tuple(
        Supplier(f"SUP-{number:02d}", *listed) for number, listed in enumerate(_SUPPLIERS[:count], start=1)
    )


def build_terms(
    catalogue: Catalogue,
    suppliers: Sequence[Supplier],
    rng: np.random.Generator,
    *,
    planted_lead_days: Mapping[str, int],
) -> dict[str, tuple[Terms, ...]]:
    """By SKU code its suppliers' terms, the quickest first; kits are bought from nobody.

    A planted SKU has one supplier, who needs exactly the days given for it.
    """
    terms = {}
    for product in catalogue.stocked:
        able = [supplier for supplier in suppliers if product.category in supplier.categories]
        able = able or list(suppliers[:1])
        planted = product.code in planted_lead_days
        several = 1 + (len(able) > 1 and not planted and rng.random() < SECOND_SOURCE_SHARE)
        chosen = [able[0]] if planted else [able[i] for i in rng.permutation(len(able))[:several]]
        offers = [_offer(supplier, product, rng) for supplier in chosen]
        if planted:
            offer = offers[0]
            offers = [
                Terms(offer.supplier, offer.sku, planted_lead_days[product.code], 1, 1, offer.unit_cost)
            ]
        terms[product.code] = tuple(sorted(offers, key=lambda offer: (offer.lead_days, offer.supplier.code)))
    return terms


def _offer(supplier: Supplier, product: Product, rng: np.random.Generator) -> Terms:
    soonest, latest = LEAD_DAYS[supplier.country]
    minimum, multiple = LOTS[int(rng.integers(len(LOTS)))]
    cost = round(product.price * rng.uniform(*COST_SHARE))
    lead_days = int(rng.integers(soonest, latest, endpoint=True))
    return Terms(supplier, product.code, lead_days, minimum, multiple, max(1, cost))


def supplier_rows(suppliers: Sequence[Supplier]) -> Iterator[VertexRow]:
    """The suppliers."""
    for supplier in suppliers:
        yield VertexRow("Supplier", supplier.id, {"name": supplier.name, "country": supplier.country})


def supplier_edges(catalogue: Catalogue, terms: Mapping[str, Sequence[Terms]]) -> Iterator[EdgeRow]:
    """Who supplies what at which terms."""
    for code, offers in terms.items():
        for offer in offers:
            yield EdgeRow(
                "SUPPLIES",
                offer.supplier.id,
                catalogue.products[code].id,
                {
                    "lead_time_s": offer.lead_days * DAY_S,
                    "minimum_quantity": offer.minimum,
                    "multiple_quantity": offer.multiple,
                    "unit_cost": offer.unit_cost,
                    "currency": CURRENCY,
                },
            )
