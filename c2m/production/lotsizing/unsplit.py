"""The problem in which no run is split over modes: each mode's run obeys the limits of a whole one.

A run that may be split has its MOQ, multiple and set-up in a `GroupLimit` over its modes, and the
items of the modes are free. A way of planning that looks at items one by one would start a run for
a single unit. In this problem every item has the limits and the set-up of the whole run.
"""

from dataclasses import replace
from math import gcd, lcm

import numpy as np

from c2m.production.problem import GroupLimit, Items, Problem


def without_splits(problem: Problem) -> Problem:
    """Return the problem in which every run comes by one mode.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    Problem
        The same where no run can be split. A plan for it is a plan for `problem`, and brings
        there at least as much. Groups over one block keep their limits and lose their set-ups.
    """
    own = [_of_one_block(problem.items, group) for group in problem.groups]
    if not any(own):
        return problem
    items, groups = problem.items, []
    columns = {
        name: getattr(items, name).copy()
        for name in ("moq", "multiple", "most", "setup_time", "setup_cost")
    }
    for group, alone in zip(problem.groups, own, strict=True):
        if alone:
            _give(columns, group)
            group = replace(group, setup_time=0.0, setup_cost=0.0)  # noqa: PLW2901
        groups.append(group)
    most = columns["most"] - columns["most"] % columns["multiple"][:, None]
    columns["most"] = np.where(most >= columns["moq"][:, None], most, 0)
    return replace(problem, items=replace(items, **columns), groups=tuple(groups))


def _of_one_block(items: Items, group: GroupLimit) -> bool:
    """Say whether a group is of one block on one line."""
    blocks, lines = items.block[group.items], items.line[group.items]
    return len(set(blocks.tolist())) == 1 == len(set(lines.tolist()))


def _give(columns: dict[str, np.ndarray], group: GroupLimit) -> None:
    """Give the items of a group its limits and set-up."""
    columns["setup_cost"][group.items] += group.setup_cost
    if group.line >= 0:
        columns["setup_time"][group.items] += group.setup_time
    for item, weight in zip(group.items.tolist(), group.weights.tolist(), strict=True):
        step = group.multiple // gcd(group.multiple, weight)
        multiple = lcm(int(columns["multiple"][item]), step)
        least = max(int(columns["moq"][item]), -(-group.moq // weight))
        columns["multiple"][item] = multiple
        columns["moq"][item] = -(-least // multiple) * multiple
        if np.isfinite(group.max_lot):
            largest = int(group.max_lot // weight)
            columns["most"][item] = np.minimum(columns["most"][item], largest)
