"""What was known of a series at a cutoff, before it had sales of its own to speak for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.launch.levels import Levels, add_up, running
from c2m.frames import text_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.forecast.launch.births import Positions
    from c2m.forecast.launch.levels import Groups
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_MOST_KINDS: Final = 24
"""An attribute with more values than this says little of each; its series speak for themselves."""

_SMALL: Final = 0.1
"""Part of a mean that is added before a logarithm."""

_PRIOR_UNITS: Final = 3.0
"""Units that pull the level of siblings to that of their group."""

Kinds = Mapping[str, tuple[str, ...]]

KIN: Final = ("style", "like_styles")
"""Attributes by which series are siblings, beside the same SKU at another place."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything from which the level of a launch is foretold, at any cutoff.

    Every feature is the logarithm of a ratio to the series' group, or a flag, so that a launch
    in a large shop and one in a small shop teach each other. Nothing but the target reads the
    sales of the series itself, which come in by Bayes' rule (`Demand.given`).

    Parameters
    ----------
    target : ndarray, shape (n_series, n_periods)
        Units; NaN where unknown.
    season : ndarray, shape (n_periods + horizon,)
        Factor of each period.
    levels : Levels
        Of the target.
    signals : mapping of str to (ndarray, Levels)
        Each signal with its groups' levels.
    price : tuple of (ndarray, Levels), optional
        Price, as far ahead as it is planned.
    kin : mapping of str to tuple
        Codes of siblings, with their running sums of units.
    kinds : mapping of str to tuple of str
        The attributes and places that are told apart, and their values.
    flags : ndarray, shape (n_series, n_flags)
        One column a value of `kinds`.
    windows : tuple of int
        Periods over which signals are averaged.
    """

    target: "FloatArray"
    season: "FloatArray"
    levels: Levels
    signals: dict[str, tuple["FloatArray", Levels]]
    price: tuple["FloatArray", Levels] | None
    kin: dict[str, tuple["Positions", "FloatArray", "FloatArray"]]
    kinds: Kinds
    flags: "FloatArray"
    windows: tuple[int, int]

    @classmethod
    def of(
        cls,
        panel: "Panel",
        target: "FloatArray",
        season: "FloatArray",
        groups: "Groups",
        signals: "Sequence[str]",
        windows: tuple[int, int],
        like: "Evidence | None" = None,
    ) -> Self:
        """Prepare a panel.

        Parameters
        ----------
        panel : Panel
            The panel.
        target : ndarray, shape (n_series, n_periods)
            Units; NaN where unknown.
        season : ndarray, shape (at least n_periods,)
            Factor of each period.
        groups : Groups
            Of the series.
        signals : sequence of str
            Channels to use.
        windows : (int, int)
            A short and a long window, in periods.
        like : Evidence, optional
            Earlier evidence, whose features these shall be, in the same order; what the panel
            makes possible unless given.

        Returns
        -------
        Evidence
            The evidence.

        Raises
        ------
        ArgumentError
            If the panel has no price, and `like` has.
        """
        n_periods, window = panel.n_periods, windows[1]
        kinds = find_kinds(panel) if like is None else like.kinds
        if like is not None and like.price is not None and "price" not in panel:
            raise ArgumentError("Expected a panel with 'price', which the model learnt from.")
        on_sale = ~np.isnan(target)
        even = np.ones(n_periods)
        found = {}
        for name in signals:
            values = panel[name][:, :n_periods].astype(np.float64)
            of_sold = np.where(on_sale, values, np.nan)
            found[name] = values, Levels.of(groups, of_sold, even, window)
        price = None
        if "price" in panel and (like is None or like.price is not None):
            values = panel["price"].astype(np.float64)
            asked = np.where(on_sale & (values[:, :n_periods] > 0), values[:, :n_periods], np.nan)
            price = values, Levels.of(groups, asked, even, window)
        return cls(
            target=target,
            season=season,
            levels=Levels.of(groups, target, season[:n_periods], window),
            signals=found,
            price=price,
            kin=_kin(panel, target, season, None if like is None else tuple(like.kin)),
            kinds=kinds,
            flags=_flags(panel, kinds),
            windows=windows,
        )

    def planned(self, panel: "Panel") -> "Evidence":
        """Return the same evidence with the prices that a panel plans ahead.

        Parameters
        ----------
        panel : Panel
            The same panel, with later plans.

        Returns
        -------
        Evidence
            The evidence.
        """
        if self.price is None or "price" not in panel.known:
            return self
        return replace(self, price=(panel["price"].astype(np.float64), self.price[1]))

    def rows(self, series: "Positions", cutoff: "Positions", born: "Positions") -> "FloatArray":
        """Return the features of some series at some cutoffs.

        Parameters
        ----------
        series, cutoff : ndarray of int, shape (n_rows,)
            Series, and position of the last period that may be seen.
        born : ndarray of int, shape (n_rows,)
            Position of the first period on sale.

        Returns
        -------
        ndarray, shape (n_rows, n_features)
            Features; NaN where nothing is known.
        """
        columns = [np.minimum(cutoff + 1 - born, self.windows[1]).astype(np.float64)]
        columns += self._price(series, cutoff, born)
        for values, levels in self.signals.values():
            columns += self._signal(values, levels, series, cutoff)
        own = self.levels.at(series, cutoff)
        for codes, sold, usual in self.kin.values():
            columns.append(self._siblings(codes, sold, usual, series, cutoff, own))
        return np.column_stack([*columns, self.flags[series]])

    def _signal(
        self, values: "FloatArray", levels: Levels, series: "Positions", cutoff: "Positions"
    ) -> list["FloatArray"]:
        """Compare recent signals with those of the group's series on sale, and of all."""
        group = levels.at(series, cutoff)
        columns = []
        with np.errstate(invalid="ignore", divide="ignore"):  # nobody views the group: unknown
            for window in self.windows:
                recent = _recent(values, series, cutoff, window)
                columns.append(np.log((recent + _SMALL * group) / (group * (1 + _SMALL))))
            columns.append(np.log1p(np.maximum(recent, 0.0)))
        return [np.where(np.isfinite(column), column, np.nan) for column in columns]

    def _price(
        self, series: "Positions", cutoff: "Positions", born: "Positions"
    ) -> list["FloatArray"]:
        """Compare the price at launch, or the last one known, with the group's."""
        if self.price is None:
            return []
        values, levels = self.price
        known_until = values.shape[1] - 1
        planned = values.shape[1] > self.target.shape[1]
        when = np.maximum(cutoff, born) if planned else cutoff
        asked = values[series, np.clip(when, 0, known_until)]
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.log(asked / levels.at(series, cutoff))
        return [np.where(np.isfinite(ratio), ratio, np.nan)]

    def _siblings(
        self,
        codes: "Positions",
        sold: "FloatArray",
        usual: "FloatArray",
        series: "Positions",
        cutoff: "Positions",
        own_group: "FloatArray",
    ) -> "FloatArray":
        """Compare what siblings sold of late with what their group would have; not the own."""
        window = self.windows[1]
        start = np.maximum(cutoff + 1 - window, 0)
        group = codes[series]
        total = sold[group, cutoff + 1] - sold[group, start]
        exposure = usual[group, cutoff + 1] - usual[group, start]
        own, own_usual = self._own(series, cutoff, window)
        total = total - own
        expected = np.maximum(exposure - own_usual, 0.0) * own_group
        ratio = np.log((total + _PRIOR_UNITS) / (expected + _PRIOR_UNITS))
        return np.where((group >= 0) & (expected > 0), ratio, np.nan)

    def _own(
        self, series: "Positions", cutoff: "Positions", window: int
    ) -> tuple["FloatArray", "FloatArray"]:
        where = cutoff[:, None] - np.arange(window)
        values = np.where(where >= 0, self.target[series[:, None], np.maximum(where, 0)], np.nan)
        known = ~np.isnan(values)
        usual = known * self.season[np.maximum(where, 0)]
        return np.where(known, values, 0.0).sum(axis=1), usual.sum(axis=1)


