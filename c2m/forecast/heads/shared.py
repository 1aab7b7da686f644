"""Which groups of series rise and fall together beyond what their own levels say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution import Shared

if TYPE_CHECKING:
    from c2m.distribution import GammaPoisson
    from c2m.forecast.target import FloatArray

Groups = Mapping[str, Sequence[str] | NDArray[np.str_]]

_VARIANCES: Final = np.array([0.0, *np.geomspace(2e-4, 0.3, 24)])
_MOST_FACTORS: Final = 3
_MOST_LABELS: Final = 300
_LEAST_GAIN: Final = 2.0
"""Log-likelihood that a factor must add: of factors that are none, one in 40 adds as much."""


@dataclass(frozen=True)
class SharedLevels:
    """Variances of the levels that the series of a group have in common.

    Parameters
    ----------
    variances : mapping of str to float
        Grouping -> variance of its groups' levels, above 0.
    """

    variances: Mapping[str, float]

    @property
    def variance(self) -> float:
        """Variance of the product of all levels."""
        return float(np.prod([1 + value for value in self.variances.values()]) - 1)

    def of(self, groups: Groups | None) -> Shared | None:
        """Return the factors of some series.

        Parameters
        ----------
        groups : mapping of str to sequence of str, optional
            Grouping -> label of each series.

        Returns
        -------
        Shared or None
            None where a grouping is missing.
        """
        if groups is None or any(name not in groups for name in self.variances):
            return None
        codes = np.array([list(groups[name]) for name in self.variances], dtype=np.str_).T
        return Shared(codes, tuple(self.variances), np.array(list(self.variances.values())))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what a saved head holds."""
        return {
            "head-shared-names": np.array(list(self.variances), dtype=np.str_),
            "head-shared-variances": np.array(list(self.variances.values())),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """Return what `to_arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Arrays of a head.

        Returns
        -------
        SharedLevels or None
            None where there are no shared levels.
        """
        if "head-shared-names" not in arrays:
            return None
        names = map(str, arrays["head-shared-names"])
        return cls(dict(zip(names, map(float, arrays["head-shared-variances"]), strict=True)))


@dataclass(frozen=True, eq=False)
class _Sums:
    """Totals of the groups of every grouping, each with the moments of independent series."""

    expected: "FloatArray"  # [G]
    came: "FloatArray"  # [G]
    alone: "FloatArray"  # [G] variance of independent series
    together: Mapping[str, "FloatArray"]  # [G] what a variance of 1 of a factor adds

    def loss(self, variances: Mapping[str, float]) -> float:
        """Return the negative log-likelihood of the totals, gamma with these moments."""
        from scipy.special import gammaln

        spread = self.alone + sum(value * self.together[name] for name, value in variances.items())
        shape = self.expected**2 / spread
        rate = self.expected / spread
        came = np.maximum(self.came, 0.5)
        loss = gammaln(shape) - shape * np.log(rate) - (shape - 1) * np.log(came) + rate * came
        return float(np.sum(loss))


def fit_shared(
    law: "GammaPoisson", actual: "FloatArray", groups: Groups, cutoff: NDArray[np.intp]
) -> SharedLevels | None:
    """Learn which groups of series share a level, from what came after earlier cutoffs.

    The total of a group varies by ``sum(var(total[s]))`` if its series are independent. A factor
    of variance v adds ``v * (sum over its labels of M**2 - sum over series of M[s]**2)``, M being
    what is expected of a label and a series in the group. Groupings enter one by one, the one that
    makes the totals of all groups likeliest first, while it pays.

    Parameters
    ----------
    law : GammaPoisson
        Held-out forecasts; a row is one series from one cutoff.
    actual : ndarray, shape (n_paths, horizon)
        What came; NaN where unknown.
    groups : mapping of str to sequence of str
        Grouping -> label of each row.
    cutoff : ndarray of int, shape (n_paths,)
        Position of each row's cutoff. Windows that overlap count less, as many as would fit
        beside each other.

    Returns
    -------
    SharedLevels or None
        None where no grouping pays.

    References
    ----------
    Varin, Reid & Firth (2011), "An overview of composite likelihood methods", *Statistica Sinica*
    21: 5-42.
    """
    whole = np.asarray(~np.isnan(actual).any(axis=1) & (law.mean > 0).any(axis=1))
    codes = _label_codes(groups, whole)
    if not codes:
        return None
    total = law.rows(np.flatnonzero(whole)).merge(np.zeros(actual.shape[1], dtype=np.intp))
    sums = _sums(total, actual[whole].sum(axis=1), codes, cutoff[whole])
    weight = _independent_share(cutoff[whole], actual.shape[1])
    found: dict[str, float] = {}
    while len(found) < min(_MOST_FACTORS, len(codes)):
        tried = [_best(sums, found, name) for name in codes if name not in found]
        loss, name, variance = min(tried, key=itemgetter(0))  # of equals the plainer comes first
        if variance <= 0 or (sums.loss(found) - loss) * weight < _LEAST_GAIN:
            break
        found[name] = variance
    return SharedLevels(found) if found else None


def _independent_share(cutoff: NDArray[np.intp], horizon: int) -> float:
    """Return how many windows would fit beside each other, relative to how many there are."""
    found = np.unique(cutoff)
    return float((1 + np.ptp(found) / horizon) / len(found)) if len(found) else 1.0


def _best(sums: _Sums, found: Mapping[str, float], name: str) -> tuple[float, str, float]:
    """Return the loss with one more grouping, its name and its likeliest variance."""
    losses = [sums.loss({**found, name: float(variance)}) for variance in _VARIANCES]
    best = int(np.argmin(losses))
    return losses[best], name, float(_VARIANCES[best])


def _label_codes(groups: Groups, rows: NDArray[np.bool_]) -> dict[str, NDArray[np.intp]]:
    """Return numbers for the labels of each grouping that has a few."""
    codes = {}
    for name, labels in groups.items():
        found, own = np.unique(np.asarray(labels, dtype=np.str_)[rows], return_inverse=True)
        if 1 <= len(found) <= min(_MOST_LABELS, max(len(own) // 5, 1)):
            codes[name] = own
    return codes


def _sums(
    total: "GammaPoisson",
    came: "FloatArray",
    codes: Mapping[str, NDArray[np.intp]],
    cutoff: NDArray[np.intp],
) -> _Sums:
    """Return the totals of all groups of all groupings, cutoff by cutoff."""
    mean = total.mean[:, 0]
    variance = mean + total.dispersion[:, 0] * mean**2
    parts: dict[str, list[FloatArray]] = {name: [] for name in codes}
    totals: list[FloatArray] = []
    _, window = np.unique(cutoff, return_inverse=True)
    n_windows = int(window.max(initial=0)) + 1
    for own in codes.values():
        group = own * n_windows + window
        n_groups = (int(own.max(initial=0)) + 1) * n_windows
        totals.append(np.stack([_add(group, part, n_groups) for part in (mean, came, variance)]))
        squares = _add(group, mean**2, n_groups)
        for name, labels in codes.items():
            n_labels = int(labels.max(initial=0)) + 1
            units = _add(group * n_labels + labels, mean, n_groups * n_labels)
            both = (units.reshape(n_groups, n_labels) ** 2).sum(axis=1)
            parts[name].append(both - squares)
    together = {name: np.maximum(np.concatenate(part), 0.0) for name, part in parts.items()}
    expected, arrived, alone = np.concatenate(totals, axis=1)
    some = expected > 0  # a label may have no series in a window
    there = {name: part[some] for name, part in together.items()}
    return _Sums(expected[some], arrived[some], alone[some], there)


def _add(group: NDArray[np.intp], values: "FloatArray", n_groups: int) -> "FloatArray":
    """Return the sum of the values of each group."""
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float64)
