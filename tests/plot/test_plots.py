import sys
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import c2m
from c2m.plot import (
    plot_calibration,
    plot_demand,
    plot_leaderboard,
    plot_panel,
    plot_plan,
    plot_risk,
    plot_stock,
)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.fixture
def draw(panel, demand, plan, tested):
    """Every plot function with its first argument bound."""
    return {
        "panel": lambda ax=None: plot_panel(panel, ax),
        "demand": lambda ax=None: plot_demand(demand, ax, panel=panel),
        "plan": lambda ax=None: plot_plan(plan, ax),
        "line": lambda ax=None: plot_plan(plan, ax, line="SEW"),
        "stock": lambda ax=None: plot_stock(plan, ax),
        "sku": lambda ax=None: plot_stock(plan, ax, sku="A$B$"),
        "risk": lambda ax=None: plot_risk(plan, ax),
        "leaderboard": lambda ax=None: plot_leaderboard(tested, ax),
        "calibration": lambda ax=None: plot_calibration(tested, ax),
    }


NAMES = ["panel", "demand", "plan", "line", "stock", "sku", "risk", "leaderboard", "calibration"]


@pytest.mark.parametrize("name", NAMES)
def test_draws_on_the_axes_it_is_given(draw, name):
    figure, ax = plt.subplots()
    assert draw[name](ax) is ax
    assert figure.axes == [ax]


@pytest.mark.parametrize("name", NAMES)
def test_makes_a_figure_of_its_own_that_can_be_rendered(draw, name):
    ax = draw[name]()
    assert ax.figure.number in plt.get_fignums()
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", NAMES)
def test_leaves_the_global_settings_alone(draw, name):
    before = dict(mpl.rcParams)
    draw[name]()
    assert dict(mpl.rcParams) == before


def test_an_axis_of_units_says_so(panel, demand, plan):
    assert plot_panel(panel, sku="3-4").get_ylabel() == "sales, units"
    assert plot_demand(demand).get_ylabel() == "demand, units"
    assert plot_plan(plan, line="SEW").get_ylabel() == "minutes"
    assert plot_plan(plan, line="PACK").get_ylabel() == "pieces"
    assert plot_risk(plan).get_xlabel() == "expected units"


def test_a_sku_is_titled_to_the_letter(demand):
    ax = plot_demand(demand, sku="A$B$")
    ax.figure.canvas.draw()
    assert ax.get_title(loc="left") == r"A\$B\$"
    assert ax.title.get_parse_math()


def test_the_panel_of_one_sku_is_its_sales(panel):
    line = plot_panel(panel, sku="3-4").get_lines()[0]
    np.testing.assert_array_equal(line.get_ydata(), panel.select(["3-4"])["sales"][0])


def test_the_sum_of_a_panel_says_what_is_unknown(panel):
    ax = plot_panel(panel)
    assert ax.get_ylabel() == "sales, units (2% unknown)"
    np.testing.assert_allclose(
        ax.get_lines()[0].get_ydata(), np.nansum(panel["sales"].astype(float), axis=0)
    )


def test_a_period_of_which_nothing_is_known_is_a_gap(panel):
    values = plot_panel(panel, sku="PARKA").get_lines()[0].get_ydata()
    assert np.flatnonzero(np.isnan(values)).tolist() == [5]


def test_history_ends_where_the_fan_begins(panel, demand):
    ax = plot_demand(demand, sku="00123", panel=panel)
    expected, observed, cutoff = ax.get_lines()
    assert observed.get_xdata().max() == -1
    assert expected.get_xdata().min() == 0
    assert cutoff.get_xdata()[0] == -0.5
    np.testing.assert_array_equal(
        observed.get_ydata(), panel.select(["00123"])["sales"][0][-len(observed.get_ydata()) :]
    )


