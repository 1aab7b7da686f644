"""Shares of colours or designs that nobody could buy yet, from what was tried and wished for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, warn
from c2m.frames import did_you_mean, name_list, read_frame, text_codes
from c2m.panel import Panel

if TYPE_CHECKING:
    from c2m.forecast.launch.births import Positions
    from c2m.forecast.target import FloatArray

_DEFAULTS: Final = {"customisations": 1.0, "wishlists": 0.7, "carts": 0.7, "views": 0.3}
"""Relative weights of counters before any past style has spoken: the nearer to buying, the more."""

_OTHER_WEIGHT: Final = 0.5
_PRIOR_COUNT: Final = 10.0
"""The prior share counts as so many views or wishes of a style."""

_PRIOR_STYLES: Final = 10.0
"""The default weights count as so many past styles."""

_STRENGTHS: Final = np.geomspace(2.0, 2000.0, 24)
_ASSUMED_STRENGTH: Final = 20.0


@dataclass(frozen=True, eq=False, repr=False)
class OptionShares:
    """Shares of the options of styles, and what they rest on. Made by `colour_shares`.

    Parameters
    ----------
    table : DataFrame, a row a style and option
        ``style``, the option, ``share`` (sums to 1 within a style), ``sd`` of the share, and
        ``sales_share`` where the style was sold.
    weights : Series of float, by counter
        Exponents of the counters' shares.
    strength : float
        Concentration of the Dirichlet law of a style's shares.
    n_styles : int
        Past styles that the weights were learnt from.
    """

    table: pd.DataFrame
    weights: "pd.Series[float]"
    strength: float
    n_styles: int

    def to_frame(self) -> pd.DataFrame:
        """Return the shares as a table.

        Returns
        -------
        DataFrame, a row a style and option
            A copy of `table`.
        """
        return self.table.copy()

    def summary(self) -> pd.DataFrame:
        """Describe what the shares rest on.

        Returns
        -------
        DataFrame, a row a counter
            Its weight, and the past styles that it was learnt from.
        """
        named = self.weights.rename("weight").rename_axis("counter").reset_index()
        return named.assign(past_styles=self.n_styles)

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return (
            f"OptionShares({self.table['style'].nunique():,} styles, {len(self.table):,} options, "
            f"weights from {self.n_styles:,} past styles)"
        )

    def _repr_html_(self) -> str:
        return str(self.table.to_html(index=False))


@dataclass(frozen=True, eq=False)
class _Counts:
    """Options as rows: their style, what was counted, what was sold."""

    style: "Positions"
    log_shares: "FloatArray"
    prior: "FloatArray"
    sales: "FloatArray"

    def shares(self, weights: "FloatArray") -> "FloatArray":
        """Return ``softmax`` within each style of the log prior plus the weighted log ratios."""
        score = np.log(self.prior) + self.log_shares @ weights
        n_styles = int(self.style.max()) + 1
        top = np.full(n_styles, -np.inf)
        np.maximum.at(top, self.style, score)
        power = np.exp(score - top[self.style])
        return np.asarray(power / np.bincount(self.style, weights=power)[self.style])


def colour_shares(
    source: object,
    *,
    option: str = "colour",
    counters: Sequence[str] | None = None,
    prior: Mapping[str, float] | None = None,
) -> OptionShares:
    """Foretell the shares of a style's colours (designs) from what was customised and wished.

    ``share[o] ~ prior[o] * prod_j (q_j[o] / prior[o]) ** w_j``, scaled to sum to 1, where q_j is
    the option's share of counter j, drawn to the prior by ten counts. The weights are learnt on
    styles that were sold, by the multinomial likelihood of their sales (conditional logit, McFadden
    1974), drawn to default weights that count as ten styles: customisations 1, wishes and carts
    0.7, views 0.3, scaled to sum to 1. A counter that foretells nothing gets the weight 0, and
    shares that repeat what views say are less extreme than the views.

    Parameters
    ----------
    source : Panel or frame
        A panel whose attributes are ``style`` and `option`, its counters summed over periods,
        SKUs and places; or a table with ``style``, `option`, the counters and optionally
        ``sales``. A style without sales is not yet born. Counters should end before sales begin:
        pass a frame, or `Panel.upto`, where they do not.
    option : str
        Column or attribute of the options.
    counters : sequence of str, optional
        Columns to use; of customisations, wishlists, carts and views those that are there unless
        given.
    prior : mapping of str to float, optional
        Share of each option before anything is counted; its share of the past styles' sales,
        or equal shares, unless given. An option that it does not name weighs as much as the
        least of those named.

    Returns
    -------
    OptionShares
        Shares of every style, those sold before too.

    Raises
    ------
    ArgumentError
        If the panel lacks the attributes, no counter is there, or `prior` holds no shares.
    DataError
        If the table is broken; everything is listed.

    Warns
    -----
    C2MWarning
        If the prior names options that are not there while others have none.

    Examples
    --------
    >>> wished = pd.DataFrame({"style": "NEW", "colour": ["red", "blue"], "wishlists": [300, 100]})
    >>> colour_shares(wished).to_frame()[["colour", "share"]].round(2).values.tolist()
    [['blue', 0.26], ['red', 0.74]]
    """
    table = _from_panel(source, option, counters) if isinstance(source, Panel) else source
    frame = read_frame(table, "options")
    names = _counters(frame, counters)
    _check(frame, option, names)
    frame = _by_option(frame, option, names)
    counts = _read(frame, option, names, prior)
    default = np.array([_DEFAULTS.get(name, _OTHER_WEIGHT) for name in names])
    weights, n_styles = _learn(counts, default / default.sum())
    share = counts.shares(weights)
    strength = _strength(counts, share)
    result = frame[["style", option]].assign(
        share=share, sd=np.sqrt(share * (1 - share) / (strength + 1))
    )
    total = np.bincount(counts.style, weights=counts.sales)[counts.style]
    result["sales_share"] = np.divide(
        counts.sales, total, out=np.full(len(total), np.nan), where=total > 0
    )
    named = pd.Series(weights, index=names, name="weight")
    return OptionShares(result, named, strength, n_styles)


def _from_panel(panel: Panel, option: str, counters: Sequence[str] | None) -> pd.DataFrame:
    missing = [name for name in ("style", option) if name not in panel.attributes]
    if missing:
        raise ArgumentError(
            f"Expected a panel with the attributes 'style' and {option!r}, it lacks "
            f"{name_list(missing)}; there are {name_list(panel.attributes.columns)}."
        )
    wanted = list(_DEFAULTS) if counters is None else list(counters)
    columns: dict[str, Any] = {name: panel.attributes[name] for name in ("style", option)}
    for name in [name for name in wanted if name in panel]:
        columns[name] = np.nansum(panel[name][:, : panel.n_periods], axis=1, dtype=np.float64)
    columns["sales"] = np.nansum(panel[panel.target], axis=1, dtype=np.float64)
    return pd.DataFrame(columns)


def _counters(frame: pd.DataFrame, counters: Sequence[str] | None) -> list[str]:
    if isinstance(counters, str):
        raise ArgumentError(f"Expected counters, a list of columns, got {counters!r}.")
    names = [name for name in _DEFAULTS if name in frame] if counters is None else list(counters)
    if not names:
        raise ArgumentError(
            f"Expected counters such as {name_list(_DEFAULTS)}, there are "
            f"{name_list(frame.columns)}. Pass counters=."
        )
    return names


def _check(frame: pd.DataFrame, option: str, names: Sequence[str]) -> None:
    check = Check("options", frame)
    if check.columns(["style", option, *names]) and check.not_empty():
        for name in ("style", option):
            check.codes(name, each=True)
        for name in names:
            check.numbers(name, at_least=0, unknown=True)
        if "sales" in frame:
            check.numbers("sales", at_least=0, unknown=True)
    check.done()


def _by_option(frame: pd.DataFrame, option: str, names: Sequence[str]) -> pd.DataFrame:
    """Add up the rows of each option; an unknown count adds nothing."""
    plain = frame.assign(**{name: text_codes(frame[name]) for name in ("style", option)})
    if "sales" not in plain:
        plain["sales"] = 0.0
    sums = plain.groupby(["style", option], sort=True)[[*names, "sales"]].sum()
    return sums.astype(np.float64).reset_index()


def _read(
    frame: pd.DataFrame, option: str, names: Sequence[str], prior: Mapping[str, float] | None
) -> _Counts:
    """Return the log ratios of each counter's shares to the prior's."""
    style = pd.factorize(frame["style"])[0].astype(np.intp)
    weight = _prior(frame, option, prior)
    expected = weight / np.bincount(style, weights=weight)[style]
    columns = []
    for name in names:
        count = frame[name].to_numpy(np.float64)
        total = np.bincount(style, weights=count)[style]
        share = (count + _PRIOR_COUNT * expected) / (total + _PRIOR_COUNT)
        columns.append(np.log(share / expected))
    sales = frame["sales"].to_numpy(np.float64)
    return _Counts(style, np.column_stack(columns), expected, sales)


def _prior(frame: pd.DataFrame, option: str, prior: Mapping[str, float] | None) -> "FloatArray":
    if prior is None:
        n_options = frame[option].nunique()
        sold = frame.groupby(option)["sales"].transform("sum").to_numpy(np.float64)
        mean = sold.sum() / max(len(sold), 1)
        return sold + mean if mean > 0 else np.full(len(frame), 1.0 / n_options)
    shares = _read_prior(prior)
    options = set(frame[option])
    stray = [name for name in shares if name not in options]
    nameless = sorted(options - set(shares))
    if stray and nameless:
        warn(
            f"The prior names {len(stray):,} options that are not there (first {stray[0]!r}"
            f"{did_you_mean(stray[0], nameless)}), and not {name_list(nameless)}, which weigh as "
            "the least of those named."
        )
    least = min(shares.values())
    return np.array([shares.get(name, least) for name in frame[option]], dtype=np.float64)


def _read_prior(prior: object) -> dict[str, float]:
    """Return shares by option; refuse what is no such thing."""
    if not isinstance(prior, Mapping) or not prior:
        raise ArgumentError(f"Expected prior, a share for each option, got {prior!r}.")
    numbers = (int, float, np.number)
    wrong = [
        str(name)
        for name, share in prior.items()
        if not isinstance(share, numbers) or not 0 < share < np.inf
    ]
    if wrong:
        raise ArgumentError(f"Expected prior shares above 0, got others for {name_list(wrong)}.")
    return {str(name): float(share) for name, share in prior.items()}


def _learn(counts: _Counts, default: "FloatArray") -> tuple["FloatArray", int]:
    """Return the weights that make past sales likeliest, each style counting alike."""
    from scipy.optimize import minimize

    total = np.bincount(counts.style, weights=counts.sales)
    n_styles = int(np.count_nonzero(total))
    if not n_styles:
        return default, 0
    share = np.divide(
        counts.sales,
        total[counts.style],
        out=np.zeros(len(counts.sales)),
        where=total[counts.style] > 0,
    )

    def _loss(weights: "FloatArray") -> float:
        likelihood = float(share @ np.log(np.maximum(counts.shares(weights), 1e-12)))
        spread = float(((weights - default) ** 2).sum())
        return -likelihood + _PRIOR_STYLES * _SCALE * spread

    bounds = [(0.0, 2.0)] * len(default)
    found = minimize(_loss, default, method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x, dtype=np.float64), n_styles


_SCALE: Final = 0.1
"""Information of a typical style about a weight: the variance of a counter's log ratio."""


def _strength(counts: _Counts, share: "FloatArray") -> float:
    """Return the Dirichlet concentration under which past sales are likeliest."""
    from scipy.special import gammaln

    total = np.bincount(counts.style, weights=counts.sales)
    sold = total[counts.style] > 0
    if np.count_nonzero(total) < 3:
        return _ASSUMED_STRENGTH
    units, mean = counts.sales[sold], share[sold]
    of_style = total[total > 0]

    def _likelihood(k: float) -> float:
        whole = gammaln(k) - gammaln(of_style + k)
        return float(whole.sum() + (gammaln(units + k * mean) - gammaln(k * mean)).sum())

    return float(max(_STRENGTHS.tolist(), key=_likelihood))
