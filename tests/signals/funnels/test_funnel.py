import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.panel import Panel
from c2m.signals.funnels import funnel

TRUE = {"COAT": (0.10, 0.5, 0.4), "SHIRT": (0.20, 0.3, 0.2)}


def make_panel(n_skus=300, seed=0, spread=40.0):
    """Views, wishes, carts and sales with beta-distributed rates around those of two categories."""
    rng = np.random.default_rng(seed)
    rows, rates = [], []
    for number in range(n_skus):
        category = "COAT" if number % 2 else "SHIRT"
        chance = [rng.beta(rate * spread, (1 - rate) * spread) for rate in TRUE[category]]
        count = [rng.poisson(rng.gamma(0.7, 200 / 0.7), 4)]
        for rate in chance:
            count.append(rng.binomial(count[-1], rate))
        for week, values in enumerate(zip(*count, strict=True)):
            period = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=week)
            rows.append((f"S{number:03d}", category, period, *values))
        rates.append(chance)
    names = ["sku", "category", "period", "views", "wishlists", "carts", "sales"]
    panel = Panel.from_frame(
        pd.DataFrame(rows, columns=names),
        freq="W",
        signals=["views", "wishlists", "carts"],
        attributes=["category"],
    )
    return panel, np.array(rates)


@pytest.fixture(scope="module")
def market():
    return make_panel()


def test_shrunk_rates_are_nearer_to_the_truth_than_raw_ones(market):
    panel, truth = market
    rates = funnel(panel).rates
    for place, step in enumerate(rates["step"].unique()):
        own = rates[rates["step"] == step]
        raw = own["raw"].fillna(own["category_rate"])
        shrunk_error = np.mean((own["rate"] - truth[:, place]) ** 2)
        assert shrunk_error < 0.8 * np.mean((raw - truth[:, place]) ** 2)


def test_intervals_cover_the_true_rates():
    panel, truth = make_panel(1000, seed=1)
    rates = funnel(panel).rates
    inside = [
        ((own["low"] <= truth[:, place]) & (own["high"] >= truth[:, place])).mean()
        for place, (_, own) in enumerate(rates.groupby("step", sort=False))
    ]
    assert all(0.85 <= share <= 0.95 for share in inside), inside


def test_categories_have_their_own_rates(market):
    table = funnel(market[0]).categories.set_index(["category", "step"])["rate"]
    for category, chance in TRUE.items():
        own = table[category].to_numpy()
        assert own == pytest.approx(chance, rel=0.12)


def test_a_sku_without_views_takes_the_rate_of_its_category():
    panel, _ = make_panel(60)
    views, sales = np.array(panel["views"]), np.array(panel["sales"])
    views[0] = sales[0] = 0
    frame = panel.to_frame().drop(columns=["wishlists", "carts"])
    frame["views"], frame["sales"] = views.reshape(-1), sales.reshape(-1)
    empty = Panel.from_frame(frame, freq="W", signals=["views"], attributes=["category"])
    row = funnel(empty, steps=["views", "sales"]).rates.iloc[0]
    assert np.isnan(row["raw"])
    assert row["rate"] == pytest.approx(row["category_rate"])
    assert row["verdict"] == "like others"


def test_a_sku_that_leaks_is_named():
    panel, _ = make_panel(80, spread=4000.0)
    frame = panel.to_frame()
    bad = (frame["sku"] == frame.groupby("sku")["carts"].sum().idxmax()).to_numpy()
    frame.loc[bad, "sales"] = 0
    leaky = Panel.from_frame(
        frame, freq="W", signals=["views", "wishlists", "carts"], attributes=["category"]
    )
    rates = funnel(leaky).rates
    found = rates[(rates["step"] == "carts to sales") & (rates["verdict"] == "below")]
    sku = frame.loc[bad, "sku"].iloc[0]
    row = found[found["sku"] == sku].iloc[0]
    # it sells nothing, and would have sold its carts times the rate of its category
    assert row["lost"] == pytest.approx(row["entered"] * row["category_rate"], rel=0.4)
    assert funnel(leaky).reading().find("The biggest leak is carts to sales: ") > 0


def test_the_reading_names_the_narrowest_step(market):
    found = funnel(market[0])
    table = found.summary()
    narrow = table.loc[table["rate"].idxmin(), "step"]
    assert f"The narrowest step is {narrow}" in found.reading()
    assert repr(found) == "Funnel(views > wishlists > carts > sales, 300 series, by category)"
    assert table["entered"].iloc[0] == market[0]["views"].sum()


def test_a_missing_step_is_skipped_and_said():
    panel, _ = make_panel(20)
    frame = panel.to_frame().drop(columns="wishlists")
    less = Panel.from_frame(frame, freq="W", signals=["views", "carts"], attributes=["category"])
    with pytest.warns(C2MWarning, match="no 'wishlists': the funnel is views > carts > sales"):
        found = funnel(less)
    assert found.steps == ("views", "carts", "sales")


def test_only_the_last_periods_count_when_asked():
    panel, _ = make_panel(20)
    found = funnel(panel, steps=["views", "sales"], periods=1)
    assert found.rates["entered"].to_numpy() == pytest.approx(panel["views"][:, -1])


def test_cells_that_know_a_part_are_left_out_and_counted():
    panel, _ = make_panel(20)
    carts = np.array(panel["carts"])
    carts[0, 0] = np.nan
    with pytest.warns(C2MWarning, match="1 cells know some steps"):
        found = funnel(panel.with_channels({"carts": carts}))
    assert found.rates["entered"].iloc[0] == panel["views"][0, 1:].sum()


def test_wrong_arguments_are_refused(market):
    panel = market[0]
    with pytest.raises(DataError, match="fewer than two steps"):
        funnel(panel, steps=["view", "sales"])
    with pytest.raises(ArgumentError, match="a list of channels"):
        funnel(panel, steps="views")
    with pytest.raises(ArgumentError, match="key or an attribute"):
        funnel(panel, category="colour")
    with pytest.raises(ArgumentError, match="periods from 1 to 4"):
        funnel(panel, periods=5)


def test_a_funnel_that_nobody_entered_says_so():
    frame = pd.DataFrame({"sku": ["A", "B"], "period": "2026-11-16", "views": 0, "sales": 0})
    panel = Panel.from_frame(frame, freq="W", signals=["views"])
    found = funnel(panel, steps=["views", "sales"])
    assert found.reading() == "There are no views: the funnel says nothing."
    assert "funnel says nothing" in found._repr_html_()


def test_a_step_that_is_hardly_recorded_is_doubted_aloud():
    frame = pd.DataFrame(
        {"sku": ["A", "B"], "period": "2026-11-16", "carts": [5, 6], "sales": [90, 80]}
    )
    panel = Panel.from_frame(frame, freq="W", signals=["carts"])
    with pytest.warns(C2MWarning, match="170 sales stand against 11 carts"):
        funnel(panel, steps=["carts", "sales"])
