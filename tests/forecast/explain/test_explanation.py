import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.explain.explanation import Explanation
from c2m.forecast.explain.shares import logarithmic_mean, share_change
from c2m.periods import Calendar

DAY = Calendar.of("D")
FIRST = int(DAY.ordinal("2026-11-02"))


def made(base, multipliers, *, first=FIRST, groups=("recent level", "views", "price"), skus=None):
    base, multipliers = np.asarray(base, dtype=float), np.asarray(multipliers, dtype=float)
    skus = skus or [f"S{number}" for number in range(len(base))]
    return Explanation(pd.DataFrame({"sku": skus}), DAY, first, groups, base, multipliers)


def random(seed, *, first=FIRST, horizon=5, n_series=3):
    chance = np.random.default_rng(seed)
    base = chance.gamma(2, 2, size=(n_series, horizon))
    return made(base, chance.lognormal(0, 0.5, size=(n_series, horizon, 3)), first=first)


@settings(max_examples=50, deadline=None)
@given(
    before=st.lists(st.floats(0, 1e6), min_size=1, max_size=6),
    seed=st.integers(0, 10**6),
)
def test_parts_add_up_and_multipliers_multiply_without_a_rest(before, seed):
    logs = np.random.default_rng(seed).normal(0, 1, size=(len(before), 4))
    before = np.maximum(before, 1e-9)
    after = before * np.exp(logs.sum(axis=1))
    parts, multipliers = share_change(before, after, logs)
    assert np.isclose(parts.sum(), (after - before).sum(), rtol=1e-9, atol=1e-9 * after.sum())
    assert np.isclose(multipliers.prod(), after.sum() / before.sum())


def test_one_factor_of_one_cell_is_all_of_the_change():
    parts, multipliers = share_change(np.array([2.0]), np.array([3.0]), np.log([[1.5]]))
    assert np.isclose(parts, 1.0)
    assert np.isclose(multipliers, 1.5)


def test_the_logarithmic_mean_lies_between_geometric_and_arithmetic_mean():
    """Carlson (1972), "The logarithmic mean": G <= L <= A, equal where both numbers are."""
    one, other = np.random.default_rng(0).gamma(1, 5, size=(2, 500))
    middle = logarithmic_mean(one, other)
    assert (middle >= np.sqrt(one * other) - 1e-9).all()
    assert (middle <= (one + other) / 2 + 1e-9).all()
    assert logarithmic_mean(np.array([3.0]), np.array([3.0 + 1e-12])) == pytest.approx(3.0)


def test_the_long_table_has_a_row_a_group_the_largest_first():
    frame = made([[2.0, 2.0]], [[[1.0, 1.5, 0.5], [1.1, 1.0, 1.0]]]).to_frame()
    assert list(frame.columns) == ["sku", "period", "group", "multiplier", "base", "mean"]
    assert frame["group"].tolist()[:3] == ["price", "views", "recent level"]
    assert frame["group"].iloc[3] == "recent level"
    assert frame["mean"].tolist() == pytest.approx([1.5] * 3 + [2.2] * 3)
    cells = frame.groupby(["sku", "period"])
    product = cells["multiplier"].prod() * cells["base"].first()
    assert np.allclose(product, cells["mean"].first())


def test_totals_multiply_to_the_sum_of_the_means_over_that_of_the_levels():
    found = random(3)
    for sku, rows in [(None, slice(None)), ("S1", slice(1, 2))]:
        total = found.total(sku)
        ratio = found.mean[rows].sum() / found.base[rows].sum()
        assert np.isclose(total["multiplier"].prod(), ratio)
        assert np.isclose(total["units"].sum(), (found.mean - found.base)[rows].sum())


def test_a_summary_has_the_group_that_matters_most_first():
    found = made([[2.0, 2.0]], [[[1.0, 1.5, 0.5], [1.1, 1.0, 1.0]]])
    summary = found.summary()
    assert summary.index.tolist() == ["price", "views", "recent level"]
    assert summary.loc["views", ["least", "most"]].tolist() == [1.0, 1.5]


def test_words_say_level_units_and_what_moves_them():
    found = made([[10.0, 10.0]], [[[1.0, 1.2, 0.5], [1.0, 1.2, 0.5]]])
    assert found.words("S0") == (
        "In the 2 days from 2026-11-02 on, 12 units are expected, 6 a day. Recent sales average "
        "10 a day. Because of price it is 50 % lower. Because of views it is 20 % higher."
    )


def test_words_of_a_sku_add_its_locations():
    keys = pd.DataFrame({"sku": ["A", "A"], "location": ["x", "y"]})
    base, flat = np.array([[1.0], [3.0]]), np.ones((2, 1, 1))
    found = Explanation(keys, DAY, FIRST, ("recent level",), base, flat)
    assert "4 units are expected. Recent sales average 4 a day." in found.words("A")


def test_words_say_that_nothing_moves_it_or_that_it_is_not_on_sale():
    assert made([[3.0]], [[[1.0, 1.0, 1.0]]]).words("S0").endswith("by 2 % or more.")
    closed = made([[3.0]], [[[1.0, 1.0, 0.0]]], groups=("recent level", "views", "on sale"))
    assert closed.words("S0") == ("On 2026-11-02, 0 units are expected. It is not on sale.")


def test_words_tell_what_a_series_itself_sold_in_one_sentence():
    groups = ("recent level", "age and gaps", "distance", "view_users")
    found = made([[10.0]], [[[0.5, 1.6, 1.25, 2.5]]], groups=groups)
    assert found.words("S0") == (
        "On 2026-11-02, 25 units are expected. Recent sales average 10 a day. "
        "Because of view users it is 2.5 times as high."
    )
    falling = made([[10.0]], [[[0.5, 1.2, 1.0, 1.0]]], groups=groups).words("S0")
    assert "average 10 a day; with their trend, age and gaps they point to 6." in falling


