import json
from dataclasses import replace

import numpy as np
import pytest

from c2m.report.finder import SHOWN, read_finder


@pytest.fixture(scope="module")
def finder(case):
    return read_finder(case.plan, case.demand, ["style"])


def read(finder):
    return json.loads(finder.data)


def test_every_sku_of_the_plan_is_there_once(finder, case):
    skus = [row[0] for row in read(finder)["rows"]]
    assert sorted(skus) == sorted(case.plan.skus)
    assert finder.total == len(skus)


def test_the_runs_of_a_sku_are_those_of_the_plan(finder, case):
    data = read(finder)
    for sku, *_, runs in data["rows"]:
        own = case.plan.runs[case.plan.runs["sku"] == sku]
        found = {(data["lines"][line], day, units) for line, day, units in runs}
        days = [case.plan.periods.get_loc(period) for period in own["period"]]
        assert found == set(zip(own["line"], days, own["quantity"], strict=True))


def test_the_sku_that_loses_the_most_money_stands_first(finder, case):
    price = case.plan.inputs["products"].set_index("sku")["price"]
    lost = case.plan.outlook["lost"].sum(axis=1) * price.loc[list(case.plan.skus)].to_numpy()
    assert read(finder)["rows"][0][0] == case.plan.skus[int(lost.argmax())]
    assert finder.order == "lost revenue"


def test_the_rows_in_the_page_are_the_first_of_the_data(finder):
    written = [row[0] for row in finder.rows]
    assert written == [row[0] for row in read(finder)["rows"]][:SHOWN]
    assert all(len(row) == len(finder.columns) for row in finder.rows)


def test_no_code_can_end_the_script_around_the_data(case):
    attributes = case.demand.attributes.assign(style="</script><b>&")
    nasty = read_finder(case.plan, replace(case.demand, attributes=attributes), ["style"])
    assert "<" not in nasty.data
    assert ">" not in nasty.data
    assert json.loads(nasty.data)["rows"][0][1] == "</script><b>&"


def test_what_is_unknown_is_null_and_not_nought(case):
    outlook = {name: values.copy() for name, values in case.plan.outlook.items()}
    outlook["stockout"][0] = np.nan
    data = read(read_finder(replace(case.plan, outlook=outlook), case.demand, []))
    row = next(row for row in data["rows"] if row[0] == case.plan.skus[0])
    assert row[data["kinds"].index("share")] is None


def test_a_plan_from_outside_is_listed_by_its_units(case, outside):
    finder = read_finder(outside, case.demand, [])
    made = [row[1] for row in read(finder)["rows"]]
    assert made == sorted(made, reverse=True)
    assert finder.order == "units made"
