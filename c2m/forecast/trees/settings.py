"""How trees are grown: LightGBM's parameters, or a learner in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from c2m.forecast.trees.lgb_parameters import main_names

_DEFAULTS: Final = {
    "objective": "tweedie",
    "tweedie_variance_power": 1.5,
    "max_bin": 63,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "min_data_in_leaf": 100,
}
"""LightGBM's parameters unless a caller passes others."""

_FIXED: Final = {"deterministic": True, "force_row_wise": True, "verbosity": -1}
"""What makes the same data and seed give the same trees whatever the number of threads."""

_LEAVES: Final = ((40_000, 15), (400_000, 31))
_MOST_LEAVES: Final = 63

MANY_ROWS: Final = 200_000
"""Below this, threads wait for each other longer than they work on a busy machine."""


@dataclass(frozen=True)
class TreeSettings:
    """How trees are grown.

    Parameters
    ----------
    n_estimators : int
        Trees.
    num_leaves : int, optional
        Leaves of a tree; by the number of rows unless given: 15 up to 40,000, 31 up to 400,000,
        else 63.
    learning_rate : float
        Weight of a tree.
    seed : int
        Seed.
    num_threads : int, optional
        Threads; unless given, all cores from 200,000 rows on, else one.
    more : mapping
        Parameters of LightGBM, which win over all others.
    learner : object, optional
        A regressor of scikit-learn in place of LightGBM; it counts as one tree.
    """

    n_estimators: int
    num_leaves: int | None
    learning_rate: float
    seed: int
    num_threads: int | None
    more: Mapping[str, Any]
    learner: Any | None = None

    def to_lightgbm(self, n_rows: int) -> dict[str, Any]:
        """Return LightGBM's parameters.

        Parameters
        ----------
        n_rows : int
            Rows to learn from.

        Returns
        -------
        dict
            Name -> value.
        """
        leaves = next((leaves for most, leaves in _LEAVES if n_rows <= most), _MOST_LEAVES)
        return {
            **_DEFAULTS,
            **_FIXED,
            "num_leaves": self.num_leaves or leaves,
            "learning_rate": self.learning_rate,
            "seed": self.seed,
            "num_threads": self.num_threads or (0 if n_rows >= MANY_ROWS else 1),
            **main_names(self.more),
        }
