import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m import Calendar, Demand
from c2m.distribution import GammaPoisson
from c2m.errors import ArgumentError
from c2m.forecast import scores
from c2m.forecast.scores import M5_LEVELS, Groupings


def make_case(n_items=6, n_stores=4, seed=0):
    rng = np.random.default_rng(seed)
    items = [f"I{number:02d}" for number in range(n_items)]
    stores = [f"L{number}" for number in range(n_stores)]
    keys = pd.DataFrame(
        [(item, store) for item in items for store in stores], columns=["sku", "location"]
    )
    place = keys["location"].str[1:].astype(int) // 2
    item = keys["sku"].str[1:].astype(int)
    attributes = pd.DataFrame(
        {
            "state": "s" + place.astype(str),
            "department": "d" + (item % 3).astype(str),
            "category": np.where(item % 3 == 0, "c0", "c1"),
        }
    )
    shape = (len(keys), 5)
    return {
        "groups": Groupings.of(keys, M5_LEVELS, attributes),
        "history": rng.poisson(2, (len(keys), 40)).astype(np.float32),
        "actual": rng.poisson(2, shape).astype(float),
        "forecast": rng.gamma(4, 0.5, shape),
        "weights": rng.gamma(1, 10, len(keys)),
        "table": pd.concat([keys, attributes], axis=1),
    }


def by_hand(case):
    """Return WRMSSE as M5 writes it, series by series."""
    table, total = case["table"], 0.0
    for names in M5_LEVELS:
        groups = table.groupby(list(names)).indices.values() if names else [np.arange(len(table))]
        level = 0.0
        for rows in groups:
            past = case["history"][rows].sum(axis=0).astype(float)
            past = past[np.flatnonzero(past)[0] :]
            error = (case["forecast"] - case["actual"])[rows].sum(axis=0)
            ratio = np.sqrt((error**2).mean() / (np.diff(past) ** 2).mean())
            level += case["weights"][rows].sum() / case["weights"].sum() * ratio
        total += level / len(M5_LEVELS)
    return total


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_wrmsse_is_the_formula_of_m5_over_its_twelve_levels(seed):
    case = make_case(seed=seed)
    found = scores.wrmsse(
        case["actual"],
        case["forecast"],
        case["history"],
        groups=case["groups"],
        weights=case["weights"],
    )
    assert found == pytest.approx(by_hand(case))


def test_m5s_levels_of_its_own_panel_have_42840_series():
    keys = pd.DataFrame(
        [(f"I{item:04d}", f"L{store}") for item in range(3049) for store in range(10)],
        columns=["sku", "location"],
    )
    item, store = keys["sku"].str[1:].astype(int), keys["location"].str[1:].astype(int)
    department = item % 7
    attributes = pd.DataFrame(
        {
            "state": np.select([store < 4, store < 7], ["CA", "TX"], "WI"),
            "department": department.astype(str),
            "category": np.select([department < 3, department < 5], ["FOODS", "HOBBIES"], "HOME"),
        }
    )
    groups = Groupings.of(keys, M5_LEVELS, attributes)
    sizes = [groups.size(name) for name in groups.names]
    assert sizes == [1, 3, 10, 3, 7, 9, 21, 30, 70, 3049, 9147, 30490]
    assert sum(sizes) == 42840


def test_one_level_with_equal_weights_is_the_mean_of_the_series_own_scores():
    case = make_case()
    groups = Groupings.of(case["table"], [("sku", "location")])
    actual, forecast, history = case["actual"], case["forecast"], case["history"]
    expected = scores.rmsse(actual, forecast, history)
    assert scores.wrmsse(actual, forecast, history, groups=groups) == pytest.approx(expected)
    levels = [0.2, 0.5]
    quantiles = np.stack([forecast - 0.5, forecast], axis=-1)
    own = {groups.names[0]: quantiles}
    expected = scores.scaled_quantile_loss(actual, quantiles, levels, history)
    assert scores.wspl(actual, own, levels, history, groups=groups) == pytest.approx(expected)


