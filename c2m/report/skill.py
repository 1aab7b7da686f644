"""How the forecast's models did on periods that were held back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.plot import plot_calibration, plot_leaderboard
from c2m.plot.style import free_axes
from c2m.report.figures import Figure, draw
from c2m.report.tables import Column, Table, make_table
from c2m.report.words import joined, share

if TYPE_CHECKING:
    from c2m.forecast import Backtest

_SCORES: Final = {
    "wql": "Quantile loss",
    "total_wql": "Quantile loss of the total",
    "total_error": "Error of the total",
    "bias": "Bias",
}
"""Scores that the page shows with their intervals, as shares of the units sold."""

_RANGES: Final = {
    "pit_coverage_50": "In 50% range",
    "pit_coverage_80": "In 80% range",
    "pit_coverage_95": "In 95% range",
}

_NOTE: Final = (
    "Quantile loss: how far the forecast ranges lay from the truth, as a share of the units sold; "
    "less is better. The total is that of all periods ahead, as a lead time needs it. "
    "Bias: forecast less actual. In a range: how often the truth lay in it."
)


@dataclass(frozen=True)
class Skill:
    """What the page shows of a backtest.

    Parameters
    ----------
    lead : str
        What was compared, over how many cutoffs.
    board : Table
        The leaderboard.
    figures : list of Figure
        Scores with intervals, and coverage.
    """

    lead: str
    board: Table
    figures: list[Figure]


def read_skill(backtest: "Backtest", width: float) -> Skill:
    """Write a backtest for the page.

    Parameters
    ----------
    backtest : Backtest
        The backtest.
    width : float
        Of a figure, in inches.

    Returns
    -------
    Skill
        Its text, table and figures.
    """
    board = backtest.leaderboard()
    shown = {"model": [str(name) for name in board.index]}
    shown |= {name: _with_margin(board, name) for name in _SCORES}
    shown |= {name: [share(value) for value in board[name]] for name in _RANGES}
    columns = [Column("model", "Model")]
    columns += [Column(name, title, number=True) for name, title in (_SCORES | _RANGES).items()]
    caption = "Models by quantile loss, the best first, with 95% intervals over the cutoffs"
    best = [str(name) for name in board.index[:2]]
    scores = plot_leaderboard(backtest, free_axes((width, 0.9 + 0.3 * len(board))))
    ranges = plot_calibration(backtest, free_axes((width, 3.2)))
    alt = f"Quantile loss of {len(board)} models; the least two are {joined(best)}."
    return Skill(
        lead=backtest.note,
        board=make_table("leaderboard", caption, pd.DataFrame(shown), columns, _NOTE),
        figures=[
            draw(scores, "skill-loss", alt, "Quantile loss with its 95% interval."),
            draw(
                ranges,
                "skill-ranges",
                "How often the truth lay in the 50, 80 and 95% ranges of each model.",
                "On the diagonal the ranges hold what they promise; below it they are too narrow.",
            ),
        ],
    )


def _with_margin(board: pd.DataFrame, name: str) -> list[str]:
    """Write a score with the half width of its interval, where it has one."""
    margins = board[f"{name}_high"] - board[name]
    return [
        share(value) + ("" if np.isnan(margin) else f" ± {share(margin)}")
        for value, margin in zip(board[name], margins, strict=True)
    ]
