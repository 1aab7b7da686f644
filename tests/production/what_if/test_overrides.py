from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from c2m.errors import DataError
from c2m.production.plan_production import read_problem
from c2m.production.problem import Allowance, Items, Members, Way
from c2m.production.what_if.breaks import breaks_table
from c2m.production.what_if.overrides import place_runs, with_overrides

DAY = "2026-11-23"


def runs_of(*rows):
    """Return runs of S000 on L1: quantity and mode."""
    table = pd.DataFrame(rows, columns=["quantity", "mode"])
    return table.assign(sku="S000", line="L1", period=pd.Timestamp(DAY))


@pytest.fixture(name="problem")
def problem_fixture(fixed_demand, simple_factory):
    """Return a problem of one SKU that goes by air, or by sea at two tiers of prices."""
    demand, factory = fixed_demand(np.full((1, 1, 2), 30.0)), simple_factory(1)
    problem, _ = read_problem(demand, factory, None, None, n_scenarios=1, seed=0)
    three = np.zeros(3, dtype=np.int64)
    first = problem.items
    items = Items(
        block=three,
        line=three,
        unit_time=np.ones(3),
        setup_time=np.zeros(3),
        setup_cost=np.zeros(3),
        moq=np.array([1, 1, 50]),
        multiple=three + 1,
        most=np.repeat(first.most, 3, axis=0),
        lead=three,
        way=np.arange(3),
    )
    members = Members(item=np.arange(3), sku=three, units=np.ones(3), lead=three)
    ways = (Way(0, "air"), Way(0, "sea"), Way(0, "sea", tier=50))
    return replace(problem, items=items, members=members, ways=ways)


@pytest.mark.parametrize(
    ("quantity", "mode", "item"), [(60, "air", 0), (49, "sea", 1), (50, "sea", 2)]
)
def test_a_run_goes_by_its_mode_at_the_tier_that_its_quantity_reaches(
    problem, quantity, mode, item
):
    placed = place_runs(problem, runs_of((quantity, mode)))
    assert placed.made[:, 0].tolist() == [quantity * (row == item) for row in range(3)]
    assert placed.torn == []


@pytest.mark.parametrize("mode", ["", "rail"])
def test_a_run_by_no_mode_among_several_is_refused(problem, mode):
    with pytest.raises(DataError, match=f"S000 on L1 by '{mode}', there are 'air', 'sea'"):
        place_runs(problem, runs_of((10, mode)))


def test_what_is_set_replaces_the_run_of_its_mode_and_without_a_mode_all_of_them():
    runs = runs_of((10, "air"), (20, "sea"))
    one = with_overrides(runs, runs_of((5, "sea")))
    assert one[["quantity", "mode"]].to_numpy().tolist() == [[10, "air"], [5, "sea"]]
    all_of_them = with_overrides(runs, runs_of((0, "")))
    assert all_of_them["quantity"].tolist() == [0]
    elsewhere = with_overrides(runs, runs_of((5, "sea")).assign(line="L2"))
    assert elsewhere["quantity"].tolist() == [10, 20, 5]


def test_a_material_of_which_runs_take_too_much_is_named_beside_other_limits(problem):
    fabric = Allowance(
        "twill", "material", np.arange(3), np.full(3, 1.5), first=0, last=0, amount=90.0, unit="m"
    )
    limited = replace(problem, allowances=(fabric,), regular=np.full_like(problem.regular, 70.0))
    table = breaks_table(limited, place_runs(limited, runs_of((80, "sea"))))
    assert table["unit"].tolist() == ["pieces", "m"]
    row = table.iloc[1]
    assert (row["sku"], row["short"]) == ("material 'twill'", 30.0)
    assert row["what"] == "the runs until then take 120.0 of 90.0 m"
    assert row["relief"].startswith("30.0 more of material 'twill'")