def test_the_bands_of_a_fan_lie_in_each_other_and_hold_the_quantiles(demand):
    wide, middle, narrow = (
        band.get_paths()[0].vertices for band in plot_demand(demand, sku="PARKA").collections
    )
    for outer, inner in ((wide, middle), (middle, narrow)):
        assert outer[:, 1].min() <= inner[:, 1].min()
        assert outer[:, 1].max() >= inner[:, 1].max()
    low, high = demand.select(["PARKA"]).quantiles([0.025, 0.975])[0].T
    assert wide[:, 1].min() == low.min()
    assert wide[:, 1].max() == high.max()


def test_the_sum_of_all_series_is_narrower_than_its_parts(demand):
    ax = plot_demand(demand)
    wide = ax.collections[0].get_paths()[0].vertices[:, 1]
    parts = demand.quantiles([0.025, 0.975]).sum(axis=0)
    assert wide.max() < parts[:, 1].max()
    assert wide.min() > parts[:, 0].min()


def test_a_panel_of_other_periods_is_refused(demand):
    days = pd.date_range("2026-10-01", periods=5)
    daily = c2m.Panel.from_frame(pd.DataFrame({"sku": "A", "period": days, "sales": 1.0}), freq="D")
    with pytest.raises(c2m.ArgumentError, match="freq 'W', got 'D'"):
        plot_demand(demand, panel=daily)


def test_the_bars_of_a_line_are_its_load(plan):
    ax = plot_plan(plan, line="SEW")
    load = plan.line_load.query("line == 'SEW'")
    heights = sum(bar.get_height() for bars in ax.containers for bar in bars)
    assert heights == pytest.approx(load["used"].sum() + load["overtime"].sum())
    assert "regular capacity" in legend_texts(ax)


def test_a_shutdown_is_marked(plan):
    assert texts(plot_plan(plan, line="SEW")) == ["shut"]
    assert texts(plot_plan(plan, line="PACK")) == []


def test_weeks_that_are_shut_together_are_marked_once(plan):
    load = plan.tables["load"].copy()
    load.loc[(load["line"] == "SEW") & (load["period"] < plan.periods[2]), "capacity"] = 0.0
    shut = replace(plan, tables={**plan.tables, "load": load})
    ax = plot_plan(shut, line="SEW")
    assert [text.get_text() for text in ax.texts] == ["shut"]
    wide = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "shut" not in wide
    small = plt.figure(figsize=(0.4, 0.4)).add_subplot()
    plot_plan(shut, small, line="SEW")
    assert list(small.texts) == []
    assert [text.get_text() for text in small.get_legend().get_texts()].count("shut") == 1


def test_the_colours_of_the_table_of_loads_are_named(plan):
    names = [text.get_text() for text in plot_plan(plan).get_legend().get_texts()]
    load = plan.line_load
    assert ("shut" in names) == bool((load["capacity"] == 0).any())
    assert ("overtime" in names) == bool((load["overtime"] > 0).any())
    assert "shut" in names


def test_all_lines_are_a_table_of_percent(plan):
    ax = plot_plan(plan)
    load = plan.line_load
    share = (load["used"] + load["overtime"]) / load["capacity"]
    wanted = ["shut" if np.isnan(value) else f"{100 * value:.0f}" for value in share]
    assert sorted(texts(ax)) == sorted(wanted)


def test_a_plan_from_outside_shows_its_units():
    frame = pd.DataFrame(
        {"sku": ["A", "B"], "line": ["L1", "L2"], "period": "2026-11-23", "quantity": [120, 40]}
    )
    plan = c2m.Plan.from_frame(frame, freq="W", lead_time_periods=0)
    assert sorted(texts(plot_plan(plan))) == ["120", "40"]
    assert [bar.get_height() for bar in plot_plan(plan, line="L2").patches] == [40.0]
    with pytest.raises(c2m.ArgumentError, match="Expected a plan with an outlook"):
        plot_risk(plan)


def test_an_unknown_line_is_named(plan):
    with pytest.raises(c2m.ArgumentError, match="no line 'SOW' \\(did you mean 'SEW'\\?\\)"):
        plot_plan(plan, line="SOW")


