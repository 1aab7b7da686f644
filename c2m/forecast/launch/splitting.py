"""The demand of styles, split into SKUs by size curves."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.distribution import PathSet
from c2m.distribution.law import generator
from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.baseline import whole_number
from c2m.frames import did_you_mean, name_list, text_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from c2m.forecast.launch.sizes import SizeCurves
    from c2m.forecast.target import FloatArray

_JOIN: Final = "-"


def split_sizes(
    demand: Demand,
    curves: "SizeCurves",
    *,
    style: str = "style",
    group: str | None = None,
    n: int = 1000,
    seed: int = 0,
) -> Demand:
    """Split the demand of styles (style-colours) over sizes.

    A path of a style is dealt out to its sizes unit by unit (a multinomial draw), with shares that
    are drawn once a path, ``Dirichlet(strength * share)``: where the curve is uncertain, a whole
    path of a size lies high or low. The sizes of a path add up to the style's path in every period,
    so a roll-up of the result equals ``demand.sample(n, seed)`` path by path, and the means of
    those paths.

    Parameters
    ----------
    demand : Demand
        A series a style, or a style and colour, at a place or not. Its attribute `style` (where it
        has none, its SKU) is looked up in the curves, and ``colour`` where these have colours.
    curves : SizeCurves
        Shares of sizes.
    style : str
        Attribute that holds the style.
    group : str, optional
        Attribute that holds the group, whose curve stands in for a style without one.
    n : int
        Paths of the result.
    seed : int
        Their seed.

    Returns
    -------
    Demand
        A law of n paths. A SKU is called by the series' name, ``-`` and the size; ``size`` is
        among its attributes.

    Raises
    ------
    ArgumentError
        If a style has no curve and `group` is not given or has none either; if `n` is below 1,
        or `demand` or `curves` is something else.

    Warns
    -----
    C2MWarning
        If styles without a curve are split by their group's.

    Examples
    --------
    >>> from c2m.distribution import GammaPoisson
    >>> from c2m.forecast.launch.sizes import SizeCurves
    >>> from c2m.panel import Panel
    >>> sold = pd.DataFrame({
    ...     "sku": ["TEE-S", "TEE-M"], "style": "TEE", "size": ["S", "M"], "in_stock": 1.0,
    ...     "period": "2027-03-08", "sales": [100, 300]})
    >>> panel = Panel.from_frame(sold, freq="W", signals=["in_stock"],
    ...                          attributes=["style", "size"])
    >>> demand = Demand(pd.DataFrame({"sku": ["TEE"]}), panel.calendar, panel.first + 1,
    ...                 GammaPoisson(np.array([[40.0]]), 0.1, 0.1))
    >>> parts = split_sizes(demand, SizeCurves.fit(panel), n=100)
    >>> parts.skus
    ['TEE-M', 'TEE-S']
    >>> bool((parts.sample(100, 0).sum(axis=1) == demand.sample(100, 0)[:, 0]).all())
    True
    """
    _check_kinds(demand, curves, group)
    n = whole_number("n", n, 1000)
    found = _curves_of(demand, curves, style, group)
    paths = demand.sample(n, seed)  # [N, S, H]
    parts, rows, sizes = [], [], []
    for series, (code, curve) in enumerate(zip(demand.codes, found, strict=True)):
        chance = generator(seed, f"{code}\x1fsizes")
        parts.append(_deal(paths[:, series].astype(np.float64), curve, chance))
        rows += [series] * len(curve)
        sizes += curve["size"].tolist()
    keys = demand.keys.iloc[rows].reset_index(drop=True)
    keys["sku"] = keys["sku"] + _JOIN + pd.Series(sizes, dtype="str")
    attributes = demand.attributes.iloc[rows].reset_index(drop=True)
    attributes = attributes.assign(size=pd.Series(sizes, dtype="str"))
    order = keys.sort_values(list(keys.columns), kind="stable").index.to_numpy()
    law = PathSet(np.concatenate(parts, axis=1)[:, order].astype(np.float32))
    return Demand(
        keys=keys.iloc[order],
        calendar=demand.calendar,
        first=demand.first,
        law=law,
        attributes=attributes.iloc[order],
        notes=demand.notes,
    )


def _check_kinds(demand: object, curves: object, group: object) -> None:
    """Refuse what is no demand, no curves, or no attribute."""
    from c2m.forecast.launch.sizes import SizeCurves

    if not isinstance(demand, Demand):
        raise ArgumentError(f"Expected a Demand of styles, got {type(demand).__name__}.")
    if not isinstance(curves, SizeCurves):
        raise ArgumentError(f"Expected curves of SizeCurves.fit, got {type(curves).__name__}.")
    if group is not None and group not in demand.attributes:
        there = [str(name) for name in demand.attributes.columns]
        raise ArgumentError(
            f"Expected group, an attribute of the demand, got {group!r}"
            f"{did_you_mean(str(group), there)}; there are {name_list(there)}."
        )


def _deal(path: "FloatArray", curve: pd.DataFrame, chance: np.random.Generator) -> "FloatArray":
    """Return the units of each size: (N, H) and Z sizes make (N, Z, H)."""
    share = curve["share"].to_numpy(np.float64)
    strength = float(curve["strength"].iloc[0])
    weight = np.maximum(strength * share, 1e-6)
    drawn = chance.dirichlet(weight / weight.sum() * strength, size=len(path))  # [N, Z]
    whole = np.floor(path)
    dealt = chance.multinomial(whole.astype(np.int64), drawn[:, None, :])  # [N, H, Z]
    rest = (path - whole)[:, :, None] * drawn[:, None, :]  # of laws that do not count units
    return np.asarray(np.moveaxis(dealt + rest, 2, 1), dtype=np.float64)


def _curves_of(
    demand: Demand, curves: "SizeCurves", style: str, group: str | None
) -> list[pd.DataFrame]:
    """Return size, share and strength for every series."""
    names = _names(demand, curves, style)
    by_block = dict(iter(curves.curves.groupby(list(curves.block), sort=False)))
    by_group = dict(iter(curves.groups.groupby("group", sort=False)))
    own = demand.attributes.get(group)
    found, without, unknown = [], 0, []
    for series, name in enumerate(names):
        curve = by_block.get(name)
        if curve is None and own is not None:
            curve = by_group.get(str(own.iloc[series]))
            without += curve is not None
        if curve is None:
            unknown.append(" / ".join(map(str, name)))
        found.append(curve)
    if unknown:
        styles = sorted(set(curves.curves["style"]))
        hint = did_you_mean(unknown[0], styles)
        raise ArgumentError(
            f"{len(unknown):,} of {len(names):,} series have no size curve (first {unknown[0]!r}"
            f"{hint}). Pass group= with an attribute of the demand that holds one of "
            f"{name_list(by_group)}, or fit the curves to these styles."
        )
    if without:
        warn(
            f"{without:,} of {len(names):,} series have no size curve of their own; their "
            f"{group!r} has one, with every size of the group."
        )
    return [curve for curve in found if curve is not None]


def _names(demand: Demand, curves: "SizeCurves", style: str) -> "list[tuple[str, ...]]":
    """Return the block of every series."""
    columns: list[NDArray[np.object_]] = []
    for name in curves.block:
        attribute = style if name == "style" else name
        if attribute in demand.attributes:
            values = text_codes(demand.attributes[attribute])
        elif name == "style" or attribute in demand.keys:
            values = demand.keys["sku" if name == "style" else attribute]
        else:
            raise ArgumentError(f"Expected a demand with {name!r}, which the size curves have.")
        columns.append(values.to_numpy(dtype=object))
    return list(zip(*columns, strict=True))
