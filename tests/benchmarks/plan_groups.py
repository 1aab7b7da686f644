"""Known demand with MOQs and set-ups on groups, made in two plants: CPU-seconds and gap.

``python tests/benchmarks/plan_groups.py [--sizes 1000] [--seeds 1 2 3] [--weeks 1 3]``

The SKUs are those of plan.py, in styles of eight. Each can be made in two plants, the second with
a lead time of a week and other unit times. In a plant and week a style makes nothing, or at least
its MOQ: `--weeks` of its mean demand. It has a set-up of its own; its SKUs have a fifth of that of
plan.py, and about as many weeks of stock as one another. The cost is what serving everything for
nothing would bring, less the profit; gaps are given as a share of the cost bound and of the
profit bound. `--sizes 12000 30000 --seeds 1` prints large cases; memory is the highest so far.
"""

import argparse
import resource
import time
from dataclasses import replace

import numpy as np
from plan import ENOUGH, OVERTIME_COST, OVERTIME_SHARE, instance, served_for_nothing

from c2m.production.limits import broken_limits
from c2m.production.lotsizing.decomposition import solve_known
from c2m.production.problem import GroupLimit, Members, Problem, Way

STYLE = 8
OWN = 0.2
SHARES = (0.6, 0.4)
SETUP_TIMES, SETUP_COSTS = (20, 100), (100, 400)


def grouped(count: int, seed: int, weeks: tuple[float, float], load: float = 0.97) -> Problem:
    """Return a drawn problem; see the top of this file."""
    one = instance(count, seed)
    rng = np.random.default_rng(1000 + seed)
    n_periods, items = one.n_periods, one.items
    block, line = np.repeat(np.arange(count), 2), np.tile([0, 1], count)
    other = rng.uniform(0.85, 1.15, 2 * count).round(2)
    most = np.full((2 * count, n_periods), ENOUGH)
    most[line == 1, -1] = 0
    ones = np.ones(2 * count, dtype=np.int64)
    two = replace(
        items,
        block=block,
        line=line,
        unit_time=np.repeat(items.unit_time, 2) * np.where(line == 0, 1.0, other),
        setup_time=np.repeat((OWN * items.setup_time).round(1), 2),
        setup_cost=np.repeat((OWN * items.setup_cost).round(1), 2),
        moq=ones,
        multiple=ones,
        most=most,
        lead=line,
        extra=np.empty((0, 0)),
        way=line,
    )
    demand = np.diff(one.net[:, :, 0] + one.supply.T, axis=0, prepend=0.0).mean(axis=0)
    styles = np.arange(-(-count // STYLE))
    cover = np.repeat(rng.uniform(1, 6, len(styles)), STYLE)[:count] + rng.uniform(0, 0.5, count)
    stock = np.rint(demand * cover)
    net = one.net[:, :, 0] + one.supply.T - stock
    groups = []
    for style in styles.tolist():
        skus = np.arange(style * STYLE, min((style + 1) * STYLE, count))
        moq = max(int(rng.uniform(*weeks) * demand[skus].sum() // 10 * 10), 1)
        time_, cost = round(rng.uniform(*SETUP_TIMES)), round(rng.uniform(*SETUP_COSTS))
        weights = np.ones(len(skus), dtype=np.int64)
        groups += [
            GroupLimit(f"G{style}", plant, 2 * skus + plant, weights, moq, 1, np.inf, time_, cost)
            for plant in (0, 1)
        ]
    setups = OWN * items.setup_time.sum() / 3 + sum(each.setup_time for each in groups[::2]) / 4
    needed = ((items.unit_time * demand).sum() + setups) / load
    regular = np.repeat(np.array(SHARES)[:, None], n_periods, axis=1) * needed
    return replace(
        one,
        lines=("P1", "P2"),
        units=("minutes", "minutes"),
        net=net[:, :, None],
        mean_net=net.T.copy(),
        supply=np.repeat(stock[:, None], n_periods, axis=1),
        items=two,
        members=Members(np.arange(2 * count), block, ones, line),
        groups=tuple(groups),
        regular=regular,
        overtime=OVERTIME_SHARE * regular,
        overtime_cost=np.full(2, OVERTIME_COST),
        ways=(Way(0), Way(1)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--weeks", type=float, nargs=2, default=[1.0, 3.0])
    given = parser.parse_args()
    print("   SKUs seed           cost  gap % of cost  gap % of profit    CPU-s     GB")
    for count in given.sizes:
        for seed in given.seeds:
            problem = grouped(count, seed, tuple(given.weeks))
            before = time.process_time()
            found = solve_known(problem, lambda stage: None)
            seconds = time.process_time() - before
            if broken_limits(problem, found.made):
                raise SystemExit("a limit is broken")
            top = served_for_nothing(problem)
            missed = found.bound - found.profit
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
            print(
                f"{count:7d} {seed:4d} {top - found.profit:14.0f} "
                f"{100 * missed / (top - found.bound):14.3f} {100 * missed / found.bound:16.4f} "
                f"{seconds:8.2f} {rss / 2**20:6.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
