"""Gradient-boosted trees that correct the level of a series."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.forecast.trees.engine import load_lightgbm
from c2m.forecast.trees.learner import Learner
from c2m.forecast.trees.lgb_parameters import main_names
from c2m.forecast.trees.treetext import END, check_trees

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.table import FeatureTable
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

_ROWS_AT_ONCE: Final = 262_144
"""Features of so many rows are held at a time while forecasting."""

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
            "num_threads": self.num_threads or (0 if n_rows >= _MANY_ROWS else 1),
            **main_names(self.more),
        }


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees whose sum is the logarithm of a factor on the level.

    Parameters
    ----------
    booster : lightgbm.Booster or Learner, optional
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
            The trees; none when no row has a target above 0, or too few rows for a split.

        Raises
        ------
        ArgumentError
            If LightGBM refuses the caller's parameters.
        """
        target = table.target[rows.series, rows.origin + rows.step]
        if settings.n_estimators == 0 or not np.any(target > 0):
            return cls()
        if settings.learner is not None:
            level = np.exp(table.log_level(rows))
            features = table.matrix(rows)
            return cls(Learner.fit(settings.learner, features, target, level, settings.seed))
        parameters = settings.to_lightgbm(len(rows))
        in_a_tree = len(rows) * parameters["bagging_fraction"]
        if in_a_tree < 2 * max(parameters["min_data_in_leaf"], 1):  # no tree can split
            return cls()
        return cls(_train(table, rows, target, parameters, settings))

    def means(
        self,
        table: "FeatureTable",
        rows: "Rows",
        *,
        num_threads: int | None = None,
    ) -> "FloatArray":
        """Return the expected target of each row.

        Parameters
        ----------
        table : FeatureTable
            The features.
        rows : Rows
            The rows.
        num_threads : int, optional
            Threads; unless given, all cores from 200,000 rows on, else one.

        Returns
        -------
        ndarray, shape (n_rows,)
            Units, above 0.
        """
        return self.staged_means(table, rows, [None], num_threads=num_threads)[0]

    def staged_means(
        self,
        table: "FeatureTable",
        rows: "Rows",
        stages: Sequence[int | None],
        *,
        num_threads: int | None = None,
    ) -> list["FloatArray"]:
        """Return the expected target of each row after some of the trees.

        Parameters
        ----------
        table, rows
            See `means`.
        stages : sequence of int or None
            Numbers of trees, rising; None, the last, for all.
        num_threads : int, optional
            See `means`.

        Returns
        -------
        list of ndarray, shape (n_rows,)
            Units, above 0; one array a stage.
        """
        threads = (num_threads or 0) if len(rows) >= _MANY_ROWS else 1
        result = np.empty((len(stages), len(rows)))
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            part = rows.part(begin, begin + _ROWS_AT_ONCE)
            result[:, begin : begin + len(part)] = list(self._scores(table, part, stages, threads))
        return list(np.exp(result, out=result))

    def _scores(
        self, table: "FeatureTable", rows: "Rows", stages: Sequence[int | None], threads: int
    ) -> Iterator["FloatArray"]:
        """Yield the logarithm of the expected target after some of the trees, each asked once."""
        score = table.log_level(rows)
        features = None if self.booster is None else table.matrix(rows)
        done = 0
        for trees in stages:
            if self.booster is not None and trees != 0:
                score = score + self.booster.predict(
                    features,
                    raw_score=True,
                    start_iteration=done,
                    num_iteration=-1 if trees is None else trees - done,
                    num_threads=threads,
                )
                done = trees or done
            yield score

    def to_text(self) -> str:
        """Return the trees as LightGBM writes them, without what it was told; empty without any."""
        if self.booster is None:
            return ""
        trees, end, _ = str(self.booster.model_to_string()).partition(END)
        return trees + end

    @classmethod
    def from_text(cls, text: str, n_features: int) -> Self:
        """Return the trees that `to_text` wrote.

        Parameters
        ----------
        text : str
            LightGBM's model text.
        n_features : int
            How many features the trees may ask for.

        Returns
        -------
        Trees
            The same trees.

        Raises
        ------
        DataError
            If the text is no sound model: LightGBM itself trusts it, and would end the process.
        """
        if not text:
            return cls()
        check_trees(text, n_features)
        return cls(load_lightgbm().Booster(model_str=text))


def _train(
    table: "FeatureTable",
    rows: "Rows",
    target: NDArray[np.float32],
    parameters: dict[str, Any],
    settings: TreeSettings,
) -> Any:
    """Return LightGBM's booster; what it has against a caller's parameters is the caller's."""
    lightgbm = load_lightgbm()
    data = lightgbm.Dataset(
        table.matrix(rows),
        label=target.astype(np.float32),
        init_score=table.log_level(rows),
        feature_name=[f"f{place}" for place in range(len(table.names))],
        categorical_feature=table.categorical,
        params=parameters,
    )
    try:
        return lightgbm.train(parameters, data, num_boost_round=settings.n_estimators)
    except (lightgbm.basic.LightGBMError, TypeError, ValueError) as error:
        if not settings.more:
            raise
        raise ArgumentError(
            f"Expected lgb_params that LightGBM takes, got {dict(settings.more)!r}: {error}"
        ) from error
