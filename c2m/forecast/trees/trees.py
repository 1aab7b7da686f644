"""Gradient-boosted trees that correct the level of a series."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from c2m.forecast.trees.engine import load_lightgbm
from c2m.forecast.trees.growing import Growing, can_learn, targets
from c2m.forecast.trees.learner import Learner
from c2m.forecast.trees.settings import MANY_ROWS
from c2m.forecast.trees.treetext import END, check_trees

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.target import FloatArray
    from c2m.forecast.trees.settings import TreeSettings

_ROWS_AT_ONCE: Final = 65_536
"""Features of so many rows are held at a time while forecasting."""


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
    def grow(cls, table: "FeatureTable", rows: "Rows", settings: "TreeSettings") -> Self:
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
        if settings.n_estimators == 0 or not can_learn(table, rows, settings):
            return cls()
        if settings.learner is not None:
            level = np.exp(table.log_level(rows))
            features, target = table.matrix(rows), targets(table, rows)
            return cls(Learner.fit(settings.learner, features, target, level, settings.seed))
        growing = Growing(table, rows, settings)
        growing.add(settings.n_estimators)
        return cls(growing.booster())

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
        threads = (num_threads or 0) if len(rows) >= MANY_ROWS else 1
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
