"""Levels that series share: one for each category or location, drawn once a path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from c2m.distribution.law import Floats, Rows, freeze, generator
from c2m.errors import DataError

Labels = NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class Shared:
    """Random levels that all series with the same label have in common.

    A factor is a grouping of the series, such as their store or category. In every path each of
    its labels draws one gamma level of mean 1, by which the demand of all its series over the
    whole horizon is multiplied.

    Parameters
    ----------
    codes : ndarray of str, shape (S, F)
        The label of each series in each factor.
    names : sequence of str, length F
        Names of the factors; with the label they key the random numbers.
    variances : ndarray, shape (F,)
        Variance of each factor's levels, above 0.

    Raises
    ------
    DataError
        If shapes or values break these rules.

    Examples
    --------
    >>> shared = Shared(np.array([["east"], ["east"], ["west"]]), ["location"], np.array([0.04]))
    >>> round(shared.variance, 6)
    0.04
    >>> levels = shared.draw(1000, seed=1)
    >>> bool((levels[0] == levels[1]).all()), bool((levels[0] == levels[2]).all())
    (True, False)
    """

    codes: Labels
    names: Sequence[str]
    variances: Floats

    def __post_init__(self) -> None:
        """Check shapes and ranges."""
        codes = np.array(self.codes, dtype=np.str_)
        names, variances = tuple(map(str, self.names)), freeze(self.variances)
        problems = []
        if codes.ndim != 2 or codes.shape[1] != len(names) or variances.shape != (len(names),):
            problems.append(
                f"codes of shape {codes.shape}, {len(names)} names and variances of shape "
                f"{variances.shape} do not fit"
            )
        if not names or len(set(names)) != len(names):
            problems.append("factors have no names of their own")
        if np.any(~np.isfinite(variances) | (variances <= 0)):
            problems.append("variances of shared levels are not above 0")
        if problems:
            raise DataError("demand", problems, "pass one label a series and factor")
        codes.flags.writeable = False
        object.__setattr__(self, "codes", codes)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "variances", variances)

    @cached_property
    def variance(self) -> float:
        """Variance of the product of a series' shared levels."""
        return float(np.prod(1 + self.variances) - 1)

    def draw(self, n: int, seed: int) -> Floats:
        """Return the product of each series' shared levels in each path.

        Parameters
        ----------
        n : int
            How many paths.
        seed : int
            Seed.

        Returns
        -------
        ndarray, shape (S, n)
            Levels; those of a label do not depend on which other labels or series there are.
        """
        product = np.ones((len(self.codes), n))
        for place, (name, variance) in enumerate(zip(self.names, self.variances, strict=True)):
            labels, own = np.unique(self.codes[:, place], return_inverse=True)
            drawn = np.empty((len(labels), n))
            for row, label in enumerate(labels):
                # no series' own code has this beginning: there \x1b is doubled or ends a part
                chance = generator(seed, f"\x1bshared\x1f{name}\x1f{label}")
                drawn[row] = chance.standard_gamma(1 / variance, n) * variance
            product *= drawn[own]
        return product

    def rows(self, rows: Rows) -> Self:
        """Return the factors of some series.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        Shared
            Their factors.
        """
        return replace(self, codes=self.codes[rows])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the factors.

        Returns
        -------
        dict of str to ndarray
            Each name begins with ``shared_``.
        """
        return {
            "shared_codes": self.codes,
            "shared_names": np.array(self.names),
            "shared_variances": self.variances,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self | None:
        """Return the factors that `arrays` wrote.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Arrays of a law.

        Returns
        -------
        Shared or None
            None where there are no factors.
        """
        if "shared_codes" not in arrays:
            return None
        names = [str(name) for name in arrays["shared_names"]]
        return cls(arrays["shared_codes"], names, arrays["shared_variances"])
