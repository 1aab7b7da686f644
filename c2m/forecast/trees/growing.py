"""LightGBM's trees while they grow."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from c2m.errors import ArgumentError
from c2m.forecast.trees.engine import load_lightgbm

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.trees.settings import TreeSettings


class Growing:
    """LightGBM's trees while they grow: first from older rows, then, more of them, from all.

    What the older rows alone have taught can be held against the newer ones before those teach too,
    and nothing is learnt twice. Only the edges of the features' bins are laid over all rows.

    Parameters
    ----------
    table : FeatureTable
        Their features.
    rows : Rows
        All rows to learn from.
    settings : TreeSettings
        How to grow; `n_estimators` and `learner` do not count.
    older : ndarray of bool, shape (n_rows,), optional
        Which rows the first trees learn from; all unless given.
    """

    def __init__(
        self,
        table: "FeatureTable",
        rows: "Rows",
        settings: "TreeSettings",
        older: NDArray[np.bool_] | None = None,
    ) -> None:
        lightgbm = load_lightgbm()
        self._more = settings.more
        parameters = settings.to_lightgbm(len(rows))
        self._all = lightgbm.Dataset(
            table.matrix(rows),
            label=targets(table, rows),
            init_score=table.log_level(rows),
            feature_name=[f"f{place}" for place in range(len(table.names))],
            categorical_feature=table.categorical,
            params=parameters,
        )
        self._taught_by = self._all
        with self._blamed_on_the_caller():
            self._all.construct()
            if older is not None:
                self._taught_by = self._all.subset(np.flatnonzero(older))
            self._booster = lightgbm.Booster(parameters, self._taught_by)

    def add(self, n_trees: int) -> None:
        """Grow more trees from the rows that teach at present.

        Parameters
        ----------
        n_trees : int
            How many.
        """
        with self._blamed_on_the_caller():
            for _ in range(n_trees):
                self._booster.update()

    def add_from_all(self, n_trees: int) -> None:
        """Grow more trees from all rows, on top of those that only the older ones taught.

        Parameters
        ----------
        n_trees : int
            How many, at least 1.
        """
        if self._taught_by is not self._all:
            # LightGBM reads the former rows while it changes to others: they are let go afterwards
            self._booster.update(train_set=self._all)
            self._taught_by = self._all
            n_trees -= 1
        self.add(n_trees)

    def booster(self) -> Any:
        """Return a copy of the trees so far, which grow no further.

        Returns
        -------
        lightgbm.Booster
            Without the rows they learnt from.
        """
        return load_lightgbm().Booster(model_str=self._booster.model_to_string())

    @contextmanager
    def _blamed_on_the_caller(self) -> Iterator[None]:
        """Say what LightGBM has against the caller's parameters, where there are any."""
        try:
            yield
        except (load_lightgbm().basic.LightGBMError, TypeError, ValueError) as error:
            if not self._more:
                raise
            raise ArgumentError(
                f"Expected lgb_params that LightGBM takes, got {dict(self._more)!r}: {error}"
            ) from error


def can_learn(table: "FeatureTable", rows: "Rows", settings: "TreeSettings") -> bool:
    """Say whether there is anything to learn from some rows.

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
    bool
        Whether a target is above 0 and, for LightGBM, there are rows enough for a split.
    """
    if not np.any(targets(table, rows) > 0):
        return False
    if settings.learner is not None:
        return True
    parameters = settings.to_lightgbm(len(rows))
    in_a_tree = len(rows) * parameters["bagging_fraction"]
    return bool(in_a_tree >= 2 * max(parameters["min_data_in_leaf"], 1))


def targets(table: "FeatureTable", rows: "Rows") -> NDArray[np.float32]:
    """Return what came in the target period of each row.

    Parameters
    ----------
    table : FeatureTable
        Their features.
    rows : Rows
        The rows.

    Returns
    -------
    ndarray of float32, shape (n_rows,)
        Units.
    """
    at = rows.origin + rows.step
    return np.asarray(table.target[rows.series, at], dtype=np.float32)
