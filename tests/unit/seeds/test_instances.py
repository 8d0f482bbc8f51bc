"""Public instances: each section finds its place in the model, and what is wrong with a file is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graph.errors import InvalidInput
from optimizer.routing.checker import check_plan
from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.model import TimeWindow, Visit
from optimizer.routing.validation import validated
from seeds.instances.instance import Instance
from seeds.instances.picture import picture
from seeds.instances.reading import published_scale, read_instance
from seeds.instances.rounding import Rounding
from seeds.instances.solution_file import read_solution
from seeds.instances.solving import read_task

PUBLISHED = Path(__file__).parents[3].parent / "shared" / "data" / "vrp"

RICH = """\
NAME : rich
TYPE : VRPTW
DIMENSION : 5
VEHICLES : 2
EDGE_WEIGHT_TYPE : EUC_2D
SERVICE_TIME : 10
NODE_COORD_SECTION
1 0 0
2 30 40
3 0 10
4 3 4
5 60 80
DEMAND_SECTION
1 0
2 0
3 7
4 0
5 2
BACKHAUL_SECTION
1 0
2 0
3 0
4 5
5 0
TIME_WINDOW_SECTION
1 0 1000
2 0 900
3 100 200
4 0 1000
5 0 1000
RELEASE_TIME_SECTION
1 0
2 0
3 50
4 0
5 0
PRIZE_SECTION
1 0
2 0
3 0
4 33
5 0
CAPACITY_SECTION
1 10
2 20
VEHICLES_DEPOT_SECTION
1 1
2 2
VEHICLES_RELOAD_DEPOT_SECTION
1 1 2
2
VEHICLES_ALLOWED_CLIENTS_SECTION
1 3 4
2 3 4 5
VEHICLES_FIXED_COST_SECTION
1 100
2 0
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 1
2 3
DEPOT_SECTION
1
2
-1
EOF
"""

SOLOMON = """\
tiny

VEHICLE
NUMBER     CAPACITY
  3          20

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0          0          0          0        100          0
    1      3          4         10         20         30          5
    2      1          1         10          0         90          5
