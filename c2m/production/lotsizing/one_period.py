"""One period, one way to make each SKU: the newsvendor with shared capacity, proved.

At a price of capacity every SKU is a problem of its own that is concave in its quantity, so its
best run is nothing, or the multiple next to a critical quantile, moved into its limits. The
price is bisected until capacity and overtime are used up. Any price gives an upper bound.
"""

from dataclasses import dataclass

import numpy as np

from c2m.production.evaluate import profit
from c2m.production.limits import item_usage, line_usage
from c2m.production.lotsizing.draft import Draft
from c2m.production.lotsizing.improve import improve
from c2m.production.lotsizing.prices import dual_value, empty_pool
from c2m.production.lotsizing.repair import repair
from c2m.production.lotsizing.select import pick_columns
from c2m.production.lotsizing.solution import Progress, Solution
from c2m.production.newsvendor import capacitated_run_sizes
from c2m.production.problem import FloatArray, IntArray, Problem

_BISECTIONS = 50
_CLOSED = 1e-9
"""Gap, as a share of the bound, at which nothing is left to improve."""

_MOST_IMPROVED = 20_000
"""SKUs up to which runs are improved one by one where the gap is not closed."""


def is_one_period(problem: Problem) -> bool:
    """Say whether a problem has one period, one item a SKU, no pre-packs, groups or allowances.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    bool
        Whether `solve_one_period` is for it.
    """
    single = problem.n_items == problem.n_blocks == problem.n_skus
    shared = problem.groups or problem.allowances
    return problem.n_periods == 1 and single and not shared


def solve_one_period(problem: Problem, progress: Progress) -> Solution:
    """Plan one run for each SKU.

    Parameters
    ----------
    problem : Problem
        A problem for which `is_one_period` holds.
    progress : callable
        Told what is being done.

    Returns
    -------
    Solution
        With a proved bound. Without set-ups, MOQs, multiples and largest lots its gap is at most
        what a part of one unit on each line is worth.
    """
    progress("the price of capacity")
    samples = _Samples.of(problem)
    if _is_plain(problem, samples):
        made, prices = _shared_sizes(problem, samples)
    else:
        made, prices = _bisected(problem, samples)
    best = samples.reduced(problem, samples.response(problem, prices), prices)
    bound = dual_value(problem, prices, best)
    value = profit(problem, made)
    if bound - value > _CLOSED * max(abs(bound), 1.0) and problem.n_skus <= _MOST_IMPROVED:
        progress("improving runs")
        made = improve(Draft(problem, made), prices)
        value = profit(problem, made)
    return Solution(made, value, prices, max(bound, value), True, "capacity prices", "newsvendor")


@dataclass(frozen=True)
class _Samples:
    """Ordered demand that is left for the run of each item, and what a unit short or over costs."""

    ordered: FloatArray  # [J, S], at least 0
    underage: FloatArray  # [J] margin and penalty
    overage: FloatArray  # [J] loss on a unit left over
    none: FloatArray  # [J] profit without a run

    @classmethod
    def of(cls, problem: Problem) -> "_Samples":
        """Return the samples of a problem, one row an item."""
        sku = problem.members.sku
        units, extra = problem.members.units, problem.items.extra[problem.members.item, 0]
        gain = problem.price + problem.penalty - problem.unit_cost
        loss = problem.unit_cost - problem.end_value + problem.holding_cost
        net = problem.net[0]
        short, left = np.maximum(net, 0).mean(axis=1), np.maximum(-net, 0).mean(axis=1)
        wanted = problem.mean_net[:, 0] + problem.supply[:, 0]
        none = (
            problem.price * (wanted - short)
            - problem.penalty * short
            + (problem.end_value - problem.holding_cost) * left
        )
        ordered = np.sort(np.maximum(net[sku], 0.0), axis=1) / units[:, None]
        return cls(ordered, gain[sku] * units - extra, loss[sku] * units + extra, none[sku])

    def value(self, size: FloatArray) -> FloatArray:
        """Return the expected profit of sizes, without set-ups, (n_items,)."""
        short = np.maximum(self.ordered - size[:, None], 0.0).mean(axis=1)
        mean = self.ordered.mean(axis=1)
        covered = mean - short
        value: FloatArray = self.none + self.underage * covered - self.overage * (size - covered)
        return value

    def response(self, problem: Problem, prices: FloatArray) -> IntArray:
        """Return the best run of each item at given prices, (n_items, 1)."""
        items, count = problem.items, self.ordered.shape[1]
        price = prices[items.line, 0]
        ratio = (self.underage - price * items.unit_time) / np.maximum(
            self.underage + self.overage, 1e-12
        )
        steps = np.clip(np.ceil(ratio * count - 1e-9), 1, count).astype(np.int64)
        top = self.ordered[np.arange(len(steps)), steps - 1]
        top = np.where(ratio > 0, np.where(ratio > 1, 2.0**50, top), 0.0)
        down = np.floor(top / items.multiple).astype(np.int64) * items.multiple
        best, best_value = np.zeros((len(top), 1), dtype=np.int64), np.full(len(top), -np.inf)
        most = items.most[:, 0]
        for size in (np.zeros_like(down), down, down + items.multiple):
            fitted = np.where(size > 0, np.minimum(np.maximum(size, items.moq), most), 0)
            value = self.reduced(problem, fitted[:, None], prices)
            better = value > best_value
            best[better, 0], best_value[better] = fitted[better], value[better]
        low = np.where(most > 0, items.moq, 0)
        better = self.reduced(problem, low[:, None], prices) > best_value
        best[better, 0] = low[better]
        return best

    def reduced(self, problem: Problem, made: IntArray, prices: FloatArray) -> FloatArray:
        """Return what each item brings once set-up and capacity are paid for, (n_items,)."""
        paid = item_usage(problem, made)[:, 0] * prices[problem.items.line, 0]
        setups = problem.items.setup_cost * (made[:, 0] > 0)
        result: FloatArray = self.value(made[:, 0].astype(np.float64)) - setups - paid
        return result


