"""What a factory holds: its tables, and what they say about capacity and money."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.periods import Calendar
from c2m.production.factory.capacity import shut_share
from c2m.production.factory.settings import Policy
from c2m.production.factory.tables import TABLES

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class FactoryTables:
    """The checked tables of a factory, and what holds for the whole of it.

    Parameters
    ----------
    calendar : Calendar
        How days are grouped into periods; a plan's demand must use the same.
    currency : str or None
        Currency of every amount of money that names no other.
    name : str
        Name of the factory.
    policy : Policy
        How careful plans are.
    lines, products, routings, shutdowns, groups, prepacks, limits : DataFrame
        Their columns are the fields of `Line`, `Product`, `Routing`, `Shutdown`, `Group`,
        `Prepack` and `Limit`, in that order; a table that was not given has no rows.
    families, group_capacities, price_breaks : DataFrame
        The same for `SetupFamily`, `GroupCapacity` and `PriceBreak`.
    materials, material_orders, bill_of_materials : DataFrame
        The same for `Material`, `MaterialOrder` and `MaterialUse`.
    lanes, markdowns, budgets, rates : DataFrame
        The same for `Lane`, `Markdown`, `Budget` and `Rate`.
    """

    calendar: Calendar
    currency: str | None
    name: str
    policy: Policy
    lines: pd.DataFrame
    products: pd.DataFrame
    routings: pd.DataFrame
    shutdowns: pd.DataFrame
    groups: pd.DataFrame
    prepacks: pd.DataFrame
    limits: pd.DataFrame
    families: pd.DataFrame
    group_capacities: pd.DataFrame
    price_breaks: pd.DataFrame
    materials: pd.DataFrame
    material_orders: pd.DataFrame
    bill_of_materials: pd.DataFrame
    lanes: pd.DataFrame
    markdowns: pd.DataFrame
    budgets: pd.DataFrame
    rates: pd.DataFrame

    def capacity(self, first_ordinal: int, n_periods: int) -> tuple[FloatArray, FloatArray]:
        """Return what each line can do in each period, shutdowns taken off.

        A period loses the share of its days on which the line stands still, at the normal cost
        and in overtime alike. Shutdowns that overlap count once.

        Parameters
        ----------
        first_ordinal : int
            Number of the first period, see `Calendar.ordinal`.
        n_periods : int
            How many periods.

        Returns
        -------
        regular, overtime : ndarray of float64, shape (n_lines, n_periods)
            Capacity in each line's unit, lines in the order of `lines`.

        Raises
        ------
        ArgumentError
            If `n_periods` is below 1.

        Examples
        --------
        >>> from c2m.production import Factory, Line, Product, Routing, Shutdown
        >>> factory = Factory.from_frames(
        ...     lines=[Line("A", 700.0, "pieces", overtime_limit=70.0)],
        ...     products=[Product("TEE", 20.0, 6.0, 4.0)],
        ...     routings=[Routing("TEE", "A")],
        ...     shutdowns=[Shutdown("*", "2026-12-24", "2027-01-03")],
        ... )
        >>> first = int(factory.calendar.ordinal("2026-12-14"))
        >>> regular, overtime = factory.capacity(first, 3)
        >>> regular.round(6)
        array([[700., 300.,   0.]])
        """
        if n_periods < 1:
            raise ArgumentError(f"Expected n_periods >= 1, got {n_periods}.")
        ordinals = np.arange(first_ordinal, first_ordinal + n_periods)
        shut = shut_share(self.lines["line"], self.shutdowns, self.calendar, ordinals)  # [L, T]
        regular = self.lines["capacity"].to_numpy()[:, None] * (1.0 - shut)
        overtime = self.lines["overtime_limit"].to_numpy()[:, None] * (1.0 - shut)
        return regular, overtime

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by name, in the order in which a person fills them in.

        Returns
        -------
        dict of str to DataFrame
            Those of `TABLES`; a table that was not given has no rows.
        """
        return {name: getattr(self, name) for name in TABLES}

    def __eq__(self, other: object) -> bool:
        """Return whether both say the same, the order of their rows included."""
        if not isinstance(other, FactoryTables):
            return NotImplemented
        facts = (self.calendar, self.currency, self.name, self.policy)
        return facts == (other.calendar, other.currency, other.name, other.policy) and all(
            frame.equals(getattr(other, name)) for name, frame in self.tables().items()
        )

    __hash__ = None  # type: ignore[assignment]
