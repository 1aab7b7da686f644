"""Small drawn problems with everything that items can have, and a slow way to play a plan."""

import numpy as np

from c2m.periods import Calendar
from c2m.production.problem import Allowance, GroupLimit, Items, Members, Problem, Way

N_PERIODS = 4
WAYS = (
    Way(0, "sea", 1, 0.1),
    Way(0, "air", 0, 2.0),
    Way(1, "sea", 1, 0.1),
    Way(1, "sea", 1, 0.1, 6),
)
"""Two lines; the first sends by sea or air, the second has a lower price from 6 units on."""


def drawn_problem(seed, *, n_skus=2, n_scenarios=3, allowances=True, groups=True):
    """Return SKUs that every way can make, with yields, dated costs and limits that bind."""
    rng = np.random.default_rng(seed)
    count = n_skus * len(WAYS)
    way = np.tile(np.arange(len(WAYS)), n_skus)
    sku = np.repeat(np.arange(n_skus), len(WAYS))
    lead = np.array([1, 0, 2, 2])[way]
    moq, largest = np.array([1, 1, 1, 6])[way], np.array([9, 9, 5, 12])[way]
    in_time = np.arange(N_PERIODS) + lead[:, None] < N_PERIODS
    most = np.where(in_time, largest[:, None], 0)
    extra = rng.uniform(0, 2, (count, N_PERIODS)) + np.array([0.0, 2.0, -0.5, -1.5])[way][:, None]
    line = np.array([each.line for each in WAYS])[way]
    items = Items(
        block=sku,
        line=line,
        unit_time=rng.uniform(0.5, 1.5, n_skus)[sku],
        setup_time=np.array([0.0, 0.0, 1.0, 1.0])[way],
        setup_cost=np.array([0.0, 0.0, 3.0, 3.0])[way],
        moq=moq,
        multiple=np.ones(count, dtype=int),
        most=most,
        lead=lead,
        extra=extra,
        way=way,
    )
    share = np.array([0.9, 0.9, 1.0, 1.0])[way]
    members = Members(np.arange(count), sku, share, lead)
    net = rng.poisson(4.0, (n_scenarios, n_skus, N_PERIODS)).cumsum(axis=2).transpose(2, 1, 0)
    price = rng.uniform(8, 20, n_skus)
    return Problem(
        skus=tuple(f"S{number}" for number in range(n_skus)),
        lines=("A", "B"),
        units=("minutes", "minutes"),
        calendar=Calendar("W"),
        first=100,
        price=price,
        unit_cost=0.4 * price,
        end_value=0.2 * price,
        holding_cost=np.full(n_skus, 0.1),
        penalty=np.full(n_skus, 1.0),
        net=net.astype(float),
        mean_net=net.mean(axis=2).T.copy(),
        supply=np.zeros((n_skus, N_PERIODS)),
        items=items,
        members=members,
        groups=_groups(items, n_skus) if groups else (),
        block_of=np.arange(n_skus),
        n_blocks=n_skus,
        regular=np.full((2, N_PERIODS), 6.0),
        overtime=np.full((2, N_PERIODS), 2.0),
        overtime_cost=np.array([0.5, 0.5]),
        allowances=_allowances(items, n_skus) if allowances else (),
        ways=WAYS,
    )


def _groups(items, n_skus):
    """One run of each SKU on line A is split over its modes; all lines have a family's set-up."""
    groups = []
    for sku in range(n_skus):
        mine = np.flatnonzero((items.block == sku) & (items.line == 0))
        one = np.ones(2, dtype=int)
        groups.append(GroupLimit(f"run of S{sku}", 0, mine, one, 3, 1, np.inf, 0.5, 2.0))
    every = np.arange(len(items.block))
    family = GroupLimit("family", -1, every, np.ones(len(every), dtype=int), 1, 1, np.inf, 0.0, 1.5)
    return (*groups, family)


def _allowances(items, n_skus):
    every = np.arange(len(items.block))
    dated = 1.0 + items.extra * 0.0 + np.arange(N_PERIODS) * 0.5
    return (
        Allowance("CLOTH", "material", every, np.full(len(every), 1.5), 0, 1, 9.0 * n_skus, "m"),
        Allowance(
            "SPRING", "budget", every, dated, 1, 3, 14.0 * n_skus, "", np.full(len(every), 1.0)
        ),
    )


def played_profit(problem, made):
    """Return the mean profit of a plan by playing every path, one period after the other."""
    paths = range(problem.n_scenarios)
    played = [
        _played_sku(problem, made, sku, path) for path in paths for sku in range(problem.n_skus)
    ]
    items = problem.items
    fixed = (items.extra * made).sum() + (items.setup_cost[:, None] * (made > 0)).sum()
    used = np.zeros(problem.regular.shape)
    for item in range(problem.n_items):
        used[items.line[item]] += items.unit_time[item] * made[item]
        used[items.line[item]] += items.setup_time[item] * (made[item] > 0)
    for group in problem.groups:
        runs = (made[group.items] > 0).any(axis=0)
        fixed += group.setup_cost * runs.sum()
        used[group.line] += group.setup_time * runs * (group.line >= 0)
    fixed += (problem.overtime_cost[:, None] * np.maximum(used - problem.regular, 0)).sum()
    return sum(played) / problem.n_scenarios - fixed


def _played_sku(problem, made, sku, path):
    """Return what one SKU brings on one path, period after period."""
    demand = np.diff(problem.net[:, sku, path], prepend=0.0)
    stock, total, members = 0.0, 0.0, problem.members
    for when in range(problem.n_periods):
        for member in np.flatnonzero(members.sku == sku):
            begun = when - members.lead[member]
            good = made[members.item[member], begun] * members.units[member] * (begun >= 0)
            stock += good
            total -= problem.unit_cost[sku] * good
        sold = min(stock, demand[when])
        stock -= sold
        total += problem.price[sku] * sold - problem.penalty[sku] * (demand[when] - sold)
        total -= problem.holding_cost[sku] * stock
    return total + problem.end_value[sku] * stock