def _is_plain(problem: Problem, samples: _Samples) -> bool:
    """Say whether nothing but capacity limits the runs."""
    items = problem.items
    room = np.floor(problem.limit[items.line, 0] / items.unit_time + 1e-9)
    return bool(
        np.all(items.moq == 1)
        and np.all(items.most[:, 0] == room)
        and not items.setup_time.any()
        and not items.setup_cost.any()
        and np.all(samples.overage >= 0)
        and np.all(samples.underage + samples.overage > 0)
    )


def _shared_sizes(problem: Problem, samples: _Samples) -> tuple[IntArray, FloatArray]:
    """Return whole sizes and prices where nothing but capacity limits the runs."""
    made = np.zeros((problem.n_items, 1), dtype=np.int64)
    prices = np.zeros(problem.regular.shape)
    for line in range(len(problem.lines)):
        rows = np.flatnonzero((problem.items.line == line) & (samples.underage > 0))
        if not len(rows):
            continue
        size, prices[line, 0] = _one_line(problem, samples, line, rows)
        made[rows, 0] = np.floor(size + 1e-9).astype(np.int64)
    return made, prices


def _one_line(
    problem: Problem, samples: _Samples, line: int, rows: IntArray
) -> tuple[FloatArray, float]:
    """Return sizes and the price on one line: regular time, then overtime where it pays."""
    regular, overtime = float(problem.regular[line, 0]), float(problem.overtime[line, 0])
    extra = float(problem.overtime_cost[line])
    time = problem.items.unit_time[rows]
    under, over = samples.underage[rows], samples.overage[rows]
    paths = samples.ordered[rows].T
    short = capacitated_run_sizes(paths, under, over, time, regular)
    if overtime == 0 or short.price <= extra:
        return short.size, float(short.price)
    full = capacitated_run_sizes(paths, under, over, time, regular + overtime)
    if full.price >= extra:
        return full.size, float(full.price)
    charged = np.maximum(under - extra * time, 0.0)  # overtime is as good as free below its price
    plenty = float(np.sum(time * paths.max(axis=0))) + 1.0
    between = capacitated_run_sizes(paths, charged, over + under - charged, time, plenty)
    return between.size, extra


def _bisected(problem: Problem, samples: _Samples) -> tuple[IntArray, FloatArray]:
    """Return a plan that fits, and prices, where runs have limits of their own."""
    low = np.zeros(problem.regular.shape)
    top = np.maximum(samples.underage, -samples.overage) / problem.items.unit_time
    high = np.full(problem.regular.shape, max(float(top.max()), 0.0) + 1.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        used = line_usage(problem, samples.response(problem, middle))
        dear = middle > problem.overtime_cost[:, None]
        too_much = used > problem.regular + np.where(dear, problem.overtime, 0.0)
        low, high = np.where(too_much, middle, low), np.where(too_much, high, middle)
    pool = empty_pool(problem)
    for prices in (low, high, (low + high) / 2 * 1.05, high * 0.9):
        pool = pool.add(problem, samples.response(problem, prices))
    smallest = np.where(problem.items.most > 0, problem.items.moq[:, None], 0)
    pool = pool.add(problem, smallest)
    best = np.zeros_like(smallest)
    for start in (pool.pick(problem, pick_columns(problem, pool, high)), pool.made[2]):
        draft = Draft(problem, start)
        repair(draft)
        made = improve(draft, high)
        if profit(problem, made) > profit(problem, best):
            best = made
    return best, high
