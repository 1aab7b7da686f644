"""Booking curves, and what is expected of the orders that are in."""

from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Maturation:
    """How advance orders mature. Make one with `maturation`.

    Parameters
    ----------
    curves : DataFrame, a row a category and period ahead
        ``category``, ``ahead`` (periods before the target), ``share`` (orders that are in, for
        one of the final total), ``low`` and ``high`` (90 % interval of the share), ``spread``
        (variance of an occasion's orders beside that of a Poisson count), ``occasions``.
    expected : DataFrame, a row an occasion to come
        Keys, ``target``, ``ahead``, ``so_far`` (orders that are in), ``expected`` (final total),
        ``low`` and ``high`` (90 % interval).
    advance : str
        Channel of the advance orders.
    final : str
        Channel of the final total.
    """

    curves: pd.DataFrame = field(repr=False)
    expected: pd.DataFrame = field(repr=False)
    advance: str
    final: str

    def to_frame(self) -> pd.DataFrame:
        """Return the booking curves, a row a category and period ahead."""
        return self.curves.copy()

    def summary(self) -> pd.DataFrame:
        """Return the curves side by side: a row a period ahead, a column a category."""
        table = self.curves.pivot(index="ahead", columns="category", values="share")
        return table.sort_index(ascending=False)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return (
            f"Maturation({self.advance} towards {self.final}, "
            f"{self.curves['occasions'].groupby(self.curves['category']).max().sum():,} occasions "
            f"past, {len(self.expected):,} to come)"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>{self.summary().to_html()}"
