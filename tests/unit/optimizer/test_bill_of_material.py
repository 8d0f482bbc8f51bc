from __future__ import annotations

import pytest

from optimizer.bill_of_material import BillOfMaterial
from optimizer.errors import InvalidBillOfMaterial


def test_what_is_no_kit_is_taken_as_it_is() -> None:
    assert BillOfMaterial({"bolt": {}}).explode("bolt", 7) == {"bolt": 7}


def test_kits_are_exploded_over_all_levels_and_shared_components_add_up() -> None:
    bill = BillOfMaterial(
        {
            "unit": {"pump": 1, "frame": 2, "bolt": 3},
            "frame": {"plate": 2, "bolt": 8},
            "pump": {},
            "plate": {},
            "bolt": {},
        }
    )
    assert bill.explode("unit", 10) == {"pump": 10, "plate": 40, "bolt": 190}


@pytest.mark.parametrize(
    ("components", "message"),
    [
        ({"a": {"b": 1}, "b": {"c": 1}, "c": {"b": 1}}, "b contains itself: b > c > b"),
        ({"a": {"a": 1}}, "a contains itself: a > a"),
        ({"a": {"b": 1}}, "b is not known in a"),
        ({}, "a is not known"),
        ({"a": {"b": 0}, "b": {}}, "a takes 0 of b"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(components: dict[str, dict[str, int]], message: str) -> None:
    with pytest.raises(InvalidBillOfMaterial) as refused:
        BillOfMaterial(components).explode("a", 1)
    assert message in str(refused.value)


def test_a_cycle_elsewhere_does_not_matter() -> None:
    bill = BillOfMaterial({"good": {"bolt": 1}, "bolt": {}, "bad": {"bad": 1}})
    assert bill.explode("good", 2) == {"bolt": 2}
