"""Size curves: which part of a style's demand falls on each size, sold out or not."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.launch.sizefit import Shelf, fit_shares, likeliest_strength
from c2m.forecast.target import need_panel
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

_ALL: Final = ""
"""Name of the one group where none is asked for."""


@dataclass(frozen=True, eq=False, repr=False)
class SizeCurves:
    """Shares of sizes by style, drawn to those of the style's group, and these to all.

    Make them with `SizeCurves.fit`.

    Parameters
    ----------
    curves : DataFrame, a row a block and size
        Text columns of the block (``style``, and where asked for ``colour``, ``location``),
        ``group``, ``size``; ``share``, which sums to 1 within a block; ``raw_share`` of the units
        sold; ``units`` sold; ``strength``: the units of evidence behind the block's curve, by
        which its Dirichlet law is as concentrated.
    groups : DataFrame, a row a group and size
        ``group``, ``size``, ``share``, ``strength``: for styles without history.
    block : tuple of str
        The columns that name a block.
    """

    curves: pd.DataFrame
    groups: pd.DataFrame
    block: tuple[str, ...]

    @classmethod
    def fit(
        cls,
        panel: "Panel",
        *,
        style: str = "style",
        colour: str | None = None,
        size: str = "size",
        group: str | None = None,
        locations: bool = False,
    ) -> Self:
        """Learn size curves from sales and what was in stock.

        In each period the buyers of a style (in one colour, at one place) choose among the sizes
        in stock in proportion to their shares: ``y[z] ~ Poisson(rate * share[z] * in_stock[z])``
        with a rate of its own for every period. A size that is sold out then takes nothing from
        its share, and the periods without it say how the others compare. This assumes that who
        misses a size either leaves, or takes another in proportion to the shares (independence of
        irrelevant alternatives). Where they take the neighbour size, its share comes out too high
        by what it won in those periods.

        Shares are posterior means: of a gamma prior around the group's curve, whose strength is
        the one under which the blocks' sales are likeliest (empirical Bayes); the group's curve
        is drawn to that of all in the same way.

        Parameters
        ----------
        panel : Panel
            With a row a SKU; its channel ``in_stock`` says what was there, unless the target is
            ``demand``.
        style : str
            Attribute that names the style.
        colour : str, optional
            Attribute, for a curve of its own for each colour.
        size : str
            Attribute that names the size.
        group : str, optional
            Attribute such as ``category``, the same for all SKUs of a style.
        locations : bool
            Whether each location has a curve of its own, drawn to the style's group.

        Returns
        -------
        SizeCurves
            The curves.

        Raises
        ------
        ArgumentError
            If an attribute is not there or incomplete, or `locations` is asked of a panel without.

        Warns
        -----
        C2MWarning
            If the panel does not say what was in stock, or periods sold units while nothing was.

        References
        ----------
        Gelman et al. (2013), *Bayesian Data Analysis*, 3rd ed., sec. 2.6 and 5.1.
        Luce (1959), *Individual Choice Behavior*: proportional choice.

        Examples
        --------
        >>> from c2m.panel import Panel
        >>> frame = pd.DataFrame({
        ...     "sku": ["TEE-S"] * 3 + ["TEE-M"] * 3, "style": "TEE", "size": list("SSSMMM"),
        ...     "period": ["2027-02-22", "2027-03-01", "2027-03-08"] * 2,
        ...     "sales": [100, 0, 0, 100, 100, 100], "in_stock": [1, 0, 0, 1, 1, 1.0]})
        >>> panel = Panel.from_frame(frame, freq="W", signals=["in_stock"],
        ...                          attributes=["style", "size"])
        >>> curves = SizeCurves.fit(panel).to_frame()
        >>> curves[["size", "share", "raw_share"]].round(2).values.tolist()
        [['M', 0.5, 0.75], ['S', 0.5, 0.25]]
        """
        need_panel(panel)
        block = tuple(
            name
            for name, wanted in (("style", True), ("colour", colour), ("location", locations))
            if wanted
        )
        table = _table(panel, style, colour, size, group, locations=locations)
        shelf = Shelf.of(panel, table, block)
        return cls(*_levels(table, shelf, block), block)

    def shares(self, style: str, **where: str) -> "pd.Series[float]":
        """Return the curve of one style.

        Parameters
        ----------
        style : str
            The style.
        **where : str
            ``colour=``, ``location=`` where the curves have them.

        Returns
        -------
        Series of float, by size
            Shares, which sum to 1.

        Raises
        ------
        ArgumentError
            If there is no such curve.
        """
        wanted = {"style": style, **where}
        if set(wanted) != set(self.block):
            raise ArgumentError(f"Expected {name_list(self.block)}, got {name_list(wanted)}.")
        rows = np.ones(len(self.curves), dtype=bool)
        for name, value in wanted.items():
            rows &= (self.curves[name] == value).to_numpy(dtype=bool)
        if not rows.any():
            hint = did_you_mean(style, set(self.curves["style"]))
            raise ArgumentError(f"There is no size curve of {name_list(wanted.values())}{hint}.")
        return self.curves.loc[rows].set_index("size")["share"]

    def to_frame(self) -> pd.DataFrame:
        """Return the curves as a table.

        Returns
        -------
        DataFrame, a row a block and size
            A copy of `curves`.
        """
        return self.curves.copy()

    def summary(self) -> pd.DataFrame:
        """Describe the curves.

        Returns
        -------
        DataFrame, a row a block
            Sizes, units, strength, the largest move of a share by correction and shrinkage.
        """
        moved = (self.curves["share"] - self.curves["raw_share"]).abs()
        grouped = self.curves.assign(moved=moved).groupby(list(self.block), sort=True)
        parts = grouped.agg(
            sizes=("size", "count"),
            units=("units", "sum"),
            strength=("strength", "first"),
            largest_move=("moved", "max"),
        )
        return parts.reset_index()

    def __repr__(self) -> str:
        """Say what it is in one line."""
        n_blocks = len(self.curves.drop_duplicates(list(self.block)))
        return f"SizeCurves({n_blocks:,} curves of {self.curves['size'].nunique():,} sizes)"

    def _repr_html_(self) -> str:
        return str(self.summary().to_html(index=False))


def _table(
    panel: "Panel",
    style: str,
    colour: str | None,
    size: str,
    group: str | None,
    *,
    locations: bool,
) -> pd.DataFrame:
    """Return what names each series: block, group, size, and the cell in which sizes compete."""
    asked = {"style": style, "colour": colour, "size": size, "group": group}
    columns: dict[str, pd.Series] = {}
    for name, attribute in asked.items():
        if attribute is None:
            continue
        if attribute not in panel.attributes:
            hint = did_you_mean(attribute, map(str, panel.attributes.columns))
            raise ArgumentError(
                f"Expected {name}= to name an attribute, got {attribute!r}{hint}; there are "
                f"{name_list(panel.attributes.columns)}."
            )
        columns[name] = text_codes(panel.attributes[attribute])
        missing = int(columns[name].isna().sum())
        if missing:
            raise ArgumentError(f"{missing:,} of {panel.n_series:,} series have no {attribute!r}.")
    if locations and "location" not in panel.keys:
        raise ArgumentError("Expected a panel with locations beside locations=True.")
    for name in panel.keys.columns[1:]:
        columns[name] = panel.keys[name]
    columns.setdefault("group", pd.Series(_ALL, index=panel.keys.index))
    others = [name for name in panel.attributes.columns if name in {"colour", "color"}]
    table = pd.DataFrame(columns)
    free = [text_codes(panel.attributes[name]) for name in others if name != colour]
    cells = [table[name] for name in table.columns if name != "size"] + free
    table["cell"] = pd.concat(cells, axis=1).astype("str").agg("\x1f".join, axis=1)
    return table


def _levels(
    table: pd.DataFrame, shelf: Shelf, block: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit all, then groups around all, then blocks around their groups."""
    n_sizes = len(shelf.sizes)
    even = np.full((1, n_sizes), 1 / n_sizes)
    everyone = np.zeros(len(table), dtype=np.intp)
    overall, _ = fit_shares(shelf, everyone, even, 1.0)
    group, names = _codes(table["group"])
    of_groups, strength = _shrunk(shelf, group, np.repeat(overall, len(names), axis=0))
    known = pd.DataFrame(
        {
            "group": np.repeat(names, n_sizes),
            "size": np.tile(shelf.sizes, len(names)),
            "share": of_groups.reshape(-1),
            "strength": np.repeat(strength, n_sizes),
        }
    )
    codes = shelf.block
    first = np.unique(codes, return_index=True)[1]
    shares, strength = _shrunk(shelf, codes, of_groups[group[first]])
    offered = shelf.offered(codes)
    shares = np.where(offered, shares, 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    where, size = np.nonzero(offered)
    units = shelf.units(codes)
    rows = table.iloc[first[where]][[*block, "group"]].reset_index(drop=True)
    values = {
        "size": shelf.sizes[size],
        "share": shares[where, size],
        "raw_share": _raw(units)[where, size],
        "units": units[where, size],
        "strength": strength[where],
    }
    return pd.concat([rows, pd.DataFrame(values)], axis=1), known


def _raw(units: "FloatArray") -> "FloatArray":
    total = units.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(units, total, out=np.full_like(units, np.nan), where=total > 0))


def _shrunk(
    shelf: Shelf, codes: "Positions", prior: "FloatArray"
) -> tuple["FloatArray", "FloatArray"]:
    """Return shares drawn to a prior by its likeliest strength, and the evidence behind each."""
    strength = likeliest_strength(shelf, codes, prior)
    shares, exposure = fit_shares(shelf, codes, prior, strength)
    return shares, exposure + strength


def _codes(values: pd.Series) -> tuple["Positions", list[str]]:
    codes, names = pd.factorize(values, sort=True)
    return codes.astype(np.intp), [str(name) for name in names]