def _recent(
    values: "FloatArray", series: "Positions", cutoff: "Positions", window: int
) -> "FloatArray":
    """Return the mean over the last periods, of those that are known."""
    where = cutoff[:, None] - np.arange(window)
    seen = np.where(where >= 0, values[series[:, None], np.maximum(where, 0)], np.nan)
    known = ~np.isnan(seen)
    count = known.sum(axis=1)
    total = np.where(known, seen, 0.0).sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(len(series), np.nan), where=count > 0))


def _kin(
    panel: "Panel", target: "FloatArray", season: "FloatArray", asked: tuple[str, ...] | None
) -> dict[str, tuple["Positions", "FloatArray", "FloatArray"]]:
    """Return the running sums of siblings: the same SKU elsewhere, the same style.

    Of those asked for, or where nobody asks of those that tell some series apart but not all.
    """
    n_periods = target.shape[1]
    names = {"sku": panel.keys["sku"]} if len(panel.keys.columns) > 1 else {}
    if "style" in panel.attributes:
        names["style"] = panel.attributes["style"]
    nobody = pd.Series(np.full(panel.n_series, None), dtype="str")
    known = ~np.isnan(target)
    found = {}
    for name in names if asked is None else asked:
        codes, levels = pd.factorize(text_codes(names.get(name, nobody)))
        if asked is None and not 1 < len(levels) < panel.n_series:
            continue
        last = np.where(codes < 0, len(levels), codes).astype(np.intp)
        sold = running(add_up(np.where(known, target, 0.0), last))
        usual = running(add_up(known * season[:n_periods], last))
        found[name] = codes.astype(np.intp), sold, usual
    return found


def find_kinds(panel: "Panel") -> Kinds:
    """Return the attributes and places of which few values tell series apart.

    Parameters
    ----------
    panel : Panel
        The panel.

    Returns
    -------
    mapping of str to tuple of str
        Name -> its values, sorted.
    """
    kinds = {}
    for name, values in _texts(panel).items():
        levels = tuple(sorted(values.dropna().unique().tolist()))
        if 1 < len(levels) <= _MOST_KINDS:
            kinds[name] = levels
    return kinds


def _flags(panel: "Panel", kinds: Kinds) -> "FloatArray":
    """Return a column for each value of each kind; all 0 where a value is new."""
    columns = [np.empty((panel.n_series, 0))]
    texts = _texts(panel)
    for name, levels in kinds.items():
        own = texts[name].to_numpy()[:, None] if name in texts else np.full((1, 1), None)
        same = own == np.asarray(levels, dtype=object)
        columns.append(np.broadcast_to(same, (panel.n_series, len(levels))).astype(np.float64))
    return np.column_stack(columns)


def _texts(panel: "Panel") -> dict[str, "pd.Series[str]"]:
    """Return the places and attributes that are names."""
    table = pd.concat([panel.keys.iloc[:, 1:], panel.attributes], axis=1)
    return {
        str(name): text_codes(table[name])
        for name in table.columns
        if name not in KIN and not pd.api.types.is_float_dtype(table[name].dtype)
    }