def test_risk_bars_are_lost_and_left_units(plan):
    lost, left = plot_risk(plan).containers
    assert -sum(bar.get_width() for bar in lost) == pytest.approx(plan.outlook["lost"].sum())
    assert sum(bar.get_width() for bar in left) == pytest.approx(plan.outlook["stock"][:, -1].sum())


def test_a_long_name_leaves_room_for_the_data(plan):
    long = replace(plan, skus=(*plan.skus[:-1], "Z" * 200), tables={})
    ax = plot_risk(long)
    ax.figure.canvas.draw()  # would warn that nothing is left of the axes
    assert ax.get_position().width > 0.4
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert sum("…" in name and len(name) <= 44 for name in names) == 1


def test_a_dollar_sign_in_a_title_is_drawn_as_it_is(plan):
    title = plot_stock(plan, sku="A$B$").get_title(loc="left")
    assert title == r"A\$B\$: units"


def test_the_best_model_stands_on_top(tested):
    ax = plot_leaderboard(tested, score="wape")
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == tested.leaderboard().index.tolist()
    assert ax.yaxis_inverted()


def test_an_unknown_score_is_named(tested):
    with pytest.raises(c2m.ArgumentError, match="There is no score 'wqll' \\(did you mean 'wql'"):
        plot_leaderboard(tested, score="wqll")


def test_calibration_shows_the_share_in_each_range(tested):
    line = plot_calibration(tested).get_lines()[1]
    best = tested.leaderboard().iloc[0]
    wanted = [best[f"pit_coverage_{share}"] for share in (50, 80, 95)]
    np.testing.assert_allclose(line.get_ydata(), wanted)


def test_a_legend_lies_within_its_figure(draw):
    for name in ("calibration", "demand", "line"):
        ax = draw[name]()
        ax.figure.canvas.draw()
        box = ax.get_legend().get_window_extent()
        assert box.y1 <= ax.figure.bbox.y1
        assert box.x1 <= ax.figure.bbox.x1


def test_labels_of_a_long_history_do_not_crowd():
    days = pd.date_range("2025-01-01", periods=430)
    panel = c2m.Panel.from_frame(pd.DataFrame({"sku": "A", "period": days, "sales": 1.0}), freq="D")
    labels = [label.get_text() for label in plot_panel(panel).get_xticklabels()]
    assert len(labels) <= 12
    assert labels[0].endswith("2025")
    assert sum("2026" in label for label in labels) == 1


def test_without_matplotlib_the_error_says_what_to_install(panel, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(c2m.MissingEngineError, match=r'pip install "c2m\[report\]"'):
        plot_panel(panel)


def test_the_course_of_a_sku_is_drawn_as_the_plan_has_it(plan):
    ax = plan.plot(sku="A$B$")
    row = list(plan.skus).index("A$B$")
    runs = plan.runs[plan.runs["sku"] == "A$B$"]
    made = [bar.get_height() for bar in ax.containers[0]]
    assert sum(made) == runs["quantity"].sum() > 0
    stock, wanted = (line.get_ydata() for line in ax.get_lines()[:2])
    np.testing.assert_allclose(stock, plan.outlook["stock"][row])
    np.testing.assert_allclose(wanted, plan.outlook["demand"][row])
    assert {"made", "wanted, expected", "left in stock, expected"} <= set(legend_texts(ax))
    everything = plot_stock(plan).get_lines()[0].get_ydata()
    np.testing.assert_allclose(everything, plan.outlook["stock"].sum(axis=0))


def test_a_sku_that_is_not_in_the_plan_is_refused_by_its_course(plan):
    with pytest.raises(c2m.ArgumentError, match=r"no SKU 'PARKAS' .did you mean 'PARKA'"):
        plan.plot(sku="PARKAS")


def test_a_plan_from_outside_shows_the_units_it_makes_of_a_sku():
    runs = pd.DataFrame({"sku": ["A"], "line": ["L1"], "period": ["2026-11-23"], "quantity": [120]})
    ax = c2m.Plan.from_frame(runs, freq="W", lead_time_periods=0).plot(sku="A")
    assert [bar.get_height() for bar in ax.containers[0]] == [120.0]
    assert not ax.get_lines()
