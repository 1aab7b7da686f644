"""Gradient-boosted trees that correct the level of a series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from c2m.forecast.engine import load_lightgbm

if TYPE_CHECKING:
    from c2m.forecast.features import FeatureTable, Rows
    from c2m.forecast.target import FloatArray

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

_MANY_ROWS: Final = 200_000
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
    """

    n_estimators: int
    num_leaves: int | None
    learning_rate: float
    seed: int
    num_threads: int | None
    more: Mapping[str, Any]

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
            "num_threads": self.num_threads or (0 if n_rows >= _MANY_ROWS else 1),
            **self.more,
        }


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees whose sum is the logarithm of a factor on the level.

    Parameters
    ----------
    booster : lightgbm.Booster, optional
        The trees; without any the factor is 1.
    """

    booster: Any | None = None

    @classmethod
    def grow(cls, table: "FeatureTable", rows: "Rows", settings: TreeSettings) -> Self:
        """Learn from rows whose targets are known.

        The level enters as ``init_score``: a tree learns by which factor the target differs from
        it, under a Tweedie law with log link (Jørgensen 1987, "Exponential dispersion models").

        Parameters
        ----------
        table : FeatureTable
            Their features.
        rows : Rows
            The rows.
        settings : TreeSettings
            How to grow.

        Returns
        -------
        Trees
            The trees; none when no row has a target above 0.
        """
        target = table.target[rows.series, rows.origin + rows.step]
        if settings.n_estimators == 0 or not np.any(target > 0):
            return cls()
        lightgbm = load_lightgbm()
        parameters = settings.to_lightgbm(len(rows))
        data = lightgbm.Dataset(
            table.matrix(rows),
            label=target.astype(np.float32),
            init_score=table.log_level(rows),
            feature_name=[f"f{place}" for place in range(len(table.names))],
            categorical_feature=table.categorical,
            params=parameters,
        )
        return cls(lightgbm.train(parameters, data, num_boost_round=settings.n_estimators))

    def means(
        self,
        table: "FeatureTable",
        rows: "Rows",
        *,
        trees: int | None = None,
        num_threads: int | None = None,
    ) -> "FloatArray":
        """Return the expected target of each row.

        Parameters
        ----------
        table : FeatureTable
            The features.
        rows : Rows
            The rows.
        trees : int, optional
            Use only so many trees.
        num_threads : int, optional
            Threads; unless given, all cores from 200,000 rows on, else one.

        Returns
        -------
        ndarray, shape (n_rows,)
            Units, above 0.
        """
        score = table.log_level(rows)
        if self.booster is not None and len(rows) and trees != 0:
            score = score + self.booster.predict(
                table.matrix(rows),
                raw_score=True,
                num_iteration=trees or -1,
                num_threads=num_threads or (0 if len(rows) >= _MANY_ROWS else 1),
            )
        return np.asarray(np.exp(score))

    def to_text(self) -> str:
        """Return the trees as LightGBM writes them; empty without any."""
        return "" if self.booster is None else str(self.booster.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the trees that `to_text` wrote.

        Parameters
        ----------
        text : str
            LightGBM's model text.

        Returns
        -------
        Trees
            The same trees.
        """
        return cls(load_lightgbm().Booster(model_str=text)) if text else cls()