def test_errors_that_cancel_within_a_group_are_no_error_of_the_group():
    groups = Groupings.of(pd.DataFrame({"sku": ["A", "B"]}), [(), ("sku",)])
    past = np.array([[1.0, 2.0, 1.0], [1.0, 3.0, 1.0]])
    actual, forecast = np.array([[4.0], [4.0]]), np.array([[6.0], [2.0]])
    table = scores.level_rmsse(actual, forecast, past, groups=groups)
    assert table.loc["all", "rmsse"] == 0
    assert table.loc["sku", "rmsse"] == pytest.approx((2.0 + 1.0) / 2)


def test_only_the_proportions_of_the_weights_count_and_worthless_series_do_not():
    case = make_case()
    arguments = (case["actual"], case["forecast"], case["history"])
    one = scores.wrmsse(*arguments, groups=case["groups"], weights=case["weights"])
    same = scores.wrmsse(*arguments, groups=case["groups"], weights=7 * case["weights"])
    assert one == pytest.approx(same)
    groups = Groupings.of(case["table"], [("sku", "location")])
    only = np.zeros(len(case["table"]))
    only[groups.codes[groups.names[0]].argmin()] = 5.0
    row = np.flatnonzero(only)
    expected = scores.rmsse(*(values[row] for values in arguments))
    assert scores.wrmsse(*arguments, groups=groups, weights=only) == pytest.approx(expected)


def test_unknown_periods_are_left_out_of_both_sides_of_a_sum():
    groups = Groupings.of(pd.DataFrame({"sku": ["A", "B"]}), [()])
    past = np.array([[1.0, 2.0, 1.0], [np.nan, 3.0, 1.0]])
    actual = np.array([[4.0, np.nan], [4.0, 2.0]])
    forecast = np.array([[4.0, 50.0], [4.0, 5.0]])
    steps = np.array([4.0, 3.0])  # 1, 2 + 3, 1 + 1
    expected = np.sqrt((0.0 + 9.0) / 2) / np.sqrt((steps**2).mean())
    assert scores.wrmsse(actual, forecast, past, groups=groups) == pytest.approx(expected)


def test_quantiles_of_groups_come_from_joint_paths():
    keys = pd.DataFrame({"sku": [f"S{number:02d}" for number in range(30)]})
    attributes = pd.DataFrame({"half": ["x", "y"] * 15})
    demand = Demand(keys, Calendar.of("W"), 3000, GammaPoisson(np.full((30, 2), 4.0), 0.3, 0.1))
    groups = Groupings.of(keys, [("half",), ("sku",)], attributes)
    found = scores.group_quantiles(demand, groups, [0.1, 0.9], n_paths=300, seed=3)
    paths = demand.sample(300, seed=3)[:, ::2].sum(axis=1)
    expected = np.quantile(paths, [0.1, 0.9], axis=0, method="inverted_cdf").T
    assert np.array_equal(found["half"][0], expected)
    assert np.array_equal(found["sku"], demand.quantiles([0.1, 0.9]))
    summed = demand.quantiles([0.9])[::2].sum(axis=0)
    assert (found["half"][0][:, 1:] < summed).all()


def test_the_true_law_loses_less_than_a_biased_one_at_every_level():
    case = make_case(n_items=12)
    mean = np.full(case["actual"].shape, 2.0)
    keys = case["table"][["sku", "location"]]
    table = {}
    for name, factor in (("true", 1.0), ("biased", 1.5)):
        demand = Demand(keys, Calendar.of("W"), 3000, GammaPoisson(factor * mean, 0.0, 0.0))
        quantiles = scores.group_quantiles(demand, case["groups"], n_paths=200)
        table[name] = scores.level_spl(
            case["actual"],
            quantiles,
            scores.M5_QUANTILES,
            case["history"],
            groups=case["groups"],
            weights=case["weights"],
        )["spl"]
    assert (table["true"] < table["biased"]).all()


