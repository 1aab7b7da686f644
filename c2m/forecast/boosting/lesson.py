"""One lesson: trees from rows, and what held-out periods say of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from c2m.forecast.boosting.calibration import Calibration, Windows, calibrate
from c2m.forecast.features.rows import Rows, sample_rows
from c2m.forecast.trees.growing import Growing, can_learn
from c2m.forecast.trees.trees import Trees

if TYPE_CHECKING:
    from c2m.forecast.features.table import FeatureTable
    from c2m.forecast.trees.settings import TreeSettings

_STAGES: Final = (0.25, 0.5, 1.0)
"""Shares of the trees that are tried on few rows."""

_CALIBRATION_SHARE: Final = 0.25
_LEAST_CALIBRATION_ROWS: Final = 60_000
_FEW_ROWS: Final = 100_000
"""From so many learning rows on, trees that are thrown away learn from a share of them: they would
cost as much as the final ones."""

_MANY_ROWS: Final = 120_000
"""From so many learning rows on all trees are used, and none is thrown away. On 3,000 simulated
daily series (290,000 rows, two cutoffs) the likelihood of held-out periods took a quarter of 200
trees: WRMSSE was 5 % larger than with all, the error of the total a fifth, at series level the
same."""

_LAST_SHARE: Final = 0.25
_MOST_LAST: Final = 0.5
"""Shares of the trees that all rows teach where the older rows have taught the others."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is to be learnt, and from what.

    Parameters
    ----------
    table : FeatureTable
        All features.
    rows : Rows
        All rows to learn from.
    windows : Windows
        What is held out.
    horizon : int
        Largest step.
    settings : TreeSettings
        How to grow the trees.
    groups : mapping of str to ndarray of str
        Grouping -> label of each series, for the levels that series share.
    """

    table: "FeatureTable"
    rows: Rows
    windows: Windows
    horizon: int
    settings: "TreeSettings"
    groups: Mapping[str, NDArray[np.str_]]

    def learn(self) -> tuple[Calibration, Trees]:
        """Learn from all rows, after a look at what the held-out periods say.

        Returns
        -------
        Calibration
            Head and number of trees.
        Trees
            So many trees, which have seen all rows.
        """
        if self.settings.learner is not None or len(self.rows) < _MANY_ROWS:
            return self._anew()
        return self._on()

    def _anew(self) -> tuple[Calibration, Trees]:
        """Let trees that are thrown away say how many pay; then learn from all rows."""
        older = sample_rows(
            self.table.target,
            horizon=self.horizon,
            until=self.windows.until,
            most_rows=_rows_to_throw_away(len(self.rows)),
            seed=self.settings.seed,
            earliest=self.table.earliest,
        )
        numbers = sorted({round(share * self.settings.n_estimators) for share in _STAGES})
        found = self._judge(Trees.grow(self.table, older, self.settings), numbers)
        settings = replace(self.settings, n_estimators=found.n_trees)
        return found, Trees.grow(self.table, self.rows, settings)

    def _on(self) -> tuple[Calibration, Trees]:
        """Learn from the older rows, look at the held-out periods, go on with all rows."""
        older = self.rows.origin + self.rows.step < self.windows.until
        unseen = float(np.clip(1 - older.mean(), _LAST_SHARE, _MOST_LAST))
        last = -(-round(self.settings.n_estimators * unseen, 6) // 1)
        first = self.settings.n_estimators - int(last)
        if first < 1 or not can_learn(self.table, self.rows.where(older), self.settings):
            found = self._judge(Trees(), [0])
            trees = Trees.grow(self.table, self.rows, self.settings)
        else:
            growing = Growing(self.table, self.rows, self.settings, older)
            growing.add(first)
            found = self._judge(Trees(growing.booster()), [first])
            growing.add_from_all(int(last))
            trees = Trees(growing.booster())
        return replace(found, n_trees=self.settings.n_estimators), trees

    def _judge(self, trees: Trees, numbers: Sequence[int]) -> Calibration:
        return calibrate(
            self.table,
            trees,
            self.windows,
            numbers,
            num_threads=self.settings.num_threads,
            groups=self.groups,
        )


def _rows_to_throw_away(n_rows: int) -> int:
    if n_rows <= _FEW_ROWS:
        return max(n_rows, 1)
    return max(round(_CALIBRATION_SHARE * n_rows), _LEAST_CALIBRATION_ROWS)