def test_words_name_the_five_largest_groups_and_sum_the_rest():
    groups = ("recent level", *(f"signal {number}" for number in range(7)))
    multipliers = [1.0, *np.linspace(1.1, 1.16, 7)]
    said = made([[10.0]], [[multipliers]], groups=groups).words("S0")
    assert said.count("Because of") == 5
    assert "signal 1" not in said
    assert said.endswith(f"All else makes it {100 * (1.1 * 1.11 - 1):.0f} % higher.")


def test_words_of_a_series_that_hardly_sells_give_no_reasons():
    said = made([[0.01]], [[[0.9, 0.5, 2.0]]]).words("S0")
    assert said == (
        "On 2026-11-02, less than 0.1 units are expected. Recent sales average less than 0.1 a day."
    )
    still = made([[0.01]], [[[1.0, 0.5, 2.0]]]).since(made([[0.02]], [[[1.0] * 3]]))
    assert still.words("S0").endswith("about as many as before (less than 0.1).")


def test_what_moved_since_then_adds_up_for_the_periods_that_both_have():
    earlier, now = random(1), random(2, first=FIRST + 2)
    moved = now.since(earlier)
    assert (moved.first, moved.n_periods) == (FIRST + 2, 3)
    assert np.allclose(moved.before, earlier.mean[:, 2:].sum(axis=1))
    assert np.allclose(moved.after, now.mean[:, :3].sum(axis=1))
    assert np.allclose(moved.units.sum(axis=1), moved.after - moved.before)
    assert np.allclose(moved.multipliers.prod(axis=1), moved.after / moved.before)


def test_an_earlier_forecast_that_is_no_explanation_is_refused():
    now = random(1)
    with pytest.raises(ArgumentError, match="an earlier Explanation, got ndarray"):
        now.since(now.mean)


def test_one_signal_that_moved_is_found_and_said():
    earlier = made([[10.0, 10.0]], [[[1.0, 1.0, 1.0]] * 2])
    now = made([[10.0, 10.0]], [[[1.0, 1.5, 1.0]] * 2])
    moved = now.since(earlier)
    assert np.allclose(moved.units, [[0, 10, 0]])
    assert moved.summary().index[0] == "views"
    assert moved.words("S0") == (
        "In the 2 days from 2026-11-02 on, 30 units are expected, 10 more than before (20). "
        "Views moved it most and added 10."
    )
    assert now.since(now).words("S0").endswith("about as many as before (30).")


def test_a_kind_of_article_that_counts_differently_is_told_with_all_else():
    groups = ("recent level", "price", "attributes")
    flat = made([[10.0]], [[[1.0, 1.0, 1.0]]], groups=groups)
    mostly_price = made([[10.0]], [[[1.0, 1.5, 1.2]]], groups=groups).since(flat)
    assert mostly_price.words("S0").endswith(
        "Price moved it most and added 5.5. All else added 2.5."
    )
    kind_alone = made([[10.0]], [[[1.0, 1.0, 1.2]]], groups=groups).since(flat)
    assert kind_alone.words("S0").endswith("2 more than before (10). All else added 2.")


def test_a_higher_level_moves_the_recent_level():
    moved = made([[12.0]], [[[1.0] * 3]]).since(made([[10.0]], [[[1.0] * 3]]))
    assert np.allclose(moved.units, [[2, 0, 0]])


def test_a_group_that_only_one_of_them_has_counts_in_full():
    earlier = made([[10.0]], [[[1.0, 1.0]]], groups=("recent level", "price"))
    now = made([[10.0]], [[[1.0, 2.0, 1.0]]])
    moved = now.since(earlier)
    assert dict(zip(moved.groups, moved.units[0], strict=True))["views"] == pytest.approx(10)


def test_a_period_that_was_closed_counts_as_none():
    groups = ("recent level", "views", "on sale")
    earlier = made([[5.0]], [[[1.0, 1.0, 0.0]]], groups=groups)
    moved = made([[5.0]], [[[1.0, 1.0, 1.0]]], groups=groups).since(earlier)
    assert np.isclose(moved.before, 0, atol=1e-12)
    assert np.allclose(moved.units, [[0, 0, 5]])


def test_series_of_one_of_them_only_are_counted_and_left_out():
    one, other = made([[1.0], [2.0]], np.ones((2, 1, 3))), made([[1.0]], np.ones((1, 1, 3)))
    with pytest.warns(C2MWarning, match="1 series are explained in one"):
        assert len(one.since(other).keys) == 1
    with pytest.raises(ArgumentError, match="same series"):
        one.since(made([[1.0]], np.ones((1, 1, 3)), skus=["X"]))


def test_explanations_without_a_period_in_common_are_refused():
    with pytest.raises(ArgumentError, match="with a longer horizon"):
        random(1, first=FIRST + 9).since(random(2))


def test_a_line_and_a_table_for_a_notebook():
    found = random(1)
    assert repr(found) == (
        "Explanation(3 series x 5 D periods, 2026-11-02 to 2026-11-06, 3 groups)"
    )
    moved = found.since(random(2))
    assert repr(moved).startswith("Movement(3 series, 2026-11-02 to 2026-11-06, ")
    for one in (found, moved):
        assert "views" in one._repr_html_()
        assert "\n" not in repr(one)
    assert len(moved.to_frame()) == 9