def test_what_does_not_fit_is_refused():
    case = make_case()
    arguments = (case["actual"], case["forecast"], case["history"])
    groups = case["groups"]
    with pytest.raises(ArgumentError, match="weights of shape"):
        scores.wrmsse(*arguments, groups=groups, weights=[1.0])
    broken = np.where(np.arange(len(case["table"])) == 0, np.nan, 1.0)
    with pytest.raises(ArgumentError, match="1 weights are below 0 or unknown"):
        scores.wrmsse(*arguments, groups=groups, weights=broken)
    with pytest.raises(ArgumentError, match="quantiles of every level"):
        scores.wspl(case["actual"], {}, [0.5], case["history"], groups=groups)
    with pytest.raises(ArgumentError, match="did you mean 'state'"):
        Groupings.of(case["table"], [("stat",)])
    with pytest.raises(ArgumentError, match="tuple of columns"):
        Groupings.of(case["table"], ["state"])
    with pytest.raises(ArgumentError, match="each level once"):
        Groupings.of(case["table"], [("state",), ("state",)])
    with pytest.raises(ArgumentError, match="one shape"):
        scores.revenue([[1.0]], [[1.0, 2.0]])


def test_revenue_takes_the_last_periods_and_leaves_out_the_unknown():
    sales, price = np.array([[5.0, 2.0, np.nan, 1.0]]), np.array([[1.0, 3.0, 3.0, 4.0]])
    assert scores.revenue(sales, price, periods=3).tolist() == [10.0]
    assert scores.revenue(sales, periods=28).tolist() == [8.0]


def test_quantiles_of_groups_leave_out_what_does_not_count():
    keys = pd.DataFrame({"sku": ["A", "B", "C"]})
    demand = Demand(keys, Calendar.of("W"), 3000, GammaPoisson(np.full((3, 2), 4.0), 0.3, 0.1))
    groups = Groupings.of(keys, [(), ("sku",)])
    known = np.array([[True, False], [True, False], [False, False]])
    found = scores.group_quantiles(demand, groups, [0.1, 0.9], n_paths=300, seed=3, known=known)
    paths = demand.sample(300, seed=3)[:, :2, 0].sum(axis=1)
    expected = np.quantile(paths, [0.1, 0.9], method="inverted_cdf")
    assert np.array_equal(found["all"][0, 0], expected)
    assert np.isnan(found["all"][0, 1]).all()
    assert np.array_equal(np.isnan(found["sku"]).all(axis=2), ~known)
    with pytest.raises(ArgumentError, match="known of shape"):
        scores.group_quantiles(demand, groups, known=known[:2])


def test_a_level_of_which_nothing_is_known_leaves_the_mean_unknown():
    groups = Groupings.of(pd.DataFrame({"sku": ["A", "B"]}), [(), ("sku",)])
    past, actual = [[0.0, 2.0, 0.0], [1.0, 1.0, 2.0]], [[2.0], [np.nan]]
    quantiles = {"all": np.ones((1, 1, 1)), "sku": np.ones((2, 1, 1))}
    table = scores.level_spl(actual, quantiles, [0.5], past, groups=groups)
    assert table["n_scored"].to_dict() == {"all": 0, "sku": 1}
    assert np.isnan(scores.wspl(actual, quantiles, [0.5], past, groups=groups))


def test_attributes_are_read_row_by_row_whatever_their_index():
    keys = pd.DataFrame({"sku": ["A", "B"]})
    styles = pd.DataFrame({"style": ["x", "y"]}, index=["B", "A"])
    assert Groupings.of(keys, [("style",)], styles).codes["style"].tolist() == [0, 1]
    with pytest.raises(ArgumentError, match="attributes of 2 series, got 1 rows"):
        Groupings.of(keys, [("style",)], styles.iloc[:1])


def test_groups_of_other_series_and_unknown_levels_are_refused():
    keys = pd.DataFrame({"sku": ["A", "B", "C"]})
    demand = Demand(keys, Calendar.of("W"), 3000, GammaPoisson(np.full((3, 2), 4.0), 0.3, 0.1))
    with pytest.raises(ArgumentError, match="groups of the 3 series"):
        scores.group_quantiles(demand, Groupings.of(keys.iloc[:2], [()]))
    with pytest.raises(ArgumentError, match="a level of 'sku', got 'style'"):
        Groupings.of(keys, [("sku",)]).sums("style", np.ones((3, 1)))
    with pytest.raises(ArgumentError, match="whole periods"):
        scores.revenue([[1.0, 2.0]], periods=1.5)
