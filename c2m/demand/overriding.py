"""What people know better than a forecast: set, spread, kept apart, and scored later."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.demand.demand import Demand
from c2m.demand.overriding_rows import SPAN, read_rows
from c2m.distribution import GammaPoisson, Law, LevelSets, PathSet, QuantileCurves
from c2m.distribution.law import read_levels
from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import plural, read_frame, share_of, text_codes
from c2m.periods import read_periods

Floats = NDArray[np.float64]

_LEVELS = (0.1, 0.5, 0.9)
"""Levels at which quantiles are scored."""

TOLD = (*SPAN, "series", "cells", "was", "set", "factor")
"""What is said of every override; a table that says it already is read all the same."""


@dataclass(frozen=True, eq=False, repr=False)
class DemandOverrides:
    """A forecast and what people have set in it, kept apart.

    Parameters
    ----------
    original : Demand
        The forecast.
    demand : Demand
        The same with what was set: its law has the new means and the same relative spread.
    table : DataFrame, a row an override
        What was asked for, then ``first`` and ``last`` (periods), ``series`` and ``cells`` (how
        many it touches), ``was`` and ``set`` (expected units in them) and ``factor``.
    touched : ndarray of int, shape (n_series, horizon)
        The row of `table` that set each cell; -1 for none.
    """

    original: Demand
    demand: Demand
    table: pd.DataFrame
    touched: NDArray[np.int64]

    def to_frame(self) -> pd.DataFrame:
        """Return the overrides.

        Returns
        -------
        DataFrame
            A copy of `table`.
        """
        return self.table.copy()

    def score(self, actual: object) -> pd.DataFrame:
        """Tell whether people or the forecast were nearer to what came.

        Parameters
        ----------
        actual : DataFrame or other Arrow table
            The key columns of the forecast, ``period`` and ``sales`` (where a stock-out cut
            them short, the unconstrained demand instead). Periods that have not come yet are
            left out.

        Returns
        -------
        DataFrame
            A row an override, then one for all: ``cells`` that are known, ``actual``,
            ``original`` and ``set`` units; ``error_original`` and ``error_set``, the sums of
            absolute errors of the cells; ``loss_original`` and ``loss_set``, the mean quantile
            loss of a cell at the levels 0.1, 0.5 and 0.9; ``better``, whether the absolute
            errors are smaller with what was set (unknown where no cell is known, or they are
            the same).

        Raises
        ------
        DataError
            If the table is wrong, or no row is of the forecast's series and periods.

        Warns
        -----
        C2MWarning
            With the count of rows of other series or periods, which are left out.
        """
        came = _read_actual(self.original, actual)
        known = ~np.isnan(came) & (self.touched >= 0)
        losses = [_loss(each, came) for each in (self.original, self.demand)]
        rows = []
        for number in [*range(len(self.table)), None]:
            cells = known & (self.touched == number) if number is not None else known
            rows.append(self._row(cells, came, losses))
        names = [*map(str, self.table.index + 1), "all"]
        return pd.DataFrame(rows, index=pd.Index(names, name="override"))

    def _row(
        self, cells: NDArray[np.bool_], came: Floats, losses: list[Floats]
    ) -> dict[str, object]:
        """Return the scores over some cells."""
        actual, original, given = came[cells], self.original.mean[cells], self.demand.mean[cells]
        errors = [float(np.abs(each - actual).sum()) for each in (original, given)]
        n = int(cells.sum())
        return {
            "cells": n,
            "actual": actual.sum(),
            "original": original.sum(),
            "set": given.sum(),
            "error_original": errors[0],
            "error_set": errors[1],
            "loss_original": losses[0][cells].mean() if n else np.nan,
            "loss_set": losses[1][cells].mean() if n else np.nan,
            "better": None if errors[0] == errors[1] else errors[1] < errors[0],
        }

    def __repr__(self) -> str:
        """Say what it is in one line."""
        was, now = self.original.mean.sum(), self.demand.mean.sum()
        return (
            f"DemandOverrides({plural(len(self.table), 'override')}, {was:,.0f} units expected, "
            f"{now:,.0f} as set)"
        )

    def _repr_html_(self) -> str:
        table = self.table.to_html(index=False, float_format="{:,.4g}".format, na_rep="")
        return f"<div><p><code>{escape(repr(self))}</code></p>{table}</div>"


def override_demand(
    demand: Demand, overrides: object, *, place: Callable[[int], str] = "row {}".format
) -> DemandOverrides:
    """Set what people know better than the forecast.

    A row chooses cells of the forecast: those of a SKU (or channel or location), or of all SKUs
    with an attribute such as a style; and those of a month, or from one period to another. What
    is set for them is spread over them in proportion to the forecast, so that every cell's mean
    changes by the same factor and keeps its relative spread. The forecast itself stays as it was.

    Parameters
    ----------
    demand : Demand
        The forecast.
    overrides : DataFrame or other Arrow table
        A row each. Key columns and attributes of the forecast, whichever are there, choose the
        series: empty stands for all. ``month`` (``"2026-12"``: periods whose first day lies in
        it), or ``from`` and ``to`` (first days of periods, both included), choose the periods:
        empty stands for all. Then either ``units``, what is expected of all these cells together,
        or ``change``, the share by which it is more (0.1) or less (-0.1). ``remark`` is kept.
    place : callable
        From a row number to what messages call the row.

    Returns
    -------
    DemandOverrides
        The forecast, the one with what was set, and the list.

    Raises
    ------
    DataError
        If the table is wrong: codes or attributes that are not there, no cells, two rows for one
        cell, or units for cells of which nothing was expected; all is listed.

    Warns
    -----
    C2MWarning
        With the count of rows whose units are for periods of which the forecast has only some:
        these get all of them.

    Examples
    --------
    >>> from c2m.periods import Calendar
    >>> week = Calendar.of("W")
    >>> demand = Demand(
    ...     keys=pd.DataFrame({"sku": ["A", "B"]}),
    ...     calendar=week,
    ...     first=int(week.ordinal("2026-11-23")),
    ...     law=GammaPoisson(np.array([[4.0, 6.0], [1.0, 3.0]]), 0.3, 0.1),
    ...     attributes=pd.DataFrame({"style": ["TEE", "TEE"]}),
    ... )
    >>> known = override_demand(demand, pd.DataFrame({"style": ["TEE"], "from": ["2026-11-23"],
    ...                                               "units": [28.0]}))
    >>> known
    DemandOverrides(1 override, 14 units expected, 28 as set)
    >>> known.demand.mean.tolist()
    [[8.0, 12.0], [2.0, 6.0]]
    >>> came = pd.DataFrame({"sku": ["A", "B"], "period": "2026-11-23", "sales": [9, 1]})
    >>> known.score(came).loc["all", ["error_original", "error_set"]].tolist()
    [5.0, 2.0]
    """
    if not isinstance(demand, Demand):
        raise ArgumentError(f"Expected a forecast (c2m.Demand) first, got {type(demand).__name__}.")
    table = read_frame(overrides, "demand overrides")
    own = {*demand.keys.columns, *demand.attributes.columns}
    asked = table.drop(columns=[name for name in TOLD if name in table.columns and name not in own])
    check = Check("demand overrides", asked, place)
    rows = read_rows(demand, check)
    touched = np.full(demand.mean.shape, -1, dtype=np.int64)
    factor = np.ones(demand.mean.shape)
    told = []
    twice = np.full(len(rows), -1)
    nothing = np.zeros(len(rows), dtype=bool)
    for number, row in enumerate(rows):
        cells = row.cells(demand)
        before = touched[cells]
        twice[number] = before.max(initial=-1)
        was = float(demand.mean[cells].sum())
        wanted = was * (1 + row.change) if row.units is None else row.units
        nothing[number] = was == 0 and wanted > 0
        times = wanted / was if was > 0 else 1.0
        touched[cells], factor[cells] = number, times
        told.append((*row.span(demand), len(row.series), int(cells.sum()), was, wanted, times))
    _refuse(check, twice, nothing)
    _warn_of_past([number for number, row in enumerate(rows) if row.past and row.units], check)
    law = scaled_law(demand.law, factor)
    made = pd.DataFrame(told, columns=list(TOLD)).drop(columns=list(own), errors="ignore")
    table = pd.concat([check.frame.reset_index(drop=True), made], axis=1)
    return DemandOverrides(demand, replace(demand, law=law), table, touched)


def _refuse(check: Check, twice: NDArray[np.int64], nothing: NDArray[np.bool_]) -> None:
    """Raise what is wrong with the cells that rows choose."""
    check.rows(
        twice >= 0,
        "sets cells that an earlier row sets",
        "give each SKU and period to one row, or join the rows",
        lambda row: check.place(int(twice[row])),
    )
    check.rows(
        nothing,
        "sets units where the forecast expects none, so that nothing says how to spread them",
        "give the SKUs a forecast first (LaunchModel), or choose others",
    )
    check.done()


def _warn_of_past(rows: list[int], check: Check) -> None:
    """Say whose units are meant for more periods than the forecast has."""
    if rows:
        told = share_of(len(rows), len(check.frame), "demand override")
        warn(
            f"{told} with units for periods past the forecast: all of them are set for the "
            f"periods that it has (first: {check.place(rows[0])})."
        )


def scaled_law(law: Law, factor: Floats) -> Law:
    """Return the law of a demand that is larger or smaller by known factors.

    Parameters
    ----------
    law : Law
        One of `c2m.distribution`.
    factor : ndarray, shape (S, H)
        What each mean is multiplied by, at least 0.

    Returns
    -------
    Law
        Of the same kind, with the same relative spread.

    Raises
    ------
    ArgumentError
        If the law is none of `c2m.distribution`.
    """
    if isinstance(law, GammaPoisson | LevelSets):
        return law.scaled(factor)
    if isinstance(law, QuantileCurves):
        return replace(law, values=law.arrays()["values"] * factor[..., None])
    if isinstance(law, PathSet):
        return PathSet(law.paths * factor.astype(np.float32))
    raise ArgumentError(f"Expected a law of c2m.distribution, got {type(law).__name__}.")


def _read_actual(demand: Demand, actual: object) -> Floats:
    """Return what came, NaN where it is not known, shape (n_series, horizon)."""
    check = Check("actual", read_frame(actual, "actual"))
    keys = [str(name) for name in demand.keys.columns]
    if not (check.columns([*keys, "period", "sales"]) and check.not_empty()):
        check.done()
    for name in keys:
        check.codes(name, each=True)
    check.numbers("sales", at_least=0, unknown=True)
    ordinals = read_periods(check, "period", demand.calendar, tz=None)
    check.done()
    check.unique([*keys, "period"], {"period": ordinals})
    rows = pd.MultiIndex.from_arrays([text_codes(check.frame[name]) for name in keys])
    series = pd.MultiIndex.from_frame(demand.keys).get_indexer(rows)
    step = ordinals - demand.first
    check.done()
    here = (series >= 0) & (step >= 0) & (step < demand.horizon)
    if not here.any():
        raise DataError("actual", ["no row is of the forecast's series and periods"], "pass them")
    if not here.all():
        told = share_of(int((~here).sum()), len(here), "row", "is")
        warn(f"{told} of no series and period of the forecast (`actual`) and left out.")
    came = np.full(demand.mean.shape, np.nan)
    came[series[here], step[here]] = check.frame["sales"].to_numpy(dtype=np.float64)[here]
    return came


def _loss(demand: Demand, came: Floats) -> Floats:
    """Return the mean quantile loss of each cell, shape (n_series, horizon)."""
    levels = read_levels(_LEVELS)
    short = came[..., None] - demand.quantiles(levels)  # [S, H, L]
    loss: Floats = np.maximum(levels * short, (levels - 1) * short).mean(axis=-1)
    return loss
