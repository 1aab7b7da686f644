"""Which demand each run serves: the facility-location form of known demand.

The share z[b, l] of what is wanted anew in period l that is served by what run b brings,
``sum over b of z[b, l] + lost anew / wanted anew = 1`` and ``z[b, l] <= y[b]``, is the plant
location form of Krarup & Bilde (1977), *Numerische Methoden bei Optimierungsaufgaben* 3, 155-180.
It has the value of all (l, S) rows, and with capacity written in these shares HiGHS finds rows
that cut off fractional set-ups where capacity is short.
"""

from dataclasses import replace

import numpy as np

from c2m.production.lotsizing.programme import Programme, Rows
from c2m.production.lotsizing.write_programme import brought_by, wanted_so_far
from c2m.production.problem import Problem


class _Shares:
    """The columns z and what they stand for."""

    def __init__(self, problem: Problem, programme: Programme) -> None:
        brought = brought_by(problem, programme.runs)
        inside = brought.first < problem.n_periods
        self.run, self.sku = brought.run[inside], brought.sku[inside]
        self.first, self.units = brought.first[inside], brought.units[inside]
        wanted = wanted_so_far(problem)[:, :, 0]
        self.anew = np.diff(wanted, axis=0, prepend=0.0)  # [T, N]
        period = np.arange(problem.n_periods)
        serves = (period >= self.first[:, None]) & (self.anew.T[self.sku] > 0)
        self.pair, self.when = np.nonzero(serves)
        self.size = self.anew[self.when, self.sku[self.pair]]
        self.column = len(programme.gain) + np.arange(len(self.pair))
        self.left = len(programme.gain) + len(self.pair) + np.arange(len(self.run))


def n_shares(problem: Problem) -> int:
    """Count the shares that the form would have.

    Parameters
    ----------
    problem : Problem
        The problem.

    Returns
    -------
    int
        Periods after each possible run, for each SKU that it brings.
    """
    runs = np.count_nonzero(problem.items.most[problem.members.item], axis=0)
    return int(runs @ np.arange(problem.n_periods, 0, -1))


def with_shares(problem: Problem, programme: Programme) -> Programme:
    """Add the shares that runs serve to a programme with one path of demand.

    Parameters
    ----------
    problem : Problem
        The problem.
    programme : Programme
        Its programme.

    Returns
    -------
    Programme
        The same with more columns at the end; its relaxation is tighter.
    """
    shares = _Shares(problem, programme)
    new = len(shares.column) + len(shares.left)
    high = np.concatenate([np.ones(len(shares.column)), np.full(len(shares.left), np.inf)])
    rows = _capacity_in_shares(programme, shares)
    for more in (_makes(programme, shares), _serves(programme, shares), _set_up(programme, shares)):
        rows = rows.joined(more)
    return replace(
        programme,
        gain=np.concatenate([programme.gain, np.zeros(new)]),
        low=np.concatenate([programme.low, np.zeros(new)]),
        high=np.concatenate([programme.high, high]),
        whole=np.concatenate([programme.whole, np.zeros(new, dtype=bool)]),
        rows=rows,
    )


def _makes(programme: Programme, shares: _Shares) -> Rows:
    """Let a run serve what it brings, but for what is left of it."""
    each, zero = np.arange(len(shares.run)), np.zeros(len(shares.run))
    return Rows(
        np.concatenate([each, shares.pair, each]),
        np.concatenate([programme.runs.lots[shares.run], shares.column, shares.left]),
        np.concatenate([shares.units, -shares.size, np.full(len(each), -1.0)]),
        zero,
        zero,
    )


def _serves(programme: Programme, shares: _Shares) -> Rows:
    """Serve or lose what is wanted anew."""
    when, sku = np.nonzero(shares.anew > 0)
    number = np.full(shares.anew.shape, -1)
    number[when, sku] = np.arange(len(when))
    lost, size = programme.lost[:, :, 0], shares.anew[when, sku]
    later = when > 0
    row = [
        number[shares.when, shares.sku[shares.pair]],
        number[when, sku],
        number[when, sku][later],
    ]
    column = [shares.column, lost[when, sku], lost[when - 1, sku][later]]
    value = [np.ones(len(shares.column)), 1.0 / size, -1.0 / size[later]]
    one = np.ones(len(when))
    return Rows(np.concatenate(row), np.concatenate(column), np.concatenate(value), one, one)


def _set_up(programme: Programme, shares: _Shares) -> Rows:
    """Let a run that is not set up serve nothing."""
    run = shares.run[shares.pair]
    most = shares.units[shares.pair] * programme.high[programme.runs.lots[run]]
    each = np.arange(len(run))
    return Rows(
        np.concatenate([each, each]),
        np.concatenate([shares.column, programme.runs.setup[run]]),
        np.concatenate([np.ones(len(run)), -np.minimum(1.0, most / shares.size)]),
        np.full(len(run), -np.inf),
        np.zeros(len(run)),
    )


def _capacity_in_shares(programme: Programme, shares: _Shares) -> Rows:
    """Return the rows with capacity taken by shares instead of lots, where a run brings one SKU."""
    rows, count = programme.rows, len(programme.runs.item)
    alone = np.bincount(shares.run, minlength=count) == 1
    run_of = np.full(len(programme.gain), -1)
    run_of[programme.runs.lots[alone]] = np.flatnonzero(alone)
    taken = np.isin(rows.row, programme.capacity) & (run_of[rows.column] >= 0)
    cell, time = np.zeros(count, dtype=np.int64), np.zeros(count)
    cell[run_of[rows.column[taken]]] = rows.row[taken]
    time[run_of[rows.column[taken]]] = rows.value[taken]
    each = np.flatnonzero(time[shares.run] > 0)
    share = np.flatnonzero(time[shares.run[shares.pair]] > 0)
    unit_time = time[shares.run] / shares.units
    pair = shares.pair[share]
    return replace(
        rows,
        row=np.concatenate([rows.row[~taken], cell[shares.run[pair]], cell[shares.run[each]]]),
        column=np.concatenate([rows.column[~taken], shares.column[share], shares.left[each]]),
        value=np.concatenate(
            [rows.value[~taken], unit_time[pair] * shares.size[share], unit_time[each]]
        ),
    )
