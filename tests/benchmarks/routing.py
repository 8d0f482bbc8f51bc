"""``python -m tests.benchmarks.routing``: gaps to the best known plans, beside those of other solvers.

Each solver runs in a process of its own on one thread and is given CPU seconds; the clock starts after
imports and compiling. The instances are in the folder that ``ROUTING_INSTANCES`` or ``--folder`` names.
names.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from optimizer.routing.plan import RoutingPlan
from optimizer.routing.solver import solve, warm
from seeds.instances.instance import Instance
from seeds.instances.reading import published_scale, read_instance
from seeds.instances.rounding import Rounding
from seeds.instances.solution_file import read_solution
from tests.benchmarks.machine import machine

DEFAULT_FOLDER = Path(__file__).resolve().parents[3] / "shared/data/vrp"
PUBLISHED = {
    "c2_2_8": 1813.7,
    "r1_2_3": 3373.9,
    "rc1_4_5": 8152.3,
    "lc2_2_8": 1824.336,
    "lrc1_2_1": 3606.0626,
}
"""The best known costs of instances without a solution file, in the file's units."""
FAMILIES = ("vrptw", "cvrp", "hfvrp", "mdvrptw", "multitrip", "prizes", "pdptw")
PYVRP_ROUNDING = {Rounding.NONE: "exact"}


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.routing", description=__doc__)
    options.add_argument(
        "--folder", type=Path, default=Path(os.environ.get("ROUTING_INSTANCES", DEFAULT_FOLDER))
    )
    options.add_argument("--families", nargs="*", default=["vrptw", "cvrp"], choices=FAMILIES)
    options.add_argument("--solvers", nargs="*", default=["own", "pyvrp"], choices=list(SOLVERS))
    options.add_argument("--seconds", nargs="*", type=float, default=[2.0, 10.0, 30.0])
    options.add_argument("--seeds", nargs="*", type=int, default=[1])
    options.add_argument(
        "--one", nargs=4, metavar=("SOLVER", "FILE", "SECONDS", "SEED"), help=argparse.SUPPRESS
    )
    chosen = options.parse_args()
    if chosen.one:
        solver, file, seconds, seed = chosen.one
        print(json.dumps(gap_percent(SOLVERS[solver], Path(file), float(seconds), int(seed))))
        return
    if not chosen.folder.is_dir():
        sys.exit(f"{chosen.folder} is not there: name the folder of the instances with --folder")
    for name, value in machine():
        print(f"{name}: {value}")
    print(
        "\n| solver | family | CPU s | mean gap % | worst gap % | of |\n| --- | --- | --- | --- | --- | --- |"
    )
    for family in chosen.families:
        files = list(instances(chosen.folder / family))
        for seconds in chosen.seconds:
            for solver in chosen.solvers:
                gaps = [_run(solver, file, seconds, seed) for file in files for seed in chosen.seeds]
                print(
                    f"| {solver} | {family} | {seconds:g} | {statistics.fmean(gaps):.2f} | {max(gaps):.2f} | "
                    f"{len(gaps)} runs |",
                    flush=True,
                )


def instances(folder: Path) -> Iterator[Path]:
    """The instance files of a family."""
    return (path for path in sorted(folder.iterdir()) if path.suffix in (".vrp", ".txt"))


def gap_percent(
    solver: Callable[[Path, Instance, float, int], float], path: Path, seconds: float, seed: int
) -> float:
    """How much more the solver's plan costs than the best known."""
    instance = read_instance(path)
    return 100 * (solver(path, instance, seconds, seed) / best_known(path, instance) - 1)


def best_known(path: Path, instance: Instance) -> float:
    """The best known cost in the problem's units."""
    solution = path.with_suffix(".sol")
    if not solution.exists():
        return PUBLISHED[path.stem] * instance.scale
    published = read_solution(solution)
    return published.cost * (published_scale(instance, published) or 1)


def _run(solver: str, path: Path, seconds: float, seed: int) -> float:
    one = ["--one", solver, str(path), str(seconds), str(seed)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.routing", *one], check=True, capture_output=True, text=True
    )
    return float(json.loads(done.stdout))


def own(_path: Path, instance: Instance, seconds: float, seed: int) -> float:
    """This project's search."""
    warm()
    plan: RoutingPlan = solve(instance.problem, seconds=seconds, seed=seed, clock=time.process_time)
    if not plan.evaluation.feasible:
        raise AssertionError(f"{instance.name}: the plan violates {plan.evaluation.violations[:3]}")
    return float(instance.cost(plan.evaluation))


def pyvrp(path: Path, instance: Instance, seconds: float, seed: int) -> float:
    """PyVRP with its own reader; an infeasible result counts as infinite."""
    import pyvrp as peer

    if path.suffix == ".txt":
        path = _as_vrplib(path)
    data = peer.read(path, round_func=PYVRP_ROUNDING.get(instance.rounding, instance.rounding.value))
    ends = time.process_time() + seconds
    found = peer.solve(data, stop=lambda _cost: time.process_time() >= ends, seed=seed, display=False)
    return float(found.cost())


def _as_vrplib(path: Path) -> Path:
    """A Solomon file in the format that PyVRP reads, in a temporary place."""
    import vrplib

    data = vrplib.read_instance(path, instance_format="solomon", compute_edge_weights=False)
    sections = {
        "NODE_COORD": data["node_coord"],
        "DEMAND": data["demand"],
        "TIME_WINDOW": data["time_window"],
        "SERVICE_TIME": data["service_time"],
    }
    head = f"NAME: {path.stem}\nTYPE: VRPTW\nDIMENSION: {len(data['demand'])}\nEDGE_WEIGHT_TYPE: EUC_2D\n"
    lines = [f"{head}VEHICLES: {data['vehicles']}\nCAPACITY: {data['capacity']}"]
    for section, rows in sections.items():
        lines.append(f"{section}_SECTION")
        lines.extend(f"{i} " + " ".join(map(str, np.atleast_1d(row))) for i, row in enumerate(rows, start=1))
    to = Path(tempfile.mkdtemp()) / f"{path.stem}.vrp"
    to.write_text("\n".join([*lines, "DEPOT_SECTION\n1\n-1\nEOF\n"]))
    return to


SOLVERS: dict[str, Callable[[Path, Instance, float, int], float]] = {"own": own, "pyvrp": pyvrp}

if __name__ == "__main__":
    main()
