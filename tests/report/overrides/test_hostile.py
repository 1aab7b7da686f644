"""What people and their programs do to a workbook that nobody foresaw."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

import c2m
from c2m.report import with_overrides, write_workbook
from tests.report.overrides.typed import SOFFICE, read, serial, through_libreoffice, type_into


@dataclass(frozen=True)
class Sent:
    """A workbook that was sent out, and its rows."""

    path: Path
    rows: dict[str, list[list[object]]]

    def titles(self, sheet):
        """Return the row of the titles, counted from 0, and the titles."""
        known = {"Plan": "Run", "Overrides": "SKU", "Demand overrides": "SKU"}[sheet]
        number = next(n for n, row in enumerate(self.rows[sheet]) if row[0] == known)
        return number, [str(title) for title in self.rows[sheet][number]]

    def cell(self, sheet, title, row):
        return sheet, f"{chr(65 + self.titles(sheet)[1].index(title))}{row}"

    def run_row(self, run):
        return next(n for n, row in enumerate(self.rows["Plan"], start=1) if row[0] == run)

    def filled(self, sheet, *rows):
        """Return the cells of rows that are filled from the first one on."""
        first = self.titles(sheet)[0] + 2
        return {
            self.cell(sheet, title, first + place): value
            for place, row in enumerate(rows)
            for title, value in row.items()
        }


@pytest.fixture(scope="module")
def sent(mixed, tmp_path_factory):
    path = tmp_path_factory.mktemp("sent") / "plan.xlsx"
    write_workbook(path, mixed.plan, mixed.demand)
    return Sent(path, read(path))


@pytest.fixture
def back(mixed, sent, tmp_path):
    """Return what types cells and reads the plan back."""

    def _back(cells):
        return with_overrides(type_into(sent.path, tmp_path / "t.xlsx", cells), mixed.factory)

    return _back


def by_sea(plan):
    """Return a run by a mode beside which its line has another."""
    return next(run for run in plan.runs.to_dict("records") if run["mode"] == "sea")


def other_mode(run, mode, units):
    day = serial(run["period"])
    return {"SKU": run["sku"], "Line": run["line"], "Make in week of": day, "Units": units,
            "By": mode}  # fmt: skip


@pytest.mark.parametrize(
    ("title", "value"),
    [("By", "air"), ("To sell from", "2026-12-28"), ("Ex factory", "2026-12-28")],
)
def test_a_locked_cell_of_a_run_that_is_typed_over_is_told(back, sent, mixed, title, value):
    row = sent.run_row(by_sea(mixed.plan)["run"])
    typed = value if title == "By" else serial(value)
    with pytest.raises(c2m.DataError, match=rf"another '{title}' than the plan.*row {row}, "):
        back({sent.cell("Plan", title, row): typed})


def test_a_row_that_was_copied_is_told(back, sent):
    first = sent.titles("Plan")[0] + 2
    titles = sent.titles("Plan")[1]
    copied = {}
    for title, value in zip(titles, sent.rows["Plan"][first - 1], strict=True):
        if title and value != "":
            plain = serial(value) if hasattr(value, "year") else value
            copied[sent.cell("Plan", title, first + 1)] = plain
    with pytest.raises(c2m.DataError) as caught:
        back(copied | {sent.cell("Plan", "Set units", first + 1): 40})
    assert f"has a run that stands in an earlier row (first: sheet 'Plan', row {first + 1}" in str(
        caught.value
    )


def test_a_run_by_air_may_be_set_beside_a_run_by_sea(back, sent, mixed):
    run = by_sea(mixed.plan)
    larger = {sent.cell("Plan", "Set units", sent.run_row(run["run"])): run["quantity"] + 5}
    plan = back(larger | sent.filled("Overrides", other_mode(run, "air", 20)))
    here = plan.runs[(plan.runs["sku"] == run["sku"]) & (plan.runs["period"] == run["period"])]
    made = here[here["line"] == run["line"]].set_index("mode")["quantity"]
    assert made.to_dict() == {"air": 20, "sea": run["quantity"] + 5}


def test_the_bound_of_a_plan_with_open_orders_and_modes_is_kept(back, sent, mixed):
    run = by_sea(mixed.plan)
    plan = back({sent.cell("Plan", "Set units", sent.run_row(run["run"])): run["quantity"] + 5})
    assert mixed.plan.bound is not None
    assert (plan.bound, plan.bound_from) == (mixed.plan.bound, mixed.plan.bound_from)


def test_a_run_by_any_mode_and_the_same_by_one_are_two_for_one(back, sent, mixed):
    run = by_sea(mixed.plan)
    rows = [other_mode(run, "sea", 20), {**other_mode(run, "", 25)}]
    with pytest.raises(c2m.DataError, match="sets a run that an earlier row sets"):
        back(sent.filled("Overrides", *rows))


def test_faults_of_runs_and_of_demand_are_told_together(back, sent, mixed):
    row = sent.run_row(mixed.plan.runs["run"].iloc[0])
    cells = {sent.cell("Plan", "Set units", row): -5}
    cells |= sent.filled("Overrides", {"SKU": "nobody", "Line": "SEW", "Units": 3})
    cells |= sent.filled("Demand overrides", {"Style": "nothing", "Change": 0.1}, {"Change": -2})
    with pytest.raises(c2m.DataError) as caught:
        back(cells)
    for text in (
        "'Set units' below 0",
        "'SKU' that is not in the plan",
        "'style' that the forecast does not have",
        "'change' below -1",
    ):
        assert text in str(caught.value)


def test_units_for_a_month_that_the_forecast_does_not_cover_are_told(back, sent):
    cells = sent.filled("Demand overrides", {"Month": "2026-12", "Units": 900})
    assert back(cells).inputs["demand_overrides"]["set"].tolist() == [900.0]
    cells = sent.filled("Demand overrides", {"From": serial("2026-12-07"),
                                             "To": serial("2027-02-01"), "Units": 900})  # fmt: skip
    with pytest.warns(c2m.C2MWarning, match=r"1 of 1 demand override with units for periods past"):
        back(cells)


@pytest.mark.parametrize("size", ["8", 8, 8.0])
def test_a_size_can_be_typed_as_text_or_number(back, sent, size):
    plan = back(sent.filled("Demand overrides", {"Size": size, "Change": 0.5}))
    assert plan.inputs["demand_overrides"]["series"].tolist() == [3]


def test_demand_that_was_set_by_style_stays_so_without_the_forecast(back, sent, mixed, tmp_path):
    plan = back(sent.filled("Demand overrides", {"Style": "<b>S0</b>", "Change": 0.5}))
    again = write_workbook(tmp_path / "again.xlsx", plan)
    same = with_overrides(again, mixed.factory, mixed.demand)
    assert same.inputs["demand_overrides"]["series"].tolist() == [4]
    assert same.expected_profit == plan.expected_profit


def test_attributes_may_be_called_as_the_sheet_calls_its_columns(mixed, tmp_path):
    names = {"series": ["X", "Y"] * 5, "Month": ["M", "N"] * 5, "SKU": ["K"] * 10}
    demand = replace(mixed.demand, attributes=pd.DataFrame(names))
    path = write_workbook(tmp_path / "plan.xlsx", mixed.plan, demand)
    sent = Sent(path, read(path))
    titles = [title for title in sent.titles("Demand overrides")[1] if title]
    assert titles == ["SKU", "Series", "Month", "From", "To", "Units", "Change", "Remark"]
    cells = sent.filled("Demand overrides", {"Series": "X", "Change": 0.5})
    plan = with_overrides(type_into(path, tmp_path / "t.xlsx", cells), mixed.factory)
    (row,) = plan.inputs["demand_overrides"].to_dict("records")
    assert (row["series"], row["cells"]) == ("X", 30)


@pytest.mark.skipif(SOFFICE is None, reason="needs LibreOffice")
def test_codes_survive_libreoffice_and_set_what_they_name(mixed, sent, tmp_path):
    day = serial(mixed.plan.periods[3])
    skus = ["00123", "=1+1", "@x", "+7", "10-12", "\N{GRINNING FACE}-M", "L" * 200]
    rows = [
        {"SKU": sku, "Line": "SEW", "Make in week of": day, "Units": 20, "Remark": "=2+2"}
        for sku in skus
    ]
    cells = sent.filled("Demand overrides", *({"SKU": sku, "Change": 0.25} for sku in skus))
    cells |= sent.filled("Overrides", *rows)
    path = type_into(sent.path, tmp_path / "typed.xlsx", cells)
    saved = through_libreoffice(path, tmp_path)
    plans = [with_overrides(each, mixed.factory) for each in (path, saved)]
    assert plans[0] == plans[1]
    made = plans[1].runs[plans[1].runs["period"] == mixed.plan.periods[3]].groupby("sku")
    assert set(made["quantity"].sum()[skus]) == {20}
    shown = read(saved)["Overrides"]
    assert [row[0] for row in shown if row[5] == "=2+2"] == skus
