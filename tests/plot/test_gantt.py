from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

import c2m
from c2m.plot import plot_gantt
from c2m.plot.style import INK, MUTED, ORANGE


def boxes(ax, colour: str | None = None) -> list:
    """The rectangles that have a width, of one colour or of none of the marks' colours."""
    marks = {to_rgba(MUTED), to_rgba(ORANGE)}
    seen = [patch for patch in ax.patches if patch.get_width() > 0]
    if colour is not None:
        return [patch for patch in seen if patch.get_facecolor() == to_rgba(colour)]
    return [patch for patch in seen if patch.get_facecolor() not in marks and patch.get_zorder()]


def names(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text() != "shut"]


def outside(**columns) -> c2m.Plan:
    frame = pd.DataFrame({"line": "L1", "period": "2026-11-23", "quantity": 60, **columns})
    return c2m.Plan.from_frame(frame, freq="W", lead_time_periods=0)


def test_draws_on_the_axes_it_is_given_and_leaves_the_settings_alone(plan):
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    assert plot_gantt(plan, ax) is ax
    assert figure.axes == [ax]
    figure.canvas.draw()
    assert dict(mpl.rcParams) == before


def test_every_run_is_a_box_in_its_period_on_its_line(plan):
    ax = plot_gantt(plan)
    lines = [label.get_text() for label in ax.get_yticklabels()]
    drawn = sorted(
        (lines[round(box.get_y() + box.get_height() / 2)], round(box.get_x() + box.get_width() / 2))
        for box in boxes(ax)
    )
    steps = plan.runs["period"].map(list(plan.periods).index)
    assert drawn == sorted(zip(plan.runs["line"], steps, strict=True))


def test_the_widths_of_a_line_are_in_proportion_to_the_capacity_that_its_runs_take(plan):
    ax = plot_gantt(plan, lines=["SEW"])
    runs = plan.runs[plan.runs["line"] == "SEW"]
    width = np.array([box.get_width() for box in boxes(ax)])
    share = runs["capacity_used"].to_numpy() / width
    np.testing.assert_allclose(share, share[0])


def test_runs_of_a_period_stand_side_by_side_and_within_it(plan):
    ends: dict[tuple[int, float], float] = {}
    for box in boxes(plot_gantt(plan)):
        key = round(box.get_x() + box.get_width() / 2), box.get_y()
        assert box.get_x() >= ends.get(key, key[0] - 0.5) - 1e-9
        ends[key] = box.get_x() + box.get_width()
        assert ends[key] <= key[0] + 0.5


def test_the_dark_part_of_a_run_is_its_set_up(plan):
    ax = plot_gantt(plan, lines=["SEW"])
    runs = plan.runs[plan.runs["line"] == "SEW"]
    making = 2.0 * runs["quantity"].to_numpy()
    width = np.array([box.get_width() for box in boxes(ax)])
    dark = np.array([box.get_width() for box in boxes(ax, MUTED)])
    np.testing.assert_allclose(dark / width, 1 - making / runs["capacity_used"].to_numpy())


def test_what_is_underlined_is_the_overtime_of_the_line(plan):
    ax = plot_gantt(plan, lines=["SEW"])
    load = plan.line_load[plan.line_load["line"] == "SEW"]
    runs = plan.runs[plan.runs["line"] == "SEW"]
    scale = runs["capacity_used"].sum() / sum(box.get_width() for box in boxes(ax))
    drawn = sum(box.get_width() for box in boxes(ax, ORANGE)) * scale
    assert load["overtime"].sum() > 0
    assert drawn == pytest.approx(load["overtime"].sum())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["set-up", "overtime"]


def test_a_period_without_capacity_is_marked_as_shut(plan):
    ax = plot_gantt(plan, lines=["SEW"])
    shut = plan.line_load[(plan.line_load["line"] == "SEW") & (plan.line_load["capacity"] == 0)]
    assert [text.get_text() for text in ax.texts].count("shut") == len(shut) == 1


def test_lines_are_drawn_in_the_order_that_is_asked_for(plan):
    ax = plot_gantt(plan, lines=["SEW", "PACK"])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["SEW", "PACK"]
    assert [label.get_text() for label in plot_gantt(plan, lines="PACK").get_yticklabels()] == [
        "PACK"
    ]


