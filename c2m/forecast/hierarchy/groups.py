"""Which series are summed before an aggregate model sees them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.scores.groupings import Groupings
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from c2m.panel import Panel
    from c2m.series import Positions

By = str | Sequence[str] | Literal["auto"]

MOST_GROUPS: Final = 300
"""Aggregate models are fitted one by one; more groups than this would cost minutes."""

_MOST_AUTO: Final = 100
_LEAST_MEMBERS: Final = 20
"""``"auto"`` stays within so many groups, of so many series each on average."""

_NONE: Final = "(none)"


@dataclass(frozen=True, eq=False)
class Groups:
    """The group of each series.

    Parameters
    ----------
    by : tuple of str
        Key columns and attributes; () for one group of all series.
    codes : ndarray of int, shape (n_series,)
        The group of each series, from 0 without gaps.
    names : DataFrame, n_groups rows
        What each group is called: a column for each of `by`.
    """

    by: tuple[str, ...]
    codes: "Positions"
    names: pd.DataFrame

    @property
    def n_groups(self) -> int:
        """How many groups there are."""
        return len(self.names)

    def levels(self, codes: "Positions") -> Groupings:
        """Return the levels that an error counts at.

        Parameters
        ----------
        codes : ndarray of int, shape (n_some,)
            The groups of some series.

        Returns
        -------
        Groupings
            All of these series together, by each column of `by`, by group, and each series.
        """
        above = {"all": np.zeros(self.n_groups, dtype=np.intp)}
        for name in self.by:
            above[name] = np.asarray(pd.factorize(self.names[name])[0], dtype=np.intp)
        if len(self.by) > 1:
            above["groups"] = np.arange(self.n_groups)
        found = {name: level[codes] for name, level in above.items()}
        return Groupings({**found, "series": np.arange(len(codes))})


def settle_groups(panel: "Panel", by: By) -> Groups:
    """Group the series of a panel.

    Parameters
    ----------
    panel : Panel
        The panel.
    by : str or sequence of str
        Key columns and attributes; ``()`` for one group of all series; ``"auto"`` for the
        finest that `auto_columns` allows. A series without a value is in a group of its like.

    Returns
    -------
    Groups
        The groups.

    Raises
    ------
    ArgumentError
        If a name is neither key nor attribute, or there would be more than `MOST_GROUPS` groups.
    """
    if not isinstance(by, str | Sequence):
        raise ArgumentError(f"Expected by, names of keys or attributes, got {by!r}.")
    both = pd.concat([panel.keys, panel.attributes], axis=1)
    names = auto_columns(panel) if by == "auto" else (by,) if isinstance(by, str) else tuple(by)
    absent = [name for name in names if name not in both.columns]
    if absent:
        hint = did_you_mean(str(absent[0]), map(str, both.columns))
        raise ArgumentError(
            f"Expected keys or attributes to align by, got {name_list(absent)}{hint}; there are "
            f"{name_list(both.columns)}."
        )
    groups = _group(both, names)
    if groups.n_groups > MOST_GROUPS:
        raise ArgumentError(
            f"Expected at most {MOST_GROUPS} groups, each of which gets a model of its own, got "
            f"{groups.n_groups:,} by {name_list(names)}. Align by fewer columns."
        )
    return groups


def auto_columns(panel: "Panel") -> tuple[str, ...]:
    """Return the columns of the finest grouping whose totals are still smooth.

    Columns are added one by one, always the one that gives most groups, while there are at most
    100 groups with 20 series each on average. Where two give as many, the key comes first.

    Parameters
    ----------
    panel : Panel
        The panel; its ``channel``, ``location`` and attributes that are no decimal numbers.

    Returns
    -------
    tuple of str
        Column names; () where even the coarsest column splits too far, or none splits at all.
    """
    both = pd.concat([panel.keys, panel.attributes], axis=1)
    names = [
        str(name)
        for name in both.columns
        if name != "sku" and not pd.api.types.is_float_dtype(both[name].dtype)
    ]
    limit = min(_MOST_AUTO, panel.n_series // _LEAST_MEMBERS)
    chosen: tuple[str, ...] = ()
    reached = 1
    while True:
        sizes = {name: _group(both, (*chosen, name)).n_groups for name in names}
        allowed = {name: size for name, size in sizes.items() if reached < size <= limit}
        if not allowed:
            return chosen
        best = max(allowed, key=lambda name: allowed[name])
        chosen, reached = (*chosen, best), allowed[best]


def _group(table: pd.DataFrame, names: Sequence[str]) -> Groups:
    """Group rows by the text of some columns."""
    if not names:
        return Groups((), np.zeros(len(table), dtype=np.intp), pd.DataFrame(index=range(1)))
    texts = pd.DataFrame({name: text_codes(table[name]).fillna(_NONE) for name in names})
    codes = np.asarray(texts.groupby(list(names), sort=True).ngroup(), dtype=np.intp)
    first = np.unique(codes, return_index=True)[1]
    return Groups(tuple(names), codes, texts.iloc[first].reset_index(drop=True))
