"""Reading what there is to give, as the optimizer takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.operations.batches import ROWS_A_READ, in_chunks
from graph.engines.port import Engine
from graph.traversals.supply import SkuSupply, WarehouseTerms, sku_supplies, sku_supply, warehouse_terms
from optimizer.bill_of_material import BillOfMaterial
from optimizer.calendar import WarehouseCalendar
from optimizer.supply import Site, Source, Supply


@dataclass(frozen=True)
class Catalogue:
    """SKUs and all their components, what they are made of, and what of them is free."""

    skus: Mapping[str, SkuSupply]
    bill: BillOfMaterial
    supply: Supply


def load_catalogue(engine: Engine, sku_ids: Sequence[str]) -> Catalogue:
    """The SKUs that exist of those asked for, with their components: a round trip per 1,000 SKUs."""
    skus: dict[str, SkuSupply] = {}
    for chunk in in_chunks(list(dict.fromkeys(sku_ids)), ROWS_A_READ):
        skus.update((row["id"], sku_supply(row)) for row in engine.run(sku_supplies(engine.g, chunk)))
    return Catalogue(
        skus,
        BillOfMaterial({sku.id: sku.components for sku in skus.values()}),
        Supply(
            (source for sku in skus.values() for source in _sources(sku)),
            {sku.id: sku.lead_time_s for sku in skus.values() if sku.lead_time_s is not None},
        ),
    )


def load_sites(engine: Engine) -> dict[str, Site]:
    """All warehouses by id: one round trip."""
    return {row["id"]: _site(WarehouseTerms(**row)) for row in engine.run(warehouse_terms(engine.g))}


def _sources(sku: SkuSupply) -> list[Source]:
    stocks = [Source(s.id, sku.id, s.warehouse_id, s.available) for s in sku.stocks]
    return stocks + [Source(r.id, sku.id, r.warehouse_id, r.available, r.expected_at) for r in sku.receipts]


def _site(terms: WarehouseTerms) -> Site:
    calendar = WarehouseCalendar(
        terms.time_zone,
        cutoff_s=terms.cutoff_s,
        departs_s=terms.departs_s,
        pick_pack_s=terms.pick_pack_s,
        closed_weekdays=frozenset(map(int, terms.closed_weekdays)),
    )
    return Site(terms.id, calendar, terms.daily_shipments)
