"""How c2m feels in a notebook: what results show, what figures take, what tab completion offers."""

import importlib
import inspect
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import c2m
from c2m import plot
from c2m.production.stages import read_progress
from c2m.signals import StockShare, match_ids

WINGS = ["c2m.signals", "c2m.forecast", "c2m.production", "c2m.plot", "c2m.report"]
NO_RESULT = {"DirectBoosting", "Calendar"}
"""Public classes with a table that are read or set up by hand, not handed back."""


def public():
    for name in ("c2m", *WINGS):
        module = importlib.import_module(name)
        for own in module.__all__:
            yield own, getattr(module, own)


def results():
    found = dict(public())
    return sorted(
        name
        for name, kind in found.items()
        if inspect.isclass(kind)
        and name not in NO_RESULT
        and {"summary", "to_frame", "leaderboard"} & set(dir(kind))
    )


@pytest.mark.parametrize("name", results())
def test_a_result_shows_itself_as_html(name):
    assert hasattr(dict(public())[name], "_repr_html_")


def test_the_results_are_not_looked_for_in_vain():
    assert {"Panel", "Demand", "Plan", "Backtest", "TwoRuns", "RunSizes"} <= set(results())


@pytest.mark.parametrize("name", plot.__all__)
def test_a_figure_is_drawn_where_the_caller_wants_it(name):
    axes = inspect.signature(getattr(plot, name)).parameters["ax"]
    assert axes.default is None


@pytest.mark.parametrize("name", WINGS)
def test_tab_completion_of_a_wing_offers_what_is_public_alone(name):
    module = importlib.import_module(name)
    assert dir(module) == sorted(module.__all__)


class Table(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def shown(result):
    table = Table(result._repr_html_())
    assert table.open == []
    return " ".join(" ".join(table.text).split())


def test_run_sizes_show_units_and_cost():
    samples = np.array([[4.0, 6.0], [10.0, 2.0]])
    sizes = c2m.run_sizes(samples, 3.0, 1.0)
    text = shown(sizes)
    assert f"{sizes.size.sum():,.0f} units" in text
    assert sizes.to_frame()["size"].tolist() == sizes.size.tolist()


def test_lots_show_the_periods_that_make_something():
    from c2m.production import wagner_whitin

    text = shown(wagner_whitin([10.0, 0.0, 20.0], 5.0, 10.0))
    assert "cost 10.00" in text
    assert text.endswith("0 10 2 20")


def test_a_matching_shows_what_might_help_to_the_letter():
    log = pd.DataFrame(
        {"event_time": "2026-11-22T09:00Z", "event_type": "view", "sku": ["42", "0007"]}
    )
    catalogue = c2m.Catalogue.from_frame(pd.DataFrame({"sku": ["0042", "0007"]}))
    matching = match_ids(c2m.read_events(log), catalogue)
    text = shown(matching)
    assert text.startswith("Matching(2 events, 1 unmatched")
    assert matching.suggestions
    assert all(" ".join(help_.split()) in text for help_ in matching.suggestions)


def test_shares_of_stock_show_their_periods():
    share = StockShare(
        keys=pd.DataFrame({"sku": ["007"]}), calendar=c2m.Calendar("W"), first=2968,
        share=np.array([[0.25, np.nan]]), demand_share=np.array([[0.5, np.nan]]), tz="UTC",
    )  # fmt: skip
    text = shown(share)
    assert f"{share.periods[0].date()}" in text
    assert "0.25" in text
    assert "NaN" in text


def test_a_selection_shows_its_reason_to_the_letter():
    chosen = c2m.Selection(c2m.MovingAverage(), "<few> periods & no trial", None)
    assert shown(chosen) == "<few> periods & no trial"


def test_a_bar_names_the_stage_where_tqdm_is_installed(capsys):
    pytest.importorskip("tqdm")
    say = read_progress(True)
    say("the bound")
    del say
    assert "plan: the bound" in capsys.readouterr().err


def test_without_tqdm_there_is_no_bar_and_no_error(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    read_progress(True)("the bound")
    read_progress(None)("the bound")
    assert capsys.readouterr() == ("", "")


def test_another_progress_is_refused_with_what_to_type():
    with pytest.raises(c2m.ArgumentError, match="Type progress=True for a bar"):
        read_progress("yes")


def test_a_function_is_told_every_stage():
    said = []
    read_progress(said.append)("the bound")
    assert said == ["the bound"]


def test_a_plan_is_made_with_a_bar(capsys):
    pytest.importorskip("tqdm")
    frame = pd.DataFrame({"sku": ["A"], "period": ["2026-11-23"], "p10": 5, "p50": 8, "p90": 12})
    demand = c2m.Demand.from_frame(
        frame, freq="W", quantiles={0.1: "p10", 0.5: "p50", 0.9: "p90"}, dependence=0.5
    )
    factory = c2m.Factory.from_frames(
        lines=[c2m.Line("L1", 50.0, "pieces")],
        products=[c2m.Product("A", 9.0, 5.0, end_value=1.0)],
        routings=[c2m.Routing("A", "L1")],
    )
    stock = pd.DataFrame({"sku": ["A"], "on_hand": [0]})
    plan = c2m.plan_production(demand, factory, stock=stock, n_scenarios=20, progress=True)
    assert plan.expected_profit > 0
    assert "plan: " in capsys.readouterr().err
