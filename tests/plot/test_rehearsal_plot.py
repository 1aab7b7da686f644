"""The figure of a rehearsal shows every policy's cost by its parts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from c2m.plot import plot_rehearsal

KINDS = (
    "lost_margin", "lost_sale_penalty", "holding", "markdown", "setup", "overtime", "dearer_ways",
)  # fmt: skip


def rehearsal(currency="EUR"):
    """Return what the figure reads of a rehearsal."""
    rows = {
        "a$b$": [900.0, 100.0, 50.0, 200.0, 80.0, 0.0, 0.0],
        "c2m": [-5.0, 0.0, 60.0, 20.0, 90.0, 0.0, 0.0],
    }
    costs = pd.DataFrame.from_dict(rows, orient="index", columns=list(KINDS))
    costs = costs.assign(mismatch_cost=costs.sum(axis=1))
    scores = pd.DataFrame({"fill_rate": [0.814, np.nan]}, index=costs.index)
    return SimpleNamespace(costs=costs, scores=scores, currency=currency)


def widths(ax, label):
    return next(
        [bar.get_width() for bar in bars] for bars in ax.containers if bars.get_label() == label
    )


def test_the_cheapest_policy_is_on_top_and_its_parts_are_stacked():
    ax = plot_rehearsal(rehearsal())
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["c2m", r"a\$b\$"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    assert widths(ax, "lost sales") == [-5, 1000]
    ends = [bars[1].get_x() + bars[1].get_width() for bars in ax.containers]
    assert ends == [1000, 1200, 1250, 1330]
    left = [bars[0].get_x() for bars in ax.containers[1:]]
    assert left == [0, 20, 80]  # what is below 0 stands to the left and shifts nothing


def test_parts_that_nobody_has_are_left_out_of_the_legend():
    ax = plot_rehearsal(rehearsal())
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["lost sales", "left over", "holding", "set-ups"]


def test_cost_fill_rate_and_currency_are_written():
    ax = plot_rehearsal(rehearsal())
    assert [text.get_text() for text in ax.texts] == ["165", "1,330, 81% served"]
    assert ax.get_xlabel().endswith(", EUR")
    assert not plot_rehearsal(rehearsal(currency=None)).get_xlabel().endswith("EUR")


@pytest.mark.parametrize("own", [True, False])
def test_it_draws_on_the_axes_it_is_given_or_on_new_ones(own):
    ax = plt.subplots()[1] if own else None
    drawn = plot_rehearsal(rehearsal(), ax)
    assert drawn is ax if own else drawn.figure.number in plt.get_fignums()
    drawn.figure.canvas.draw()
