"""SKUs, kits with their bills of material, and what may replace what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from seeds.world.assortment import CURRENCY, DEPARTMENTS, KITS, Department, KitRecipe

KIT_MARGIN = 1.08
"""A kit costs this much more than what is in it."""
PREMIUM_BRAND = "Valle Norte"
PREMIUM_CATEGORIES = frozenset({"food", "drinks", "cleaning", "paper"})
PREMIUM_PRICE = 1.3
DISCONTINUED_EVERY = 97
"""One SKU in so many is on its way out: known, but not to be ordered any more."""

_AMOUNT = re.compile(r"^(?:(\d+) x )?([\d.]+) (g|kg|ml|l)$")
_GRAMS = {"g": 1.0, "kg": 1000.0, "ml": 1.0, "l": 1000.0}


@dataclass(frozen=True)
class Product:
    """A SKU; ``components`` maps the codes of a kit's direct components to how many go into one kit."""

    code: str
    name: str
    category: str
    weight_g: int
    volume_ml: int
    price: int
    cold_chain: bool = False
    hazard_class: str = ""
    discontinued: bool = False
    components: tuple[tuple[str, int], ...] = ()
    assembly_s: int = 0
    family: str = ""

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.make("sku", self.code)


@dataclass(frozen=True)
class Catalogue:
    """All SKUs by code, and which (first) may be delivered instead of which (second)."""

    products: Mapping[str, Product]
    substitutes: tuple[tuple[str, str], ...]

    @property
    def orderable(self) -> tuple[Product, ...]:
        """What customers may order."""
        return tuple(product for product in self.products.values() if not product.discontinued)

    @property
    def stocked(self) -> tuple[Product, ...]:
        """What can lie in a warehouse: all but the kits."""
        return tuple(product for product in self.products.values() if not product.components)

    def exploded(self, code: str, quantity: int) -> Counter[str]:
        """The stocked SKUs, by code, that ``quantity`` of a SKU consists of; itself unless it is a kit."""
        product = self.products[code]
        if not product.components:
            return Counter({code: quantity})
        need: Counter[str] = Counter()
        for component, each in product.components:
            need.update(self.exploded(component, each * quantity))
        return need


def build_catalogue(count: int, *, planted: Sequence[Product]) -> Catalogue:
    """``count`` SKUs: the ``planted`` ones, all kits that can be assembled of the rest, and simple ones.

    :class:`InvalidInput` when there are not as many to choose from, or no room beside the planted ones.
    """
    simple = _families()
    for kept in range(min(len(simple), count - len(planted)), 0, -1):
        products = {product.code: product for product in simple[:kept]}
        kits = _kits(products.values())
        if kept + len(kits) + len(planted) <= count:
            break
    else:
        raise InvalidInput("size.skus", f"is {count}; the storylines alone need {len(planted)} and some more")
    if kept == len(simple) and kept + len(kits) + len(planted) < count:
        raise InvalidInput("size.skus", f"is {count}; the assortment has {kept + len(kits) + len(planted)}")
    listed = [*planted, *products.values(), *kits]
    return Catalogue({product.code: product for product in listed}, _substitutes(products.values()))


def _families() -> list[Product]:
    """First packs of all families first, then second packs, and so on; the premium brand comes last.

    Departments take turns, so that a part of them all is kept, however many are.
    """
    packs = [pack for department in DEPARTMENTS for pack in _packs(department)]
    ranked = sorted(packs, key=lambda pack: pack[0])
    return [
        replace(product, discontinued=place % DISCONTINUED_EVERY == DISCONTINUED_EVERY - 1)
        for place, (_, product) in enumerate(ranked)
    ]


