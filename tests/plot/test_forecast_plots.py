import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

import c2m
from c2m.plot import plot_explanation, plot_signal_value
from c2m.plot.style import BLUE, ORANGE


def explanation(multipliers: dict[str, float]) -> c2m.Explanation:
    week = c2m.Calendar.of("W")
    values = np.array(list(multipliers.values()))
    return c2m.Explanation(
        keys=pd.DataFrame({"sku": ["A$B$"]}),
        calendar=week,
        first=int(week.ordinal("2026-11-23")),
        groups=tuple(multipliers),
        base=np.full((1, 2), 10.0),
        multipliers=np.broadcast_to(values, (1, 2, len(values))),
    )


def test_the_bars_of_an_explanation_are_its_multipliers_largest_first():
    ax = plot_explanation(explanation({"recent level": 1.0, "views": 1.5, "price": 0.5}))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["price", "views", "recent level"]
    assert np.allclose([bar.get_width() for bar in ax.patches], np.log([0.5, 1.5, 1.0]))
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [ORANGE, BLUE, BLUE]
    assert ax.texts[0].get_text().startswith("x 0.50")


def test_many_groups_share_one_bar_and_nothing_of_them_is_lost():
    given = {"recent level": 1.0} | {f"signal {n}": 1.0 + n / 50 for n in range(1, 15)}
    ax = plot_explanation(explanation(given), sku="A$B$")
    assert ax.get_yticklabels()[-1].get_text() == "5 others"
    whole = sum(bar.get_width() for bar in ax.patches)
    assert whole == pytest.approx(np.log(list(given.values())).sum())
    assert ax.get_title(loc="left") == r"What moves A\$B\$"


def test_an_unknown_sku_is_refused():
    with pytest.raises(c2m.ArgumentError, match="'Z'"):
        plot_explanation(explanation({"recent level": 1.0}), sku="Z")


@pytest.fixture
def value() -> c2m.SignalValue:
    rows = [
        ("all", "all signals", "left out", 0.1, 6.0, 4.0, 8.0),
        ("all", "views", "left out", 0.05, 3.0, -1.0, 7.0),
        ("all", "views", "alone", 0.02, -2.0, -4.0, 0.5),
        ("shoes", "all signals", "left out", 0.1, 9.0, np.nan, np.nan),
    ]
    columns = ["group", "signal", "question", "units", "percent", "low", "high"]
    return c2m.SignalValue(
        table=pd.DataFrame(rows, columns=columns),
        losses={},
        cutoffs=(pd.Timestamp("2026-11-02"),),
        horizon=4,
        method="refit",
    )


def test_every_signal_has_a_mark_at_what_it_saves(value):
    ax = plot_signal_value(value)
    marks = [one for one in ax.collections if isinstance(one, PathCollection)]
    assert [mark.get_offsets()[:, 0].tolist() for mark in marks] == [[6.0, 3.0], [-2.0]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["all signals", "views"]


def test_a_saving_that_rounds_to_nothing_has_no_sign(value):
    value.table.loc[0, "percent"] = -0.01
    assert plot_signal_value(value).texts[0].get_text() == "0.0 %"


def test_a_group_without_an_interval_is_drawn_and_an_unknown_one_refused(value):
    assert plot_signal_value(value, group="shoes").texts[0].get_text() == "9.0 %"
    with pytest.raises(c2m.ArgumentError, match="shoes"):
        plot_signal_value(value, group="shoe")