def test_an_unknown_line_is_refused_with_the_one_that_was_meant(plan):
    with pytest.raises(c2m.ArgumentError, match=r"no line 'SEWS' \(did you mean 'SEW'\?\)"):
        plot_gantt(plan, lines=["SEWS"])


def test_a_plan_from_outside_is_drawn_by_its_units():
    ax = plot_gantt(outside(sku=["A", "B", "C"], quantity=[120, 60, 60]))
    wide, *narrow = (box.get_width() for box in boxes(ax))
    np.testing.assert_allclose(narrow, wide / 2)
    assert names(ax) == ["A", "B", "C"]
    assert ax.get_legend() is None


def test_a_code_is_written_to_the_letter_and_left_out_where_it_has_no_room():
    short, long = "A$B$", "A" * 80
    ax = plot_gantt(outside(sku=[short, long]))
    ax.figure.canvas.draw()
    assert names(ax) == [r"A\$B\$"]


def test_a_plan_without_runs_shows_its_empty_lines(demand):
    factory = c2m.Factory.from_frames(
        lines=[c2m.Line("SEW", 60.0, "minutes")],
        products=[c2m.Product(sku, 10.0, 3.0, end_value=2.0) for sku in demand.skus],
        routings=[c2m.Routing(sku, "SEW") for sku in demand.skus],
        shutdowns=pd.DataFrame(
            {"line": ["SEW"], "first_day": ["2026-10-01"], "last_day": ["2027-01-01"]}
        ),
    )
    ax = plot_gantt(c2m.plan_production(demand, factory, n_scenarios=5))
    assert names(ax) == []
    assert [text.get_text() for text in ax.texts] == ["shut"] * demand.horizon


def test_the_first_periods_can_be_drawn_alone(plan):
    ax = plot_gantt(plan, n_periods=2)
    early = plan.runs["period"].isin(list(plan.periods[:2]))
    assert 0 < early.sum() < len(plan.runs)
    assert len(boxes(ax)) == early.sum()
    assert ax.get_xlim()[1] == 1.6


@pytest.mark.parametrize("count", [0, 5, 1.5])
def test_periods_that_the_plan_has_not_are_refused(plan, count):
    with pytest.raises(c2m.ArgumentError, match=rf"n_periods from 1 to 4, got {count}"):
        plot_gantt(plan, n_periods=count)


def test_a_firm_run_has_a_dark_edge(plan):
    first = plan.runs.index == 0
    firm = replace(plan, tables={**plan.tables, "runs": plan.runs.assign(firm=first)})
    assert [box.get_edgecolor() == to_rgba(INK) for box in boxes(plot_gantt(firm))].count(True) == 1
    assert all(box.get_edgecolor() != to_rgba(INK) for box in boxes(plot_gantt(plan)))


def grouped(groups):
    skus = [f"{style}-{size}" for style in ("TEE", "POLO", "HOOD") for size in "ABCD"]
    frame = pd.DataFrame({"sku": skus, "line": "L1", "period": "2026-11-23", "quantity": 10})
    plan = c2m.Plan.from_frame(frame, freq="W", lead_time_periods=0)
    return replace(plan, inputs={"groups": groups(skus)})


def legend(ax):
    box = ax.get_legend()
    return [] if box is None else [text.get_text() for text in box.get_texts()]


def test_many_skus_have_the_colour_of_their_group_and_the_legend_names_it():
    plan = grouped(lambda skus: pd.DataFrame({"sku": skus, "group": [s[:-2] for s in skus]}))
    ax = plot_gantt(plan)
    assert legend(ax) == ["HOOD", "POLO", "TEE"]
    boxes = [box for box in ax.patches if box.get_width() > 0]
    assert len({box.get_facecolor() for box in boxes if box.get_height() < -0.5}) == 3


def test_groups_that_do_not_hold_every_sku_are_not_in_the_legend():
    plan = grouped(lambda skus: pd.DataFrame({"sku": skus[:3], "group": "TEE"}))
    assert legend(plot_gantt(plan)) == []
