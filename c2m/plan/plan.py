"""The plan type: which SKU is made on which line, in which period, how many, and why."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from c2m.periods import Calendar
from c2m.plan import doors, view
from c2m.plan.tables import FloatArray, check_tables, freeze
from c2m.storage import read_folder, write_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes

BoundKind = Literal["proved", "heuristic", "none"]


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """The runs of a factory, what they are expected to bring, and the reason of each.

    A run in period t can be sold from ``available``, its lead time later. Make a plan with
    `c2m.plan_production`, or from anyone's table with `Plan.from_frame`. Its methods only read
    what is stored; they never plan again.

    Parameters
    ----------
    skus : tuple of str
        Every SKU that was planned, made or not; sorted.
    calendar : Calendar
        How days make periods.
    first : int
        The calendar's number of the first planned period.
    n_periods : int
        How many periods were planned.
    tables : mapping of str to DataFrame
        ``runs``, ``load``, ``shortfalls``, ``reasons``, ``changes``, ``materials`` and
        ``allowances``, with the columns of `RUNS`, `LOAD` and so on. A table that is left out
        is empty.
    outlook : mapping of str to ndarray, shape (n_skus, n_periods)
        The arrays of `OUTLOOK`: expected units wanted, made, arriving (in the first period with
        the stock that was there before), in stock at the end of the period and lost, and the
        chance of a stock-out. Empty for plans from outside.
    costs : mapping of str to float
        Expected money by kind; ``expected_profit`` is revenue and end value less the costs.
    inputs : mapping of str to DataFrame
        The tables that the plan was made from.
    currency : str, optional
        Of all money.
    bound : float, optional
        No plan has a higher expected profit over these scenarios (``"proved"``), or an estimate
        of the best plan's, which a plan may beat (``"heuristic"``).
    bound_kind : {"proved", "heuristic", "none"}
        What the bound is worth.
    bound_from : str
        What the bound comes from: ``"all scenarios at once"``, ``"capacity prices"``,
        ``"scenario prices"`` (every path pays its own prices of units and runs),
        ``"perfect foresight"`` (loose where demand is uncertain: it also pays for not knowing),
        or ``"columns found"`` (an estimate, from the runs that the search met). Without a bound,
        why there is none, where that is known.
    method : str
        How the plan was made.
    seed, n_scenarios : int
        Of the demand scenarios.

    Raises
    ------
    DataError
        If tables or arrays break these rules.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"sku": ["A"], "line": ["L1"], "period": ["2026-11-23"],
    ...                       "quantity": [120]})
    >>> plan = Plan.from_frame(frame, freq="W", lead_time_periods=2)
    >>> plan
    Plan(1 run, 1 SKU x 3 W periods from 2026-11-23, 'outside', no bound)
    >>> plan.runs["available"].dt.date.tolist()
    [datetime.date(2026, 12, 7)]
    """

    skus: tuple[str, ...]
    calendar: Calendar
    first: int
    n_periods: int
    tables: Mapping[str, pd.DataFrame]
    outlook: Mapping[str, FloatArray] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)
    inputs: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    currency: str | None = None
    bound: float | None = None
    bound_kind: BoundKind = "none"
    bound_from: str = ""
    method: str = "outside"
    seed: int | None = None
    n_scenarios: int = 0

    def __post_init__(self) -> None:
        """Check everything at the door and make the arrays read-only."""
        tables = doors.with_empty(dict(self.tables))
        object.__setattr__(self, "tables", MappingProxyType(tables))
        object.__setattr__(self, "outlook", freeze(self.outlook))
        costs = {name: float(money) for name, money in self.costs.items()}
        object.__setattr__(self, "costs", MappingProxyType(costs))
        inputs = {name: doors.plain_input(table) for name, table in self.inputs.items()}
        object.__setattr__(self, "inputs", MappingProxyType(inputs))
        check_tables(self)

    # ---------------------------------------------------------------- doors

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        freq: str | pd.DataFrame | Calendar,
        sku: str = "sku",
        line: str = "line",
        period: str = "period",
        quantity: str = "quantity",
        lead_time_periods: str | int | None = None,
        available: str | None = None,
        first: object = None,
        horizon: int | None = None,
        currency: str | None = None,
    ) -> "Plan":
        """Make a plan from anyone's table of runs.

        Parameters
        ----------
        frame : DataFrame, pyarrow.Table, polars.DataFrame or other Arrow table
            One row a run: unique SKU, line and period.
        freq : str, DataFrame or Calendar
            See `Calendar.of`. Every period must be the first day of a period of this freq.
        sku, line : str
            Columns of codes.
        period : str
            Column of the periods in which runs are made.
        quantity : str
            Column of whole units, at least 1.
        lead_time_periods : str or int, optional
            Column, or one number for all runs: periods from making to selling.
        available : str, optional
            Column of the periods from which runs can be sold. Pass this or `lead_time_periods`.
        first : date, optional
            First planned period; the first run's unless given.
        horizon : int, optional
            Number of planned periods; up to the last arrival unless given.
        currency : str, optional
            Of money.

        Returns
        -------
        Plan
            A plan without outlook, costs or bound.

        Raises
        ------
        DataError
            If the table breaks these rules; every problem is listed with its count.
        ArgumentError
            If both or neither of `lead_time_periods` and `available` are given.
        """
        names = doors.Names(sku, line, period, quantity, lead_time_periods, available)
        calendar = Calendar.of(freq)
        parts = doors.read_runs(frame, names, calendar, first=first, horizon=horizon)
        return cls(**parts, currency=currency)

    def to_frame(self) -> pd.DataFrame:
        """Return the runs, which `from_frame` reads back with ``available="available"``.

        Returns
        -------
        DataFrame
            The columns of `RUNS`, in the order period, line, SKU.
        """
        return self.runs

    def to_arrow(self) -> "pa.Table":
        """Return `to_frame` as an Arrow table.

        Returns
        -------
        pyarrow.Table
            The same rows and columns.
        """
        import pyarrow as pa

        return pa.Table.from_pandas(self.to_frame(), preserve_index=False)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the runs to any library that speaks the Arrow PyCapsule protocol."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the plan to a folder (see `c2m.storage`).

        Parameters
        ----------
        path : path
            The folder; a saved plan that is there is replaced.
        """
        write_folder(path, "plan", doors.to_folder(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Plan":
        """Read a plan that `save` wrote.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Plan
            The same plan, bit for bit.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no plan.
        """
        return cls(**doors.from_folder(read_folder(path, "plan")))

    def to_excel(
        self, path: str | os.PathLike[str], demand: Any = None, *, since: "Plan | None" = None
    ) -> None:
        """Write the plan as a workbook; needs ``pip install "c2m[report]"``.

        What a person sets in its coloured cells, `c2m.with_overrides` reads back and costs.

        Parameters
        ----------
        path : path
            The ``.xlsx`` file.
        demand : Demand, optional
            The forecast it was made from, for the sheet of forecasts; the workbook carries it.
        since : Plan, optional
            The plan before, for the sheet of what changed.
        """
        from c2m.report import write_workbook

        write_workbook(path, self, demand, since=since)

    # ---------------------------------------------------------------- what it holds

    @property
    def runs(self) -> pd.DataFrame:
        """A copy of the runs: the columns of `RUNS`."""
        return self.tables["runs"].copy()

    @property
    def line_load(self) -> pd.DataFrame:
        """A copy of the load of every line and period: the columns of `LOAD`."""
        return self.tables["load"].copy()

    @property
    def shortfalls(self) -> pd.DataFrame:
        """A copy of what is wanted and cannot be made: the columns of `SHORTFALLS`."""
        return self.tables["shortfalls"].copy()

    @property
    def reasons(self) -> pd.DataFrame:
        """A copy of the numbers behind the runs: the columns of `REASONS`."""
        return self.tables["reasons"].copy()

    @property
    def changes(self) -> pd.DataFrame:
        """A copy of what was changed of an older plan: the columns of `CHANGES`."""
        return self.tables["changes"].copy()

    @property
    def materials(self) -> pd.DataFrame:
        """A copy of what runs use of materials, and its orders: the columns of `MATERIALS`."""
        return self.tables["materials"].copy()

    @property
    def allowances(self) -> pd.DataFrame:
        """A copy of what runs take of budgets, materials and so on: the columns of `ALLOWANCES`."""
        return self.tables["allowances"].copy()

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the planned periods."""
        return self.calendar.labels(self.first, self.n_periods)

    @property
    def cutoff(self) -> pd.Timestamp:
        """Label of the period before the first planned one."""
        return pd.Timestamp(self.calendar.label([self.first - 1])[0])

    @property
    def freq(self) -> str:
        """The calendar's freq."""
        return self.calendar.freq

    @property
    def expected_profit(self) -> float | None:
        """Expected profit over the scenarios; unknown for plans from outside."""
        return self.costs.get("expected_profit")

    @property
    def gap(self) -> float | None:
        """How far the profit may be below the best, as a share of the bound."""
        profit = self.expected_profit
        if profit is None or self.bound is None:
            return None
        return max(0.0, self.bound - profit) / max(abs(self.bound), 1e-9)

    def __len__(self) -> int:
        """Return the number of runs."""
        return len(self.tables["runs"])

    def __eq__(self, other: object) -> bool:
        """Compare everything that is stored; NaN equals NaN."""
        return isinstance(other, Plan) and doors.same(self, other)

    __hash__ = None  # type: ignore[assignment]

    # ---------------------------------------------------------------- for people

    def summary(self) -> pd.DataFrame:
        """Return the plan's main figures.

        Returns
        -------
        DataFrame
            Index ``figure``; columns ``value`` (counts whole, the others rounded) and ``unit``.
        """
        return view.summary(self)

    def explain(self, sku: str, *, each_run: bool = False) -> str:
        """Say in plain words why a SKU is made as it is.

        Parameters
        ----------
        sku : str
            One of `skus`.
        each_run : bool
            Whether every run gets a paragraph; otherwise one sums up the SKU.

        Returns
        -------
        str
            Three to seven sentences a paragraph, built from the numbers in `reasons`.

        Raises
        ------
        ArgumentError
            If the plan has no such SKU.
        """
        return view.explain(self, sku, each_run=each_run)

    def explain_runs(self) -> pd.DataFrame:
        """Say in plain words why each run has its size.

        Returns
        -------
        DataFrame
            ``sku``, ``run`` and ``text``: a row a run, and one for each SKU that is not made
            (its ``run`` is empty); empty where the plan came without reasons.
        """
        return view.explain_runs(self, self.reasons, self.runs)

    def plot(self, ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
        """Draw the load of each line against its capacity; needs ``pip install "c2m[report]"``.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; a new figure unless given.
        sku : str, optional
            Draw what is made, wanted, in stock and lost of a SKU instead.

        Returns
        -------
        Axes
            The drawing.
        """
        from c2m.plot import plot_plan, plot_stock

        return plot_plan(self, ax=ax) if sku is None else plot_stock(self, ax, sku=sku)

    def __repr__(self) -> str:
        """Return the plan in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        """Return the summary as HTML for a notebook."""
        return view.html(self)
