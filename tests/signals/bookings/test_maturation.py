import numpy as np
import pandas as pd
import pytest

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.panel import Panel
from c2m.signals import read_events
from c2m.signals.bookings import maturation

FAR = 12
START = pd.Timestamp("2025-01-06")


def draw(seed=0, n_skus=300, n_weeks=70, *, early=(1.0, 2.0, 4.0), twist=0.2):
    """Orders that come in up to twelve weeks before a launch, later in some categories."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(1.5, 60 / 1.5, n_skus)
    launch = rng.integers(FAR + 1, n_weeks + 10, n_skus)
    category = np.arange(n_skus) % 3
    orders, sales = np.zeros((2, n_skus, n_weeks + 30))
    for row in range(n_skus):
        total = rng.poisson(size[row])
        law = early[category[row]] * np.exp(rng.normal(0, twist))
        lead = np.floor(rng.beta(1.0, law, total) * FAR).astype(int)
        np.add.at(orders[row], launch[row] - lead, 1)
        sales[row, launch[row]] = rng.binomial(total, 0.4)
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{row:03d}" for row in range(n_skus)], n_weeks),
            "category": np.repeat([f"C{number}" for number in category], n_weeks),
            "period": np.tile(pd.date_range(START, periods=n_weeks, freq="W-MON"), n_skus),
            "preorders": orders[:, :n_weeks].reshape(-1),
            "sales": sales[:, :n_weeks].reshape(-1),
        }
    )
    panel = Panel.from_frame(frame, freq="W", signals=["preorders"], attributes=["category"])
    days = {f"S{row:03d}": START + pd.Timedelta(weeks=int(launch[row])) for row in range(n_skus)}
    totals = pd.DataFrame({"preorders": orders.sum(axis=1), "sales": sales.sum(axis=1)})
    return panel, days, totals.set_axis(list(days))


@pytest.fixture(scope="module", params=[None, "sales"])
def learnt(request):
    panel, days, totals = draw()
    return maturation(panel, days, final=request.param, longest=FAR), totals


def test_booking_curves_follow_the_true_law():
    panel, days, _ = draw()
    curves = maturation(panel, days, longest=FAR).summary()
    for number, law in enumerate((1.0, 2.0, 4.0)):
        for ahead in (1, 3, 6, 9):
            true = (1 - ahead / FAR) ** law  # share of beta(1, law) leads that are at least so long
            assert curves.loc[ahead, f"C{number}"] == pytest.approx(true, abs=0.04)
    assert np.allclose(curves.loc[0], 1, atol=1e-6)


def test_the_final_totals_are_unbiased_over_many_draws():
    totals = np.zeros(2)
    for seed in range(6):
        panel, days, true = draw(seed, n_skus=200)
        expected = maturation(panel, days, longest=FAR).expected
        soon = expected[expected["ahead"] <= 6]
        totals += soon["expected"].sum(), true["preorders"][soon["sku"]].sum()
    assert totals[0] / totals[1] == pytest.approx(1, abs=0.05)


def test_intervals_cover_nine_of_ten_final_totals(learnt):
    found, totals = learnt
    table = found.expected
    true = totals[found.final][table["sku"]].to_numpy()
    inside = (true >= table["low"] - 0.5) & (true <= table["high"] + 0.5)
    assert 0.8 <= inside.mean() <= 0.98


def test_what_is_in_tells_more_than_the_mean_of_the_category(learnt):
    found, totals = learnt
    table = found.expected[found.expected["ahead"] <= 6]
    true = totals[found.final][table["sku"]].to_numpy()
    error = np.abs(table["expected"] - true).sum()
    assert error < 0.5 * np.abs(true - true.mean()).sum()


def test_orders_that_are_in_are_never_taken_back():
    panel, days, _ = draw(1)
    table = maturation(panel, days, longest=FAR).expected
    assert (table["low"] >= table["so_far"]).all()
    assert (table["expected"] <= table["high"]).all()
    width = (table["high"] - table["low"]) / table["expected"]
    assert width[table["ahead"] <= 2].mean() < 0.5 * width[table["ahead"] >= 8].mean()


def test_what_came_after_the_cutoff_changes_nothing():
    panel, days, _ = draw(2, n_skus=90)
    cut = panel.periods[45]
    full = panel.upto(cut)
    one = maturation(full, days, longest=FAR)
    changed = panel.with_channels({"preorders": np.array(panel["preorders"])})
    late = np.array(changed["preorders"])
    late[:, 46:] = 99
    two = maturation(panel.with_channels({"preorders": late}).upto(cut), days, longest=FAR)
    pd.testing.assert_frame_equal(one.expected, two.expected)


def test_a_peak_is_one_date_for_all_skus():
    rng = np.random.default_rng(0)
    days = pd.date_range("2026-08-01", "2026-11-05")
    peaks = ["2026-09-09", "2026-10-10", "2026-11-11"]
    rows = []
    for number in range(40):
        carts = rng.poisson(3, len(days)).astype(float)
        sales = rng.poisson(2, len(days)).astype(float)
        for peak in pd.to_datetime(peaks[:2]):
            at = days.get_loc(peak)
            sales[at] = rng.poisson(0.8 * carts[at - 10 : at + 1].sum())
        rows.append(
            pd.DataFrame({"sku": f"S{number:02d}", "period": days, "sales": sales, "carts": carts})
        )
    panel = Panel.from_frame(pd.concat(rows), freq="D", signals=["carts"])
    found = maturation(panel, peaks, advance="carts", final="sales", longest=10)
    assert len(found.expected) == 40
    assert found.expected["ahead"].unique().tolist() == [6]
    assert found.expected["expected"].mean() == pytest.approx(0.8 * 33, rel=0.1)


def test_a_log_is_counted_by_day():
    rng = np.random.default_rng(1)
    rows = []
    for number in range(20):
        launch = 20 + number
        rows += [(f"S{number:02d}", launch - int(lead)) for lead in rng.integers(0, 15, 40)]
    frame = pd.DataFrame(rows, columns=["sku", "day"])
    frame = frame[frame["day"] <= 33]
    frame["event_time"] = pd.Timestamp("2026-03-01 09:00", tz="UTC") + pd.to_timedelta(
        frame["day"], unit="D"
    )
    frame = frame.drop(columns="day").assign(event_type="preorder", quantity=2)
    days = {
        f"S{number:02d}": pd.Timestamp("2026-03-01") + pd.Timedelta(days=20 + number)
        for number in range(20)
    }
    found = maturation(read_events(frame), days, longest=14, tz="UTC")
    soon = found.expected[found.expected["ahead"] <= 8]
    assert soon["expected"].mean() == pytest.approx(80, rel=0.15)


def test_occasions_that_the_panel_does_not_cover_are_told():
    panel, days, _ = draw(3, n_skus=30)
    days["S000"] = START + pd.Timedelta(weeks=2)
    with pytest.warns(C2MWarning, match="1 of 30 occasions are left out"):
        maturation(panel, days, longest=FAR)


def test_what_lacks_is_said():
    panel, days, _ = draw(3, n_skus=30)
    with pytest.raises(DataError, match="no channel 'deposits'"):
        maturation(panel, days, advance="deposits")
    with pytest.raises(DataError, match="0 occasions are over"):
        maturation(panel, "2030-01-07", longest=FAR)
    with pytest.raises(ArgumentError, match="longest from 1 to 69"):
        maturation(panel, days, longest=70)
    with pytest.raises(DataError, match="has no date"):
        maturation(panel, {"S000": "soon"}, longest=FAR)
    with pytest.raises(ArgumentError, match="a Panel or Events"):
        maturation(panel.to_frame(), days)
