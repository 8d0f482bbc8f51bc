"""What a kit is made of, down to what lies in stock."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.errors import InvalidBillOfMaterial


class BillOfMaterial:
    """The components of kits, by SKU id; what has no components is taken from stock as it is.

    ``components`` maps every SKU that is known to how many base units of each component one base unit
    of it takes: an empty mapping for what is no kit. Each kit is exploded once.
    """

    def __init__(self, components: Mapping[str, Mapping[str, int]]) -> None:
        self._components = components
        self._per_unit: dict[str, Mapping[str, int]] = {}

    def explode(self, sku_id: str, quantity: int) -> dict[str, int]:
        """How many base units of which stocked SKUs make ``quantity`` of ``sku_id``, over all levels.

        Raises :class:`InvalidBillOfMaterial` when the SKU contains itself or an unknown one.
        """
        return {component: quantity * per_unit for component, per_unit in self._unit(sku_id, ()).items()}

    def _unit(self, sku_id: str, above: tuple[str, ...]) -> Mapping[str, int]:
        if sku_id in above:
            cycle = " > ".join((*above[above.index(sku_id) :], sku_id))
            raise InvalidBillOfMaterial(sku_id, f"contains itself: {cycle}; correct its COMPONENT_OF edges")
        known = self._per_unit.get(sku_id)
        if known is None:
            known = self._per_unit[sku_id] = self._exploded_unit(sku_id, above)
        return known

    def _exploded_unit(self, sku_id: str, above: tuple[str, ...]) -> Mapping[str, int]:
        if sku_id not in self._components:
            where = f" in {above[-1]}" if above else ""
            raise InvalidBillOfMaterial(sku_id, f"is not known{where}, or lies too many levels down")
        components = self._components[sku_id]
        if not components:
            return {sku_id: 1}
        total: dict[str, int] = {}
        for component_id, quantity in components.items():
            if quantity < 1:
                raise InvalidBillOfMaterial(
                    sku_id, f"takes {quantity} of {component_id}; at least 1 is needed"
                )
            for part_id, part_quantity in self._unit(component_id, (*above, sku_id)).items():
                total[part_id] = total.get(part_id, 0) + quantity * part_quantity
        return total
