"""Published lot-sizing cases, strict capacity: ours beside SCIP with the same CPU-seconds.

``python tests/benchmarks/trigeiro.py DATA [--cases X11117A F1] [--set X|F|textbook]
[--seconds 12] [--peers PYTHON] [--keep FOLDER]``

DATA is the folder with ``lot_sizing`` and ``textbook``. Capacity is a hard limit and all demand is
met (`serve_all_demand`). SCIP gets the facility-location form (peers_trigeiro.py; its clock is CPU
time and starts after the model is built; ours holds everything). The gap is (cost - bound) / bound
with the better bound of the two; a case in which we find no plan is worse, and in no mean. All 90
X files and the F files in one command:
``for set in X F; do python tests/benchmarks/trigeiro.py DATA --set $set --peers PYTHON; done``
(about 40 minutes for X). ``--keep`` writes what was solved, and reads what is there. The
textbook set is Wagner-Whitin, to the digit. Pigment sequencing and discrete lot sizing
(csplib058, dlsp) are in discrete.py: their set-ups depend on the sequence.
"""

import argparse
import itertools
import json
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import highspy  # noqa: F401  (loading it is not planning)
import numpy as np

from c2m.errors import InfeasiblePlanError
from c2m.periods import Calendar
from c2m.production.limits import broken_limits
from c2m.production.lotsizing import wagner_whitin
from c2m.production.lotsizing.kernel import serve_all_demand
from c2m.production.problem import Items, Members, Problem

PROVED = {"X11117A": 8375.8, "X11217A": 28425.1, "X11228A": 25721.1, "X12117A": 7447.8}
TEXTBOOK = ("example_3_9", "problem_3_27", "problem_3_29", "scmo_ww_hw_c")


def read_case(text: str) -> dict:
    """Return a case of the X or F files as lists; ``demand`` has one row a period."""
    rows = [line.split() for line in text.splitlines() if line.strip()]
    count, periods = int(rows[0][0]), int(rows[0][1])
    items = [[float(cell) for cell in row] for row in rows[3 : 3 + count]]
    blocks, rest = [], [[float(cell) for cell in row] for row in numbers(rows[3 + count :])]
    while sum(len(block[0]) for block in blocks) < count:
        blocks.append(rest[:periods])
        rest = rest[periods:]
    demand = [list(itertools.chain(*parts)) for parts in zip(*blocks, strict=True)]
    assert all(len(row) == count for row in demand)
    columns = dict(
        zip(
            ("unit_time", "holding", "setup_time", "setup_cost"),
            zip(*items, strict=True),
            strict=True,
        )
    )
    return {"demand": demand, "capacity": float(rows[2][0]), **columns}


