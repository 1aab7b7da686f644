"""What the planner says a new style is like: the level of its like-styles at their own launch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.forecast.launch.past import units_at
from c2m.frames import text_codes

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.launch.evidence import Evidence
    from c2m.forecast.launch.lifecurve import LifeCurves
    from c2m.forecast.target import FloatArray

LIST: Final = ";"
"""Between the styles of a list."""

_PRIOR_UNITS: Final = 1.0


@dataclass(frozen=True, eq=False)
class LikeLevels:
    """Level of each series' like-styles, relative to their own groups.

    Parameters
    ----------
    factor : ndarray, shape (n_series,)
        Units of the like-styles over what their groups' levels say of the same periods; NaN
        without like-styles that were sold.
    count : ndarray, shape (n_series,)
        How many like-styles were sold.
    """

    factor: "FloatArray"
    count: "FloatArray"

    def blend(
        self,
        series: "Positions",
        group: "FloatArray",
        factor: "FloatArray",
        variance: "FloatArray",
    ) -> tuple["FloatArray", "FloatArray"]:
        """Draw the priors of series with like-styles to those.

        A planner's like-style is taken to be as far from the new style as past launches were from
        their prior: each counts like one more prior of the same variance, on the log scale.

        Parameters
        ----------
        series : ndarray of int, shape (n_rows,)
            Series.
        group, factor, variance : ndarray, shape (n_rows,)
            Level of the group, factor on it, and the variance of the level.

        Returns
        -------
        tuple of ndarray, shapes (n_rows,)
            Factor and variance.
        """
        like, count = self.factor[series], self.count[series]
        some = (count > 0) & (like > 0) & (factor > 0) & (group > 0)
        share = np.where(some, count / (count + 1), 0.0)
        own = np.log(np.where(some, factor, 1.0))
        theirs = np.log(np.where(some, like, 1.0))
        blended = np.exp((1 - share) * own + share * theirs)
        return np.where(some, blended, factor), variance / np.where(some, 1 + count / 2, 1.0)


def like_levels(
    evidence: "Evidence",
    born: "Positions",
    curves: "LifeCurves",
    kind: "Positions",
    attributes: pd.DataFrame,
    skus: "pd.Series[str]",
) -> LikeLevels:
    """Measure the like-styles of every series that names some in its attribute ``like_styles``.

    Parameters
    ----------
    evidence, born, curves, kind
        See `c2m.forecast.launch.past.Past.of`.
    attributes : DataFrame, n_series rows
        Of the panel; ``like_styles`` holds names of styles (or of SKUs where there is no
        ``style``), with ``";"`` between them.
    skus : Series of str
        The SKU of each series.

    Returns
    -------
    LikeLevels
        They; nothing where no series names any.
    """
    n_series = len(skus)
    nothing = LikeLevels(np.full(n_series, np.nan), np.zeros(n_series))
    if "like_styles" not in attributes:
        return nothing
    lists = text_codes(attributes["like_styles"]).fillna("").to_numpy()
    if not any(lists):
        return nothing
    names = text_codes(attributes["style"]) if "style" in attributes else skus
    sold, usual = _since_launch(evidence, born, curves, kind)
    by_style = pd.DataFrame({"sold": sold, "usual": usual}).groupby(names.to_numpy()).sum()
    factor, count = nothing.factor.copy(), nothing.count.copy()
    for text in set(lists) - {""}:
        styles = list(dict.fromkeys(style.strip() for style in text.split(LIST)))
        found = by_style.reindex(styles).query("usual > 0")
        rows = lists == text
        count[rows] = len(found)
        if len(found):
            ratio = (found["sold"] + _PRIOR_UNITS) / (found["usual"] + _PRIOR_UNITS)
            factor[rows] = float(np.exp(np.log(ratio).mean()))
    return LikeLevels(factor, count)


def _since_launch(
    evidence: "Evidence", born: "Positions", curves: "LifeCurves", kind: "Positions"
) -> tuple["FloatArray", "FloatArray"]:
    """Return units of each series' first periods, and what its group's level then says of them."""
    n_series, n_periods = evidence.target.shape
    window = evidence.windows[1]
    everyone = np.arange(n_series)
    begin = np.clip(born, 0, n_periods - 1)
    where = begin[:, None] + np.arange(window)
    sold, usual = units_at(evidence, born, curves, kind, everyone, where)
    level = evidence.levels.at(everyone, np.minimum(begin + window, n_periods) - 1)
    return sold.sum(axis=1), np.nan_to_num(usual.sum(axis=1) * level)
