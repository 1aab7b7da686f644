"""Solve a Trigeiro case with SCIP in the facility-location form; run by trigeiro.py.

``python peers_trigeiro.py CASE.json SECONDS`` prints cost, bound and CPU-seconds as JSON.
"""

import json
import sys
import time
from pathlib import Path

from pyscipopt import Model, quicksum


def solve(case, seconds):
    """Return cost (None without a plan) and bound; the capacity is strict, all demand is met."""
    demand, capacity = case["demand"], case["capacity"]
    horizon = len(demand)
    model = Model()
    model.hideOutput()
    model.setParam("timing/clocktype", 1)
    model.setParam("limits/time", seconds)
    loads = [[] for _ in range(horizon)]
    for item in range(len(case["holding"])):
        wanted = [row[item] for row in demand]
        share = [[] for _ in range(horizon)]
        for made in range(horizon):
            setup = model.addVar(vtype="B", obj=case["setup_cost"][item])
            loads[made].append(case["setup_time"][item] * setup)
            for sold in range(made, horizon):
                if wanted[sold] == 0:
                    continue
                cost = case["holding"][item] * (sold - made) * wanted[sold]
                part = model.addVar(ub=1.0, obj=cost)
                model.addCons(part <= setup)
                share[sold].append(part)
                loads[made].append(case["unit_time"][item] * wanted[sold] * part)
        for sold in range(horizon):
            if wanted[sold]:
                model.addCons(quicksum(share[sold]) == 1)
    for made in range(horizon):
        model.addCons(quicksum(loads[made]) <= capacity)
    model.optimize()
    found = model.getNSols() > 0
    return (model.getObjVal() if found else None), model.getDualbound()


def main():
    case = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    before = time.process_time()
    cost, bound = solve(case, float(sys.argv[2]))
    print(json.dumps({"cost": cost, "bound": bound, "seconds": time.process_time() - before}))


if __name__ == "__main__":
    main()
