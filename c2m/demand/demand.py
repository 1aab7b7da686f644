"""The demand type: a law of what will be wanted, per series and period after the cutoff."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from c2m.checks import Check
from c2m.demand import doors, view
from c2m.demand.update import given_law
from c2m.distribution import Law, PathSet
from c2m.distribution.law import read_count, read_levels
from c2m.errors import ArgumentError
from c2m.periods import Calendar, check_span
from c2m.series import (
    check_keys,
    check_names,
    common_attributes,
    find_skus,
    group_series,
    plain_attributes,
    plain_keys,
)
from c2m.storage import read_folder, write_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Quantile levels that tables show unless told."""


@dataclass(frozen=True, eq=False, repr=False)
class Demand:
    """The forecast of gross demand: mean, quantiles and joint paths, per series and period.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        As in `Panel`: ``sku``, optionally ``channel`` and ``location``; sorted.
    calendar : Calendar
        How days make periods.
    first : int
        The calendar's number of the first period forecast, the one after the cutoff.
    law : Law
        The joint distribution over (n_series, horizon): `c2m.distribution.GammaPoisson`,
        `LevelSets`, `QuantileCurves` or `PathSet`.
    attributes : DataFrame, n_series rows
        What does not change over time: style, colour, category.
    notes : tuple of str
        What the forecaster has to say: which model was picked and why.

    Raises
    ------
    DataError
        If keys and law do not fit.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from c2m.distribution import GammaPoisson
    >>> week = Calendar.of("W")
    >>> demand = Demand(
    ...     keys=pd.DataFrame({"sku": ["A", "B"]}),
    ...     calendar=week,
    ...     first=int(week.ordinal("2026-11-23")),
    ...     law=GammaPoisson(np.array([[4.0, 5.0], [0.5, 0.5]]), 0.3, 0.1),
    ... )
    >>> demand
    Demand(2 series x 2 W periods, 2026-11-23 to 2026-11-30, 10 units expected)
    >>> demand.total(levels=[0.5, 0.95])
    array([[ 8., 18.],
           [ 1.,  3.]])
    >>> demand.sample(3, seed=1).shape
    (3, 2, 2)
    """

    keys: pd.DataFrame
    calendar: Calendar
    first: int
    law: Law
    attributes: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that keys, attributes and law fit together."""
        object.__setattr__(self, "keys", plain_keys(self.keys))
        attributes = plain_attributes(self.attributes, len(self.keys))
        object.__setattr__(self, "attributes", attributes)
        object.__setattr__(self, "first", int(self.first))
        notes = [self.notes] if isinstance(self.notes, str) else self.notes
        object.__setattr__(self, "notes", tuple(map(str, notes)))
        check = Check("demand", self.keys)
        check_keys(self.keys, check)
        if self.law.mean.ndim != 2 or self.law.mean.shape[0] != len(self.keys):
            check.add(
                f"the law has shape {self.law.mean.shape} for {len(self.keys)} keys",
                "pass one row of the law a key",
            )
        elif not self.law.mean.shape[1]:
            check.add("it has no period", "forecast at least one period")
        else:
            check_span(self.calendar, self.first, self.horizon, check)
        if len(self.attributes) != len(self.keys):
            check.add("attributes and keys differ in length", "pass one row of attributes a series")
        check_names([*self.keys.columns, "period", "mean", *self.attributes.columns], check)
        check.done()

    # ---------------------------------------------------------------- doors

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        freq: str | pd.DataFrame | Calendar,
        sku: str = "sku",
        period: str = "period",
        channel: str | None = None,
        location: str | None = None,
        path: str | None = None,
        value: str = "demand",
        quantiles: Mapping[float, str] | None = None,
        dependence: float | None = None,
        attributes: Sequence[str] = (),
        tz: str | None = None,
    ) -> "Demand":
        """Make a forecast from anyone's paths or quantiles.

        Parameters
        ----------
        frame : DataFrame, pyarrow.Table, polars.DataFrame or other Arrow table
            One row per series, period and path; or per series and period, with a column a level.
        freq : str, DataFrame or Calendar
            See `Calendar.of`.
        sku : str
            Column of the SKUs.
        period : str
            Column of the periods' first days.
        channel, location : str, optional
            Columns that name the series together with `sku`.
        path : str, optional
            Column that names the path; the same names must exist for every series and period.
        value : str
            With `path`: column of the demand in units.
        quantiles : mapping of float to str, optional
            Level -> column, for example ``{0.1: "lo-80", 0.5: "median", 0.9: "hi-80"}``.
        dependence : float, optional
            With `quantiles`, and then required: correlation of two periods' normal scores, 0 for
            independent periods, 1 for a path that is high or low throughout. Without it the
            demand over a lead time is not defined.
        attributes : sequence of str
            Columns that are the same in all rows of a series, such as style, colour and size.
        tz : str, optional
            Zone of the shop's days, for periods that carry one.

        Returns
        -------
        Demand
            The forecast; its cutoff is the period before the first.

        Raises
        ------
        ArgumentError
            If neither or both of `path` and `quantiles` are given, `quantiles` has fewer than two
            levels, or `dependence` is missing or outside 0 to 1.
        DataError
            If the table is incomplete, negative, crossing or otherwise broken; all is listed.

        Warns
        -----
        C2MWarning
            If columns of the table are named by no argument.
        """
        named = (attributes,) if isinstance(attributes, str) else tuple(attributes)
        names = doors.Names(sku, period, channel, location, tz, named)
        calendar = Calendar.of(freq)
        doors.check_given(path, quantiles)
        if not quantiles:
            return cls(**doors.read_paths(frame, names, calendar, path=str(path), value=value))
        if dependence is None:
            raise ArgumentError(
                "Expected dependence= beside quantiles=: 0 if periods err independently, 1 if a "
                "series errs the same way in all periods; quantiles alone do not say how much is "
                "needed over several periods."
            )
        parts = doors.read_quantiles(frame, names, calendar, dict(quantiles), dependence)
        return cls(**parts)

    def to_frame(self, levels: ArrayLike = LEVELS) -> pd.DataFrame:
        """Return a long table.

        Parameters
        ----------
        levels : array_like
            Quantile levels.

        Returns
        -------
        DataFrame, n_series * horizon rows
            Key columns, ``period``, ``mean``, a column a level (``q0.5``), the attributes.
        """
        return doors.to_long(self, read_levels(levels))

    def to_arrow(self, levels: ArrayLike = LEVELS) -> "pa.Table":
        """Return `to_frame` as an Arrow table.

        Parameters
        ----------
        levels : array_like
            Quantile levels.

        Returns
        -------
        pyarrow.Table
            The same rows and columns.
        """
        import pyarrow as pa

        return pa.Table.from_pandas(self.to_frame(levels), preserve_index=False)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the long table to any library that speaks the Arrow PyCapsule protocol."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the forecast to a folder (see `c2m.storage`).

        Parameters
        ----------
        path : path
            The folder; a saved forecast that is there is replaced.
        """
        write_folder(path, "demand", doors.to_folder(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Demand":
        """Read a forecast that `save` wrote.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Demand
            The same forecast, bit for bit.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no forecast.
        """
        return cls(**doors.from_folder(read_folder(path, "demand")))

    # ---------------------------------------------------------------- what it holds

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.keys)

    @property
    def horizon(self) -> int:
        """How many periods are forecast."""
        return int(self.law.mean.shape[1])

    @property
    def skus(self) -> list[str]:
        """The SKU of each series, in order."""
        return [str(code) for code in self.keys["sku"]]

    @property
    def freq(self) -> str:
        """The calendar's freq."""
        return self.calendar.freq

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the periods forecast."""
        return self.calendar.labels(self.first, self.horizon)

    @property
    def cutoff(self) -> pd.Timestamp:
        """Label of the last period that was observed."""
        return self.calendar.labels(self.first - 1, 1)[0]

    @property
    def mean(self) -> Floats:
        """Expected demand, shape (n_series, horizon), in units."""
        return self.law.mean

    def __len__(self) -> int:
        """Return the number of series."""
        return self.n_series

    def __eq__(self, other: object) -> bool:
        """Compare everything that is stored."""
        return isinstance(other, Demand) and doors.same(self, other)

    __hash__ = None  # type: ignore[assignment]

    # ---------------------------------------------------------------- questions

    def quantiles(self, levels: ArrayLike = LEVELS) -> Floats:
        """Return quantiles of each period's demand.

        Parameters
        ----------
        levels : array_like
            Probabilities, each above 0 and below 1.

        Returns
        -------
        ndarray, shape (n_series, horizon, n_levels)
            Units; never negative, never falling from level to level.
        """
        return self.law.quantiles(read_levels(levels))

    def total(self, start: int = 0, stop: int | None = None, levels: ArrayLike = LEVELS) -> Floats:
        """Return quantiles of the demand summed over several periods, such as a lead time.

        Parameters
        ----------
        start, stop : int
            Half-open range of steps, 0 being the first period forecast.
        levels : array_like
            Probabilities.

        Returns
        -------
        ndarray, shape (n_series, n_levels)
            Units. Never a sum of quantiles: from the joint law.

        Raises
        ------
        ArgumentError
            If the range is empty or leaves the horizon.
        """
        end = self.horizon if stop is None else stop
        whole = all(isinstance(step, int | np.integer) for step in (start, end))
        if not whole or not 0 <= start < end <= self.horizon:
            raise ArgumentError(
                f"Expected steps within 0 to {self.horizon}, start before stop, "
                f"got {start!r} to {end!r}."
            )
        return self.law.total(start, end, read_levels(levels), self.codes)

    def sample(self, n: int, seed: int, skus: Sequence[str] | None = None) -> NDArray[np.float32]:
        """Return joint paths of demand.

        Parameters
        ----------
        n : int
            How many, at least 1.
        seed : int
            Seed. A series draws the same numbers whatever other series are asked for.
        skus : sequence of str, optional
            Only the series of these SKUs, in the order of `keys`.

        Returns
        -------
        ndarray of float32, shape (n, n_series, horizon)
            Units.
        """
        n = read_count(n, "n >= 1 paths")
        part = self if skus is None else self.select(skus)
        return part.law.draw(n, seed, part.codes)

    def iter_samples(
        self, n: int, seed: int, block: int = 1000
    ) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        """Yield the paths of `sample` for one block of series after another.

        Parameters
        ----------
        n : int
            How many paths.
        seed : int
            Seed.
        block : int
            How many series at a time; memory grows with it, the bits do not change.

        Yields
        ------
        slice
            Which series.
        ndarray of float32, shape (n, at most block, horizon)
            Their paths.
        """
        n, block = read_count(n, "n >= 1 paths"), read_count(block, "block >= 1 series")
        codes = self.codes
        for start in range(0, self.n_series, block):
            where = slice(start, min(start + block, self.n_series))
            part = self.law.rows(np.arange(where.start, where.stop))
            yield where, part.draw(n, seed, codes[where])

    # ---------------------------------------------------------------- other readings

    def resample(self, freq: str | pd.DataFrame | Calendar) -> "Demand":
        """Return the forecast over longer periods, from the joint law.

        Parameters
        ----------
        freq : str, DataFrame or Calendar
            Of the longer periods. Each must be a whole number of this forecast's periods.

        Returns
        -------
        Demand
            The forecast over the longer periods.

        Raises
        ------
        ArgumentError
            If a period is cut in two, or the horizon covers a longer period only in part.
        """
        calendar = Calendar.of(freq)
        steps = doors.match_periods(self.calendar, self.first, self.horizon, calendar)
        law = self.law.merge(steps - steps[0], self.codes)
        return replace(self, calendar=calendar, first=int(steps[0]), law=law)

    def given(self, sales: object) -> "Demand":
        """Return the forecast of what remains after the first periods were sold.

        Parameters
        ----------
        sales : DataFrame or array_like
            Sales of the first k periods: a long table of the key columns, ``period`` and
            ``sales``, complete; or an array of shape (n_series, k). Where a stock-out cut them
            short, pass the unconstrained demand instead.

        Returns
        -------
        Demand
            Over the remaining horizon - k periods; the cutoff moves by k.

        Notes
        -----
        The level of each series has a gamma law with mean 1. Sales update it as in Bayes' rule
        for a Poisson count, tempered by the periods' own dispersion (see
        `c2m.demand.update`). A level that series share is updated by the sales of all of them
        first. A law without such a level is first summarised by its mean, dispersion and level
        variance.
        """
        if hasattr(sales, "__arrow_c_stream__") or isinstance(sales, pd.DataFrame):
            sold = doors.read_sales(self, sales)
        else:
            sold = doors.read_array(sales)
        law = given_law(self.law, sold, self.codes)
        return replace(self, first=self.first + sold.shape[1], law=law)

    def select(self, skus: Sequence[str]) -> "Demand":
        """Return the series of some SKUs.

        Parameters
        ----------
        skus : sequence of str
            Which; the order does not matter.

        Returns
        -------
        Demand
            Their forecast.

        Raises
        ------
        ArgumentError
            If there is no series of a SKU, or no SKU is given.
        """
        rows = find_skus(self.keys, skus)
        if len(rows) == self.n_series:
            return self
        changed: dict[str, Any] = {
            "keys": self.keys.iloc[rows],
            "attributes": self.attributes.iloc[rows],
            "law": self.law.rows(rows),
        }
        return replace(self, **changed)

    def rollup(self, by: str | Sequence[str], *, n: int = 1000, seed: int = 0) -> "Demand":
        """Add series up by their paths: over locations, or to styles.

        Parameters
        ----------
        by : str or sequence of str
            See `Panel.rollup`.
        n : int
            How many paths are added.
        seed : int
            Their seed.

        Returns
        -------
        Demand
            A law of n paths, each the sum of the parts' paths with the same seed.
        """
        n = read_count(n, "n >= 1 paths")
        keys, group = group_series(self.keys, self.attributes, by)
        sums = np.zeros((n, len(keys), self.horizon))
        for where, paths in self.iter_samples(n, seed):
            present, own = np.unique(group[where], return_inverse=True)
            order = np.argsort(own, kind="stable")
            begins = np.searchsorted(own[order], np.arange(len(present)))
            sums[:, present] += np.add.reduceat(paths[:, order], begins, axis=1)  # [n, G, H]
        return replace(
            self,
            keys=keys,
            law=PathSet(sums.astype(np.float32)),
            attributes=common_attributes(self.attributes, group),
        )

    # ---------------------------------------------------------------- looking at it

    def summary(self) -> pd.DataFrame:
        """Describe the demand over the whole horizon.

        Returns
        -------
        DataFrame, n_series rows
            Key columns, then mean and the 5, 50 and 95 % quantiles of the total, in units.
        """
        return view.summary(self)

    def plot(self, ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
        """Plot the fan of one SKU, or of the total.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            Where to draw.
        sku : str, optional
            The SKU; the total of all series unless given.

        Returns
        -------
        matplotlib Axes
            The drawing.
        """
        from c2m.plot import plot_demand

        return plot_demand(self, ax=ax, sku=sku)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        return view.html(self)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """A name for each series, which keys its random numbers."""
        rows = self.keys.itertuples(index=False, name=None)
        return tuple("\x1f".join(map(_escaped, row)) for row in rows)


def _escaped(code: str) -> str:
    """Mark the joining character where a code has it, so that no two rows join to the same."""
    return code.replace("\x1b", "\x1b\x1b").replace("\x1f", "\x1b\x1f")
