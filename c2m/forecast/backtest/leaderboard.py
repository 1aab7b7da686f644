"""What a backtest found: scores by model and cutoff, and the table that compares the models."""

from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError

_IDENTITY: Final = ("model", "cutoff", "n_scored")
_NAIVE: Final = ("SeasonalNaive", "MovingAverage")
_SHOWN: Final = ("wql", "total_wql", "total_error", "bias", "pit_coverage_80", "wins", "seconds")
_OVER_GROUPS: Final = ("wrmsse", "wspl")
_NO_INTERVAL: Final = ("wins", "seconds")


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Scores of models at rolling cutoffs; `c2m.backtest` makes one.

    Parameters
    ----------
    scores : DataFrame
        A row per model and cutoff, a column a score (see
        `c2m.forecast.backtest.scoring.score_demand`).
    horizon : int
        Periods ahead.
    step : int
        Periods from one cutoff to the next.
    levels : tuple of float
        Levels of the pinball loss.
    target : str
        The channel that was forecast.
    forecasts : DataFrame, optional
        Every forecast: model, cutoff, key columns, period, mean, a column a level, actual.
    """

    scores: pd.DataFrame
    horizon: int
    step: int
    levels: tuple[float, ...]
    target: str
    forecasts: pd.DataFrame | None = None

    @property
    def cutoffs(self) -> list[pd.Timestamp]:
        """The cutoffs, in order."""
        return sorted(self.scores["cutoff"].unique())

    @property
    def models(self) -> list[str]:
        """The models, in the order in which they were passed."""
        return [str(name) for name in self.scores["model"].unique()]

    def leaderboard(self) -> pd.DataFrame:
        """Compare the models.

        Returns
        -------
        DataFrame, a row a model, the least ``wql`` first
            First the scores, the mean of each over the cutoffs: those of `summary`, then the
            others. ``wins`` is the share of cutoffs at which the model's ``wql`` is below that of
            both naive rows. Then ``<score>_low`` and ``<score>_high``, the 95 % interval of that
            mean (Student's t over the cutoffs; unknown for one cutoff), cut off at the ends of
            what the score can be: 0 and 1 for a coverage, 0 for every other score but ``bias``.
            ``wins`` and ``seconds`` have none. Where windows overlap (`step` below `horizon`)
            their scores are alike, and the intervals are narrower than they should be.

        See Also
        --------
        summary : The main scores alone, as text.
        """
        mean, margin = self._means(), self._margins()
        parts = {str(name): mean[name] for name in mean.columns}
        for name in margin.columns:
            least, most = _range(name)
            parts[f"{name}_low"] = (mean[name] - margin[name]).clip(lower=least)
            parts[f"{name}_high"] = (mean[name] + margin[name]).clip(upper=most)
        return pd.DataFrame(parts).sort_values("wql", kind="stable")

    def summary(self) -> pd.DataFrame:
        """Show the main scores of the leaderboard, each with half of its uncut interval.

        Returns
        -------
        DataFrame of str, a row a model
            ``"0.201 ± 0.013"``.
        """
        board = self.leaderboard()
        margin = self._margins().reindex(board.index)
        shown = pd.DataFrame(index=board.index)
        for name in self._main():
            values = board[name].map("{:.3f}".format)
            if name in margin.columns and len(self.cutoffs) > 1:
                values += margin[name].map(" ± {:.3f}".format)
            shown[name] = values
        return shown

    def stability(self) -> pd.DataFrame:
        """Compare how much each model's forecast of the same periods changes between cutoffs.

        Returns
        -------
        DataFrame, a row a model, the steadiest first
            ``change``: the mean absolute change of the expected units of the same series and period
            from one cutoff to the next, relative to their level (see
            `c2m.forecast.scores.forecast_change`), with its interval ``change_low`` and
            ``change_high`` and, beside it, ``wql``: a forecast that never learns is steady too.

        Raises
        ------
        ArgumentError
            If no period was forecast at two cutoffs.
        """
        if len(self.cutoffs) < 2 or self.step >= self.horizon:
            raise ArgumentError(
                f"Expected windows that overlap, got {self.note} Call backtest with windows of 2 "
                f"or more and a step below the horizon of {self.horizon}."
            )
        columns = ["change", "change_low", "change_high", "wql"]
        return self.leaderboard()[columns].sort_values("change", kind="stable")

    @property
    def note(self) -> str:
        """What the table is about, in one sentence or two."""
        cutoffs = self.cutoffs
        overlap = (
            " The windows overlap, so the intervals are narrower than they should be."
            if len(cutoffs) > 1 and self.step < self.horizon
            else ""
        )
        span = f"{len(cutoffs)} cutoffs from {cutoffs[0].date()} to {cutoffs[-1].date()}"
        if len(cutoffs) == 1:
            span = f"1 cutoff, {cutoffs[0].date()}"
        return f"{span}, {self.horizon} period{'s' * (self.horizon != 1)} ahead.{overlap}"

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"Backtest({len(self.models)} models, {self.note})"

    def _repr_html_(self) -> str:
        return f"<div><p>{escape(self.note)}</p>{self.summary().to_html()}</div>"

    def _means(self) -> pd.DataFrame:
        """Return the mean of every score by model, the main ones first."""
        means = self.scores.groupby("model", sort=False).mean(numeric_only=True)
        means["wins"] = self._wins()
        main = self._main()
        others = [name for name in means.columns if name not in {*main, *_IDENTITY}]
        return means[[*main, *others]]

    def _main(self) -> list[str]:
        """Return the main scores, those over a hierarchy first where there are any."""
        return [*(name for name in _OVER_GROUPS if name in self.scores.columns), *_SHOWN]

    def _margins(self) -> pd.DataFrame:
        """Return the half widths of the 95 % intervals of these means, where they have one."""
        from scipy.special import stdtrit

        columns = [name for name in self._means().columns if name not in _NO_INTERVAL]
        groups = self.scores.groupby("model", sort=False)[columns]
        count = groups.count()
        student = np.where(count > 1, stdtrit(np.maximum(count - 1, 1), 0.975), np.nan)
        return groups.std().mul(student / np.sqrt(count.clip(lower=1).to_numpy()))

    def _wins(self) -> pd.Series:
        """Return the share of cutoffs at which a model beats both naive rows."""
        loss = self.scores.pivot_table(index="cutoff", columns="model", values="wql")
        naive = loss[[name for name in _NAIVE if name in loss.columns]].min(axis=1)
        return loss.lt(naive, axis=0).mean()


def _range(score: str) -> tuple[float | None, float | None]:
    """Return the least and the most that a score can be; None where there is no such end."""
    if score == "bias":
        return None, None
    return 0.0, 1.0 if "coverage" in score else None