"""

LI_LIM = """\
2\t20\t1
0\t0\t0\t0\t0\t100\t0\t0\t0
1\t3\t4\t-10\t20\t80\t5\t2\t0
2\t1\t1\t10\t0\t90\t5\t0\t1
"""

SQUARE = """\
NAME: square
TYPE: CVRP
DIMENSION: 3
CAPACITY: 5
EDGE_WEIGHT_TYPE: EXPLICIT
EDGE_WEIGHT_FORMAT: FULL_MATRIX
EDGE_WEIGHT_SECTION
0 1 2
3 0 4
5 6 0
DEMAND_SECTION
1 0
2 1
3 1
DEPOT_SECTION
1
-1
EOF
"""


def read(folder: Path, text: str, rounding: Rounding | None = None) -> Instance:
    file = folder / "tiny.txt"
    file.write_text(text)
    instance = read_instance(file, rounding)
    validated(instance.problem)
    return instance


def test_every_extra_section_finds_its_place_in_the_model(tmp_path: Path) -> None:
    instance = read(tmp_path, RICH, Rounding.DIMACS)
    problem = instance.problem
    assert [depot.location for depot in problem.depots] == [0, 1]
    first, second = problem.vehicles
    assert (first.capacity, first.depot, first.reload_depots, first.cost_fixed) == ((10,), 0, (0, 1), 1000)
    assert (second.capacity, second.start, second.reload_depots, second.max_reloads) == ((20,), 1, (), 0)
    assert (first.cost_per_km, second.cost_per_km) == (1000, 3000)
    assert second.shift_ends_at == 9_000_000
    delivered, collected, last = problem.shipments
    assert delivered.delivery is not None
    assert delivered.delivery.windows == (TimeWindow(1_000_000, 2_000_000),)
    assert (delivered.release_at, delivered.delivery.service_s, delivered.load) == (500_000, 100, (7,))
    assert collected.delivery is None
    assert (collected.load, collected.prize, delivered.prize) == ((5,), 330, None)
    assert (delivered.vehicles, last.vehicles) == (frozenset({0, 1}), frozenset({1}))
    assert problem.travel[0].distance_m[0].tolist() == [0, 500, 100, 50, 1000]
    assert instance.visit_of == {
        0: Visit(reload=0),
        1: Visit(reload=1),
        2: Visit(delivery=0),
        3: Visit(pickup=1),
        4: Visit(delivery=2),
    }


def test_backhauls_come_after_linehauls_and_never_alone(tmp_path: Path) -> None:
    text = RICH.replace("VRPTW", "VRPB").replace("DEMAND_SECTION", "LINEHAUL_SECTION")
    distance = read(tmp_path, text).problem.travel[0].distance_m
    assert np.isinf(distance[0, 3])
    assert np.isinf(distance[3, 2])
    assert np.isfinite(distance[2, 3])
    assert np.isfinite(distance[3, 0])


def test_roundings_differ_in_what_becomes_of_the_fraction(tmp_path: Path) -> None:
    found = {
        rounding: read(tmp_path, SOLOMON, rounding).problem.travel[0].distance_m[0, 2]
        for rounding in Rounding
    }
    assert found == {"dimacs": 14, "trunc": 1, "round": 1, "exact": 1414, "none": 1_414_214}


def test_a_solomon_file_is_read_in_tenths(tmp_path: Path) -> None:
    instance = read(tmp_path, SOLOMON)
    assert (instance.name, instance.rounding, len(instance.problem.vehicles)) == ("tiny", "dimacs", 3)
    plan = evaluate_plan(instance.problem, instance.planned([[1, 2]]))
    assert (instance.cost(plan), plan.violations) == (50 + 36 + 14, ())
    assert plan.routes[0].calls[1].start_at == 200_000


def test_a_li_lim_file_wants_the_fewest_vehicles_first(tmp_path: Path) -> None:
    instance = read(tmp_path, LI_LIM, Rounding.TRUNC)
    plan = evaluate_plan(instance.problem, instance.planned([[2, 1]]))
    assert (instance.cost(plan), plan.violations) == (1 + 3 + 5, ())
    assert plan.cost == 9 + instance.vehicle_cost
    wrong_way = evaluate_plan(instance.problem, instance.planned([[1, 2]]))
    assert [v.constraint for v in wrong_way.violations] == ["order"]


def test_an_explicit_matrix_has_no_picture(tmp_path: Path) -> None:
    instance = read(tmp_path, SQUARE)
    plan = evaluate_plan(instance.problem, instance.planned([[1, 2]]))
    assert (plan.cost, plan.feasible) == (1 + 4 + 5, True)
    with pytest.raises(InvalidInput, match="has no coordinates"):
        picture(instance, plan, title="none")


def test_the_picture_has_a_line_for_each_route_and_a_ring_for_who_is_left_out(tmp_path: Path) -> None:
    instance = read(tmp_path, SOLOMON)
    drawn = picture(instance, evaluate_plan(instance.problem, instance.planned([[1]])), title="a < b")
    assert drawn.count("<polyline") == 1
    assert drawn.count('stroke="red"') == 1
    assert "a &lt; b" in drawn


WRONG = {
    "no instance at all": ("hello\nworld\n", "is no instance"),
    "nothing": ("", "is no instance"),
    "a section too short": (
        RICH.replace("5 2\nBACKHAUL", "BACKHAUL"),
        "DEMAND_SECTION has 4 rows for 5 nodes",
    ),
    "words for numbers": (RICH.replace("2 30 40", "2 thirty 40"), "NODE_COORD_SECTION must have rows of"),
    "not finite": (RICH.replace("2 30 40", "2 nan 40"), "NODE_COORD_SECTION has a number that is not finite"),
    "no size": (RICH.replace("DIMENSION : 5", "DIMENSION : -5"), "DIMENSION is -5"),
    "another metric": (RICH.replace("EUC_2D", "GEO"), "EDGE_WEIGHT_TYPE 'GEO' is not known"),
    "depots not first": (RICH.replace("1\n2\n-1", "2\n3\n-1"), "DEPOT_SECTION must name the first nodes"),
    "both ways at once": (RICH.replace("3 0\n4 5", "3 1\n4 5"), "node 3, which has a delivery too"),
    "alternatives": (RICH.replace("PRIZE_S", "MUTUALLY_EXCLUSIVE_GROUP_S"), "not modelled"),
    "a depot there is not": (RICH.replace("2 2\nVEHICLES_R", "2 3\nVEHICLES_R"), "name depots from 1 to 2"),
    "no fleet": (SOLOMON.replace("  3          20", ""), "number and capacity of vehicles"),
    "a row too short": (
        SOLOMON.replace("         20         30          5", ""),
        "must have 7 numbers",
    ),
    "a pickup without its delivery": (LI_LIM.replace("\t0\t1\n", "\t0\t9\n"), "without its"),
    "a delivery without its pickup": (LI_LIM.replace("\t2\t0\n", "\t0\t0\n"), "without its"),
    "unequal demands": (LI_LIM.replace("-10", "-9"), "its partner"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file_is_said(name: str, tmp_path: Path) -> None:
    text, says = WRONG[name]
    with pytest.raises(InvalidInput, match=says):
        read(tmp_path, text)


def test_a_solution_of_another_instance_is_refused(tmp_path: Path) -> None:
    read(tmp_path, SOLOMON)
    best = tmp_path / "tiny.sol"
    for text, says in (
        ("Route #1: 1 2\nCost 99\n", "is it of this instance"),
        ("Route #1: 1 7\nCost 99\n", "visits 7, which tiny does not have"),
        ("Route #1: 1 1\nCost 99\n", "is made twice"),
        ("Route #1: 1 x\nCost 99\n", "not all numbers"),
        ("Route #1: 1 2\n", "says no cost"),
    ):
        best.write_text(text)
        with pytest.raises(InvalidInput, match=says):
            read_task(tmp_path / "tiny.txt", best, None)


def test_the_rounding_is_the_one_in_which_the_published_routes_cost_what_is_said(tmp_path: Path) -> None:
    read(tmp_path, SOLOMON)
    best = tmp_path / "tiny.sol"
    said = (
        ("100", "dimacs", 1),
        ("10.0", "dimacs", 10),
        ("9", "trunc", 1),
        ("10020", "exact", 1),
    )
    for cost, rounding, scale in said:
        best.write_text(f"Route #1: 1 2\nCost {cost}\n")
        task = read_task(tmp_path / "tiny.txt", best, None)
        assert (task.instance.rounding, task.scale) == (rounding, scale)


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="needs ../shared/data/vrp")
@pytest.mark.parametrize("best", sorted(PUBLISHED.glob("*/*.sol")), ids=lambda path: path.stem)
def test_published_solutions_cost_what_they_say_and_violate_nothing(best: Path) -> None:
    instance = read_instance(best.with_suffix(".vrp"))
    published = read_solution(best)
    planned = instance.planned(published.routes)
    plan = evaluate_plan(validated(instance.problem), planned)
    assert published_scale(instance, published) in (1, instance.scale)
    assert check_plan(instance.problem, planned, plan).sound