def _packs(department: Department) -> Iterator[tuple[tuple[int, int], Product]]:
    number = 0
    brands = [("", 1.0), (f" {PREMIUM_BRAND}", PREMIUM_PRICE)]
    for after, (brand, dearer) in enumerate(brands[: 1 + (department.category in PREMIUM_CATEGORIES)]):
        for place, family in enumerate(department.families):
            name, packs, peso_per_kg, litre_per_kg = (part.strip() for part in family.split(";"))
            for rank, pack in enumerate(packs.split(",")):
                number += 1
                label, weight_g = _weighed(pack.strip())
                yield (
                    (100 * after + rank, place),
                    Product(
                        code=f"{department.code}-{number:03d}",
                        name=f"{name}{brand} {label}",
                        category=department.category,
                        weight_g=weight_g,
                        volume_ml=max(1, round(weight_g * float(litre_per_kg))),
                        price=max(10, round(weight_g * float(peso_per_kg) * dearer / 10_000) * 10),
                        cold_chain=department.cold_chain,
                        hazard_class=department.hazard_class,
                        family=name + brand,
                    ),
                )


def _weighed(pack: str) -> tuple[str, int]:
    """The label of a pack and its weight in g."""
    label, _, weight = (part.strip() for part in pack.partition("@"))
    matched = _AMOUNT.match(weight or label)
    if matched is None:
        raise ValueError(f"pack {pack!r} has no weight")
    count, amount, unit = matched.groups()
    return label, round(int(count or 1) * float(amount) * _GRAMS[unit])


def _kits(simple: Iterable[Product]) -> list[Product]:
    """The kits all of whose components are there."""
    known = {product.family: product for product in reversed(list(simple)) if not product.discontinued}
    kits = []
    for number, recipe in enumerate(KITS, start=1):
        if all(name in known for name, _ in recipe.components):
            kit = _kit(f"KT-{number:03d}", recipe, known)
            known[recipe.name] = kit
            kits.append(kit)
    return kits


def _kit(code: str, recipe: KitRecipe, known: Mapping[str, Product]) -> Product:
    parts = [(known[name], quantity) for name, quantity in recipe.components]
    price = sum(part.price * quantity for part, quantity in parts) * KIT_MARGIN
    return Product(
        code=code,
        name=recipe.name,
        category=recipe.category,
        weight_g=sum(part.weight_g * quantity for part, quantity in parts),
        volume_ml=sum(part.volume_ml * quantity for part, quantity in parts),
        price=round(price / 10) * 10,
        cold_chain=any(part.cold_chain for part, _ in parts),
        hazard_class=next((part.hazard_class for part, _ in parts if part.hazard_class), ""),
        components=tuple((part.code, quantity) for part, quantity in parts),
        assembly_s=recipe.assembly_s,
    )


def _substitutes(simple: Iterable[Product]) -> tuple[tuple[str, str], ...]:
    """The premium brand may stand in for the same pack of the usual one."""
    by_name = {product.name: product.code for product in simple}
    return tuple(
        (code, by_name[usual])
        for name, code in by_name.items()
        if (usual := name.replace(f" {PREMIUM_BRAND}", "")) != name and usual in by_name
    )


def product_rows(catalogue: Catalogue) -> Iterator[VertexRow]:
    """The SKUs."""
    for product in catalogue.products.values():
        yield VertexRow(
            "Sku",
            product.id,
            {
                "name": product.name,
                "category": product.category,
                "weight_g": product.weight_g,
                "volume_ml": product.volume_ml,
                "cold_chain": product.cold_chain,
                "hazard_class": product.hazard_class,
                "kit": bool(product.components),
                "assembly_s": product.assembly_s,
                "discontinued": product.discontinued,
                "price": product.price,
                "currency": CURRENCY,
            },
        )


def product_edges(catalogue: Catalogue) -> Iterator[EdgeRow]:
    """Bills of material and substitutes."""
    products = catalogue.products
    for kit in products.values():
        for component, quantity in kit.components:
            yield EdgeRow("COMPONENT_OF", products[component].id, kit.id, {"quantity": quantity})
    for instead, of in catalogue.substitutes:
        yield EdgeRow("SUBSTITUTES", products[instead].id, products[of].id, {"priority": 1})
