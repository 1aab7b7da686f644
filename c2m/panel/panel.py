"""The panel type: named arrays of series by period, and what was known at its cutoff."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.panel import doors, folder, reading, view
from c2m.panel.channels import Rollup
from c2m.panel.checks import check_panel, freeze, spread, stored
from c2m.panel.rollup import roll_up
from c2m.periods import Calendar
from c2m.series import SkuIndex, plain_attributes, plain_keys
from c2m.storage import read_folder, write_folder

if TYPE_CHECKING:
    import pyarrow as pa
    from matplotlib.axes import Axes

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """What was known, per series and period.

    A series is a SKU, optionally in a channel and at a location. Unknown is NaN, never 0. Series
    stand in the order of their keys. Make one with `Panel.from_frame` or `c2m.build_panel`.

    Parameters
    ----------
    keys : DataFrame, n_series rows
        Columns ``sku``, and where there are such, ``channel`` and ``location``; text, unique,
        sorted.
    calendar : Calendar
        How days make periods.
    first : int
        The calendar's number of the first period.
    n_periods : int
        How many periods were observed.
    channels : mapping of str to ndarray of float32
        Observed channels: shape (n_series, n_periods). Those named in `known`: shape
        (n_series, n_periods + n_ahead), their values after the cutoff as planned at the cutoff.
        What is the same for all series (ad spend, weather) may be one row, shape (n_periods,) or
        (n_periods + n_ahead,): it is kept once and reads as if every series had it.
    known : tuple of str
        Channels that are known ahead: planned price, promotion, calendar.
    target : str
        The channel to forecast: ``"sales"``, or ``"demand"`` where it was unconstrained.
    attributes : DataFrame, n_series rows
        What does not change over time: style, colour, size, category.
    currency : str, optional
        Of prices and revenue.
    tz : str, optional
        The zone whose days are meant.

    Raises
    ------
    DataError
        If shapes, keys or values break these rules; every problem is listed.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({
    ...     "sku": ["A", "A", "B", "B"],
    ...     "period": ["2026-11-02", "2026-11-09"] * 2,
    ...     "sales": [3, 1, 0, 2],
    ... })
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> panel
    Panel(2 series x 2 W periods, 2026-11-02 to 2026-11-09, target 'sales')
    >>> panel["sales"]
    array([[3., 1.],
           [0., 2.]], dtype=float32)
    """

    keys: pd.DataFrame
    calendar: Calendar
    first: int
    n_periods: int
    channels: Mapping[str, FloatArray]
    known: tuple[str, ...] = ()
    target: str = "sales"
    attributes: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str | None = None
    tz: str | None = None

    def __post_init__(self) -> None:
        """Check everything at the door and make the arrays read-only."""
        object.__setattr__(self, "keys", plain_keys(self.keys))
        attributes = plain_attributes(self.attributes, len(self.keys))
        object.__setattr__(self, "attributes", attributes)
        object.__setattr__(self, "first", int(self.first))
        object.__setattr__(self, "n_periods", int(self.n_periods))
        object.__setattr__(self, "known", tuple(sorted(set(self.known))))
        arrays = spread(self.channels, len(self.keys))
        check_panel(self, arrays)
        object.__setattr__(self, "channels", freeze(arrays))

    # ---------------------------------------------------------------- doors

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        freq: str | pd.DataFrame | Calendar,
        sku: str = "sku",
        period: str = "period",
        target: str = "sales",
        channel: str | None = None,
        location: str | None = None,
        signals: Sequence[str] = (),
        known: Sequence[str] = (),
        attributes: Sequence[str] = (),
        gaps: Literal["zero", "unknown"] | None = None,
        currency: str | None = None,
        tz: str | None = None,
    ) -> "Panel":
        """Make a panel from a long table: one row per series and period.

        Parameters
        ----------
        frame : DataFrame, pyarrow.Table, polars.DataFrame or other Arrow table
            The table. Rows after the last known `target` may hold `known` columns only.
        freq : str, DataFrame or Calendar
            See `Calendar.of`. Every period must be the first day of a period of this freq.
        sku : str
            Column of the SKUs. Codes are text; whole numbers become their digits.
        period : str
            Column of the periods' first days; times with a zone need `tz`.
        target : str
            Column to forecast, in units, at least 0.
        channel, location : str, optional
            Columns that name the series together with `sku`.
        signals : sequence of str
            Observed columns: views, carts, price as it was, in-stock share.
        known : sequence of str
            Columns known ahead: planned price, promotion, holidays.
        attributes : sequence of str
            Columns that do not change within a series.
        gaps : {"zero", "unknown"}, optional
            What a missing row between a series' first row and the cutoff means. No default,
            because both are common: nothing happened, or nobody recorded it. A row without a
            value of `target` is unknown either way; ``"unknown"`` says that this is meant.
        currency : str, optional
            A code such as ``"EUR"``, or the column that holds it.
        tz : str, optional
            Zone of the shop's days.

        Returns
        -------
        Panel
            The panel. Before its first row a series is unknown (not yet on sale).

        Raises
        ------
        DataError
            If the table breaks these rules; every problem is listed with its count.

        Warns
        -----
        C2MWarning
            If columns of the table are named by no argument, or values of `target` are unknown
            after the first of their series.
        """
        names = reading.Names(
            sku,
            period,
            target,
            channel,
            location,
            reading.listed(signals),
            reading.listed(known),
            reading.listed(attributes),
        )
        calendar = Calendar.of(freq)
        return cls(**reading.read_long(frame, names, calendar, gaps=gaps, currency=currency, tz=tz))

    def to_frame(self, *, ahead: bool = False) -> pd.DataFrame:
        """Return a long table that `from_frame` reads back.

        Parameters
        ----------
        ahead : bool
            Whether to add the periods after the cutoff, for which only `known` channels have
            values.

        Returns
        -------
        DataFrame, n_series * n_periods rows
            Key columns, ``period``, the channels, the attributes; series by series.

        Raises
        ------
        DataError
            If a channel and an attribute share their name.
        """
        return doors.to_long(self, ahead=ahead)

    def to_arrow(self, *, ahead: bool = False) -> "pa.Table":
        """Return `to_frame` as an Arrow table.

        Parameters
        ----------
        ahead : bool
            See `to_frame`.

        Returns
        -------
        pyarrow.Table
            The same rows and columns.
        """
        import pyarrow as pa

        return pa.Table.from_pandas(self.to_frame(ahead=ahead), preserve_index=False)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Hand the long table to any library that speaks the Arrow PyCapsule protocol."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the panel to a folder (see `c2m.storage`).

        Parameters
        ----------
        path : path
            The folder; a saved panel that is there is replaced.
        """
        write_folder(path, "panel", folder.to_folder(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Panel":
        """Read a panel that `save` wrote.

        Parameters
        ----------
        path : path
            The folder.

        Returns
        -------
        Panel
            The same panel, bit for bit.

        Raises
        ------
        DataError
            If the folder is incomplete, changed or no panel.
        """
        return cls(**folder.from_folder(read_folder(path, "panel")))

    # ---------------------------------------------------------------- what it holds

    @property
    def n_series(self) -> int:
        """How many series there are."""
        return len(self.keys)

    @property
    def n_ahead(self) -> int:
        """How many periods after the cutoff the known channels reach."""
        widths = [self.channels[name].shape[1] for name in self.known]
        return max(widths, default=self.n_periods) - self.n_periods

    @property
    def skus(self) -> list[str]:
        """The SKU of each series, in order."""
        return [str(code) for code in self.keys["sku"]]

    @cached_property
    def sku_index(self) -> SkuIndex:
        """Where the series of each SKU are."""
        return SkuIndex.of(self.keys)

    @property
    def freq(self) -> str:
        """The calendar's freq."""
        return self.calendar.freq

    @property
    def periods(self) -> pd.DatetimeIndex:
        """Labels of the observed periods."""
        return self.calendar.labels(self.first, self.n_periods)

    @property
    def ahead(self) -> pd.DatetimeIndex:
        """Labels of the periods after the cutoff that known channels reach."""
        return self.calendar.labels(self.first + self.n_periods, self.n_ahead)

    @property
    def cutoff(self) -> pd.Timestamp:
        """Label of the last observed period."""
        return self.periods[-1]

    def __getitem__(self, name: str) -> FloatArray:
        """Return one channel's array."""
        try:
            return self.channels[name]
        except KeyError:
            hint = did_you_mean(name, self.channels)
            raise ArgumentError(
                f"There is no channel {name!r}{hint}; there are {name_list(self.channels)}."
            ) from None

    def __contains__(self, name: object) -> bool:
        """Say whether there is a channel of this name."""
        return name in self.channels

    def __len__(self) -> int:
        """Return the number of series."""
        return self.n_series

    def __eq__(self, other: object) -> bool:
        """Compare everything that is stored; NaN equals NaN."""
        return isinstance(other, Panel) and folder.same(self, other)

    __hash__ = None  # type: ignore[assignment]

    # ---------------------------------------------------------------- what was known, and more

    def upto(self, cutoff: str | pd.Timestamp, *, ahead: int | None = None) -> "Panel":
        """Return what was known at an earlier cutoff: the one place that cuts time.

        Parameters
        ----------
        cutoff : date
            Label of the last period that may be seen.
        ahead : int, optional
            How many periods after it the known channels keep; all there are unless given.

        Returns
        -------
        Panel
            The panel up to and including `cutoff`. Series of which nothing was known by then,
            neither observed nor planned, are left out.

        Raises
        ------
        ArgumentError
            If the cutoff is no period of this panel, or `ahead` is below 0.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"sku": "A", "sales": range(4),
        ...                       "period": pd.date_range("2026-11-01", periods=4)})
        >>> Panel.from_frame(frame, freq="D").upto("2026-11-03")["sales"]
        array([[0., 1., 2.]], dtype=float32)
        """
        count = self._position(cutoff) + 1
        keep_ahead = self.n_periods + self.n_ahead - count
        if ahead is not None:
            if ahead < 0:
                raise ArgumentError(f"Expected ahead of 0 or more periods, got {ahead}.")
            keep_ahead = min(ahead, keep_ahead)
        cut = {
            name: array[:, : count + (keep_ahead if name in self.known else 0)]
            for name, array in self.channels.items()
        }
        seen = np.any([np.any(~np.isnan(array), axis=1) for array in cut.values()], axis=0)
        return replace(self, n_periods=count, channels=cut)._rows(np.flatnonzero(seen))

    def with_future(self, frame: object) -> "Panel":
        """Add what is planned for the periods after the cutoff.

        Parameters
        ----------
        frame : DataFrame or other Arrow table
            ``period``, and ``sku`` (``channel``, ``location``) unless the plan holds for every
            series; every other column becomes a channel that is known ahead. A channel that the
            panel observed is carried on: its past is the observed one. A later plan replaces what
            an earlier one said of the same series and period.

        Returns
        -------
        Panel
            The panel with these channels in `known`.

        Raises
        ------
        DataError
            If a row lies at or before the cutoff, is repeated, or names an unknown series; if
            sales are among its columns.

        Warns
        -----
        C2MWarning
            If a channel known ahead has no past, or periods without a plan.
        """
        return replace(self, **doors.read_future(self, frame))

    def with_channels(
        self,
        channels: Mapping[str, ArrayLike],
        *,
        known: Sequence[str] = (),
        target: str | None = None,
    ) -> "Panel":
        """Return a panel with channels added or replaced; `sales` is never overwritten.

        Parameters
        ----------
        channels : mapping of str to array_like
            Shapes as in the class; one row holds for all series.
        known : sequence of str
            Which of them are known ahead.
        target : str, optional
            The channel to forecast from now on.

        Returns
        -------
        Panel
            The new panel.

        Raises
        ------
        ArgumentError
            If ``sales`` is among the channels and the panel has it, or `channels` is no mapping.
        """
        if not isinstance(channels, Mapping):
            raise ArgumentError(
                f"Expected channels, a mapping of names to arrays, got {channels!r}."
            )
        if "sales" in channels and "sales" in self.channels:
            raise ArgumentError(
                "'sales' is what was observed and is not overwritten; add 'demand' instead."
            )
        added = {name: np.asarray(array) for name, array in channels.items()}
        return replace(
            self,
            channels={**self.channels, **added},
            known=(*(set(self.known) - set(added)), *known),
            target=target or self.target,
        )

    def select(self, skus: Sequence[str]) -> "Panel":
        """Return the series of some SKUs.

        Parameters
        ----------
        skus : sequence of str
            Which; the order does not matter.

        Returns
        -------
        Panel
            Their series.

        Raises
        ------
        ArgumentError
            If the panel has no series of a SKU, or no SKU is given.
        """
        return self._rows(self.sku_index.rows(skus))

    def rollup(
        self, by: str | Sequence[str], *, how: Mapping[str, Rollup] | None = None
    ) -> "Panel":
        """Add series up, for example over locations, or to styles.

        Parameters
        ----------
        by : str or sequence of str
            Key columns or attributes that name the new series. An attribute becomes ``sku``; of
            several (``["style", "colour"]``) ``sku`` holds the values: ``"PARKA / red"``.
        how : mapping of str to {"sum", "mean", "max", "leave"}, optional
            How to combine a channel, where the usual way (see `CHANNELS`) is not meant.

        Returns
        -------
        Panel
            One series per combination. A sum is unknown where a part is, except that a part
            counts nothing before its own first known value.

        Warns
        -----
        C2MWarning
            If channels are left out because there is no right way to add them.
        """
        return replace(self, **roll_up(self, by, how or {}))

    # ---------------------------------------------------------------- looking at it

    def summary(self) -> pd.DataFrame:
        """Describe the channels.

        Returns
        -------
        DataFrame, a row a channel
            Whether it is known ahead, the share of known values, total, mean, least, most.
        """
        return view.summary(self)

    def plot(self, ax: "Axes | None" = None, *, sku: str | None = None) -> "Axes":
        """Plot the target over time: the total, or one SKU.

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
        from c2m.plot import plot_panel

        return plot_panel(self, ax=ax, sku=sku)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return view.line(self)

    def _repr_html_(self) -> str:
        return view.html(self)

    # ---------------------------------------------------------------- inside

    def __reduce__(self) -> tuple[type["Panel"], tuple[Any, ...]]:
        """Let worker processes receive a panel; files never hold pickles."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values["channels"] = {name: stored(array) for name, array in self.channels.items()}
        return Panel, tuple(values.values())

    def _position(self, label: str | pd.Timestamp) -> int:
        try:
            return self.periods.tolist().index(pd.Timestamp(label))
        except (TypeError, ValueError):
            raise ArgumentError(
                f"Expected the label of a period from {self.periods[0].date()} to "
                f"{self.cutoff.date()} (freq {self.freq!r}), got {str(label)!r}."
            ) from None

    def _rows(self, rows: NDArray[np.intp]) -> "Panel":
        if len(rows) == self.n_series:
            return self
        changed: dict[str, Any] = {
            "keys": self.keys.iloc[rows],
            "attributes": self.attributes.iloc[rows],
            "channels": {
                name: own if (own := stored(array)).ndim == 1 else array[rows]
                for name, array in self.channels.items()
            },
        }
        return replace(self, **changed)
