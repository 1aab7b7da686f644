"""What a backtest found: scores by model and cutoff, and the table that compares the models."""

from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd

_IDENTITY: Final = ("model", "cutoff", "n_scored")
_NAIVE: Final = ("SeasonalNaive", "MovingAverage")
_SHOWN: Final = ("wql", "total_wql", "total_error", "bias", "pit_coverage_80", "wins", "seconds")


@dataclass(frozen=True, eq=False, repr=False)
class Backtest:
    """Scores of models at rolling cutoffs; `c2m.backtest` makes one.

    Parameters
    ----------
    scores : DataFrame
        A row per model and cutoff, a column a score (see `c2m.forecast.scoring.score_demand`).
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
            The mean of every score over the cutoffs, with ``<score>_low`` and ``<score>_high``,
            its 95 % interval (Student's t over the cutoffs; unknown for one cutoff); and
            ``wins``, the share of cutoffs at which its ``wql`` is below that of both naive rows.
            Where windows overlap (`step` below `horizon`) their scores are alike, and the
            intervals are narrower than they should be.
        """
        columns = [name for name in self.scores.columns if name not in _IDENTITY]
        groups = self.scores.groupby("model", sort=False)
        mean, margin = groups[columns].mean(), _margins(self.scores, columns)
        table = pd.DataFrame(index=mean.index)
        for name in columns:
            table[name] = mean[name]
            table[f"{name}_low"] = mean[name] - margin[name]
            table[f"{name}_high"] = mean[name] + margin[name]
        table["wins"] = self._wins()
        return table.sort_values("wql", kind="stable")

    def summary(self) -> pd.DataFrame:
        """Show the main scores of the leaderboard, each with the half width of its interval.

        Returns
        -------
        DataFrame of str, a row a model
            ``"0.201 ± 0.013"``.
        """
        board = self.leaderboard()
        shown = pd.DataFrame(index=board.index)
        for name in _SHOWN:
            values = board[name].map("{:.3f}".format)
            if f"{name}_high" in board.columns and len(self.cutoffs) > 1:
                values += (board[f"{name}_high"] - board[name]).map(" ± {:.3f}".format)
            shown[name] = values
        return shown

    @property
    def note(self) -> str:
        """What the table is about, in one sentence or two."""
        cutoffs = self.cutoffs
        overlap = (
            " The windows overlap, so the intervals are narrower than they should be."
            if len(cutoffs) > 1 and self.step < self.horizon
            else ""
        )
        return (
            f"{len(cutoffs)} cutoffs from {cutoffs[0].date()} to {cutoffs[-1].date()}, "
            f"{self.horizon} periods ahead.{overlap}"
        )

    def __repr__(self) -> str:
        """Say what it is in one line."""
        return f"Backtest({len(self.models)} models, {self.note})"

    def _repr_html_(self) -> str:
        return f"<div><p>{escape(self.note)}</p>{self.summary().to_html()}</div>"

    def _wins(self) -> pd.Series:
        """Return the share of cutoffs at which a model beats both naive rows."""
        loss = self.scores.pivot_table(index="cutoff", columns="model", values="wql")
        naive = loss[[name for name in _NAIVE if name in loss.columns]].min(axis=1)
        return loss.lt(naive, axis=0).mean()


def _margins(scores: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the half widths of the 95 % intervals of the means over cutoffs."""
    from scipy.special import stdtrit

    groups = scores.groupby("model", sort=False)
    count = groups.size()
    student = np.where(count > 1, stdtrit(np.maximum(count - 1, 1), 0.975), np.nan)
    return groups[columns].std().mul(student / np.sqrt(count), axis=0)