def numbers(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows before the footer."""
    return [row for row in rows if all(cell.replace(".", "", 1).isdigit() for cell in row)]


def problem_of(case: dict) -> Problem:
    """Return a case as a problem without overtime."""
    demand = np.array(case["demand"])
    periods, count = demand.shape
    unit_time, setup_time = np.array(case["unit_time"]), np.array(case["setup_time"])
    net = demand.cumsum(axis=0)
    zero, one, each = np.zeros(count, dtype=int), np.ones(count, dtype=int), np.arange(count)
    fits = np.floor(np.maximum(case["capacity"] - setup_time, 0.0) / unit_time).astype(int)
    most = np.repeat(fits[:, None], periods, axis=1)
    setup_cost = np.array(case["setup_cost"])
    items = Items(each, zero, unit_time, setup_time, setup_cost, one, one, most, zero)
    return Problem(
        tuple(f"I{number:02d}" for number in range(count)),
        ("L",),
        ("minutes",),
        Calendar("W"),
        0,
        np.zeros(count),
        np.zeros(count),
        np.zeros(count),
        np.array(case["holding"]),
        np.zeros(count),
        net[:, :, None],
        net.T.copy(),
        np.zeros((count, periods)),
        items,
        Members(each, each, one, zero),
        (),
        each,
        count,
        np.full((1, periods), case["capacity"]),
        np.zeros((1, periods)),
        np.zeros(1),
    )


def ours(case: dict, seconds: float) -> dict:
    """Plan one case."""
    before = time.process_time()
    problem = problem_of(case)
    try:
        plan = serve_all_demand(problem, lambda _: None, seconds=seconds, clock=time.process_time)
    except InfeasiblePlanError:
        return {"cost": None, "bound": 0.0, "seconds": time.process_time() - before}
    if broken_limits(problem, plan.made):
        raise SystemExit("a limit is broken")
    spent = time.process_time() - before
    return {"cost": -plan.profit, "bound": -plan.bound, "seconds": spent}


def scip(case: dict, seconds: float, python: str) -> dict:
    """Solve one case with SCIP in a process of its own."""
    script = Path(__file__).with_name("peers_trigeiro.py")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.json"
        path.write_text(json.dumps(case), encoding="utf-8")
        command = [python, str(script), str(path), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def kept(folder: Path | None, name: str, solve) -> dict:
    """Return what is kept under a name, or solve it and keep it."""
    path = None if folder is None else folder / f"{name}.json"
    if path is not None and path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    answer = solve()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer), encoding="utf-8")
    return answer


def show(name: str, mine: dict, theirs: dict | None) -> dict:
    """Print a row; return its gaps. A case without a plan of ours counts as worse."""
    known = PROVED.get(name.removesuffix(".DAT"))
    bounds = [mine["bound"], *([theirs["bound"]] if theirs else []), *([known] if known else [])]
    cost = np.inf if mine["cost"] is None else mine["cost"]
    bound = min(max(bounds), cost)
    row = {"gap": gap(cost, bound), "hit": known is None, "scip": None}
    text = f"{cost:10.1f} {row['gap']:8.3f}" if np.isfinite(cost) else f"{'none found':19s}"
    text = f"{name:9s} {text} {mine['seconds']:6.1f}"
    if theirs:
        other = theirs["cost"] if theirs["cost"] is not None else np.inf
        worse = cost > other * (1 + 1e-7) or cost == np.inf
        row |= {"scip": gap(other, bound), "worse": worse}
        text += f" {other:10.1f} {row['scip']:8.3f} {theirs['seconds']:6.1f}"
        text += "  WORSE" if row["worse"] else ""
    if known:
        row["hit"] = cost <= known * (1 + 1e-7)
        text += f"  proved optimum {known}: {'hit' if row['hit'] else 'MISSED'}"
    print(text, flush=True)
    return row


def gap(cost: float, bound: float) -> float:
    """Return per cent between a cost and a bound; infinite without either."""
    return 100 * (cost - bound) / bound if np.isfinite(cost) and bound > 0 else np.inf


def textbook(data: Path) -> None:
    """Print Wagner-Whitin costs beside the published ones."""
    cases = json.loads((data / "textbook" / "textbook.json").read_text(encoding="utf-8"))
    for name in TEXTBOOK:
        given = cases[name]["data"]
        bought = given.get("purchase_cost", 0.0)
        lots = wagner_whitin(given["demand"], given["fixed_cost"], given["holding_cost"], bought)
        print(f"{name:14s} published {cases[name]['cost']:8.1f}  ours {lots.cost:8.1f}")


def summary(rows: list[dict]) -> None:
    """Print means over the cases."""
    gaps = [row["gap"] for row in rows if np.isfinite(row["gap"])]
    none = f"; none found in {len(rows) - len(gaps)}" if len(gaps) < len(rows) else ""
    print(f"{len(rows)} cases: mean gap {np.mean(gaps):.3f} %, worst {max(gaps):.3f} %{none}")
    beside = [row for row in rows if row["scip"] is not None]
    if beside:
        theirs = [row["scip"] for row in beside]
        better = sum(row["gap"] < row["scip"] - 1e-5 for row in beside)
        print(
            f"SCIP: mean gap {np.mean(theirs):.3f} %, worst {max(theirs):.3f} %; ours is better in "
            f"{better}, worse in {sum(row['worse'] for row in beside)} of {len(beside)}"
        )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", choices=["X", "F", "textbook"], default="X")
    parser.add_argument("--cases", nargs="+")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--peers")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    if given.set == "textbook":
        textbook(given.data)
        return
    print("case            ours    gap %  CPU-s       SCIP    gap %  CPU-s")
    rows = []
    with zipfile.ZipFile(given.data / "lot_sizing" / f"trigeiro_{given.set}.zip") as files:
        names = [name for name in files.namelist() if Path(name).name.startswith(given.set)]
        for path in sorted(names, key=lambda name: (len(name), name)):
            name = Path(path).name
            if given.cases and name.removesuffix(".DAT") not in given.cases:
                continue
            case = read_case(files.read(path).decode())
            mine = kept(given.keep, f"{name}.c2m", lambda c=case: ours(c, given.seconds))
            theirs = None
            if given.peers:
                solve = lambda c=case: scip(c, given.seconds, given.peers)  # noqa: E731
                theirs = kept(given.keep, f"{name}.scip", solve)
            rows.append(show(name, mine, theirs))
    summary(rows)


if __name__ == "__main__":
    main()
