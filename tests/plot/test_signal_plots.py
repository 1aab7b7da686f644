from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex

import c2m
from c2m.datasets import simulate_market, simulate_waves
from c2m.plot import (
    plot_funnel,
    plot_leads,
    plot_peaks,
    plot_returns,
    plot_stockouts,
    plot_trust,
    plot_waves,
    plot_weighted,
)
from c2m.plot.style import BLUE, ORANGE
from c2m.signals import (
    detect_waves,
    fit_returns,
    funnel,
    lead,
    peak_days,
    peak_effects,
    unconstrain,
)
from c2m.signals.waves import VERDICTS


@pytest.fixture(scope="module")
def log():
    market = simulate_market(
        1, n_styles=3, n_stores=0, n_days=70, events_per_day=400, fake_share=0.3, launch_share=0.0
    )
    table = market.events
    first = ~table.column("event_id").to_pandas().duplicated()
    return c2m.read_events(table.filter(first.to_numpy()), time_zone="UTC")


@pytest.fixture(scope="module")
def trust(log):
    return c2m.score_trust(log)


@pytest.fixture(scope="module")
def weighted(log, trust):
    return c2m.build_panel(log, freq="D", trust=trust)


@pytest.fixture(scope="module")
def returns(log):
    return fit_returns(log)


@pytest.fixture(scope="module")
def leaky():
    """A funnel of forty SKUs, of which A$B$ sells half as well as the others."""
    rng = np.random.default_rng(3)
    views = rng.poisson(4000, 40)
    carts = rng.binomial(views, 0.1)
    sales = rng.binomial(carts, np.where(np.arange(40) == 7, 0.2, 0.4))
    skus = [f"S{number:02d}" for number in range(40)]
    skus[7] = "A$B$"
    frame = pd.DataFrame({"sku": skus, "period": "2026-11-16", "sales": sales})
    frame = frame.assign(views=views, carts=carts)
    panel = c2m.Panel.from_frame(frame, freq="W", signals=["views", "carts"])
    return funnel(panel, steps=["views", "carts", "sales"])


@pytest.fixture(scope="module")
def leads():
    """Views four days ahead of sales, and shares that have nothing to do with them."""
    rng = np.random.default_rng(1)
    views = rng.poisson(5, (30, 160))
    sales = rng.poisson(1 + np.roll(views, 4, axis=1) / 5)
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number:02d}" for number in range(30)], 160),
            "period": np.tile(pd.date_range("2026-01-01", periods=160), 30),
            "sales": sales.reshape(-1),
            "views": views.reshape(-1),
            "shares": rng.poisson(3, 30 * 160),
        }
    )
    panel = c2m.Panel.from_frame(frame, freq="D", signals=["views", "shares"])
    return lead(panel, ["views", "shares"], max_lag=14)


@pytest.fixture(scope="module")
def moved():
    panel, _ = simulate_waves(seed=1, n_series=60, age=13)
    return panel, detect_waves(panel)


@pytest.fixture(scope="module")
def unconstrained():
    rng = np.random.default_rng(5)
    days = pd.date_range("2026-10-05", periods=28)
    share = np.ones((2, 28))
    share[0, [20, 21, 25]] = [0.5, 0.0, 0.4]
    frame = pd.DataFrame(
        {
            "sku": np.repeat(["3-4", "A$B$"], 28),
            "period": np.tile(days, 2),
            "sales": rng.poisson(20 * share).reshape(-1),
            "in_stock_demand": share.reshape(-1),
        }
    )
    return unconstrain(c2m.Panel.from_frame(frame, freq="D", signals=["in_stock_demand"]))


@pytest.fixture(scope="module")
def effects():
    rng = np.random.default_rng(2)
    days = pd.date_range("2025-09-01", "2026-01-15")
    rate = np.where(days == pd.Timestamp("2025-11-28"), 60.0, 20.0)
    frame = pd.DataFrame({"sku": "A", "period": days, "sales": rng.poisson(rate)})
    panel = c2m.Panel.from_frame(frame, freq="D")
    peaks = peak_days("2025-09-01", "2026-01-15", ["black_friday"])
    return peak_effects(panel, peaks)


@pytest.fixture
def draw(trust, weighted, leaky, leads, moved, unconstrained, returns, effects):
    """Every plot function, in each of its ways, with its first argument bound."""
    panel, waves = moved
    news = waves.table.loc[waves.table["verdict"] == "shift", "sku"].iloc[0]
    return {
        "trust": lambda ax=None: plot_trust(trust, ax),
        "weighted": lambda ax=None: plot_weighted(weighted, ax),
        "funnel": lambda ax=None: plot_funnel(leaky, ax),
        "step": lambda ax=None: plot_funnel(leaky, ax, step="carts to sales"),
        "leads": lambda ax=None: plot_leads(leads, ax),
        "kernel": lambda ax=None: plot_leads(leads, ax, signal="views"),
        "waves": lambda ax=None: plot_waves(waves, ax),
        "wave": lambda ax=None: plot_waves(waves, ax, sku=news, panel=panel),
        "stockouts": lambda ax=None: plot_stockouts(unconstrained, ax),
        "stockout": lambda ax=None: plot_stockouts(unconstrained, ax, sku="3-4"),
        "returns": lambda ax=None: plot_returns(returns, ax),
        "returned": lambda ax=None: plot_returns(returns, ax, sku=returns.keys["sku"].iloc[0]),
        "peaks": lambda ax=None: plot_peaks(effects, ax),
    }


NAMES = [
    *("trust", "weighted", "funnel", "step", "leads", "kernel", "waves", "wave", "stockouts"),
    *("stockout", "returns", "returned", "peaks"),
]


@pytest.mark.parametrize("name", NAMES)
def test_draws_on_the_axes_it_is_given_and_leaves_the_global_settings_alone(draw, name):
    before = dict(mpl.rcParams)
    figure, ax = plt.subplots()
    assert draw[name](ax) is ax
    assert figure.axes == [ax]
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_of_its_own_holds_its_legend_and_its_texts(draw, name):
    ax = draw[name]()
    ax.figure.canvas.draw()
    whole = ax.figure.bbox
    boxes = [text.get_window_extent() for text in ax.texts if text.get_text()]
    if ax.get_legend() is not None:
        boxes.append(ax.get_legend().get_window_extent())
    for box in boxes:
        assert box.x1 <= whole.x1 + 1
        assert box.y1 <= whole.y1 + 1
    assert ax.get_xlabel()


@pytest.mark.parametrize("name", NAMES)
def test_labels_on_an_axis_do_not_overlap(draw, name):
    ax = draw[name]()
    ax.figure.canvas.draw()
    across = [label.get_window_extent() for label in ax.get_xticklabels() if label.get_text()]
    for left, right in pairwise(across):
        assert left.x1 <= right.x0
    down = sorted(
        (label.get_window_extent() for label in ax.get_yticklabels() if label.get_text()),
        key=lambda box: box.y0,
    )
    for below, above in pairwise(down):
        assert below.y1 <= above.y0 + 1


def test_the_bars_of_trust_are_what_each_reason_takes_away(trust):
    ax = plot_trust(trust)
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(widths, trust.summary()["share"])
    assert sum(widths) == pytest.approx(trust.lost)
    assert ax.get_title(loc="left") == f"Taken out: {trust.lost:.1%} of the events"
    assert [text.get_text() for text in ax.texts].count(" none") == sum(np.equal(widths, 0))


def test_raw_counts_lie_on_weighted_ones(weighted):
    raw, kept = (line.get_ydata() for line in plot_weighted(weighted).get_lines())
    np.testing.assert_allclose(raw, np.nansum(weighted["raw_views"], axis=0), rtol=1e-5)
    np.testing.assert_allclose(kept, np.nansum(weighted["views"], axis=0), rtol=1e-5)
    assert (raw >= kept).all()
    assert raw.sum() > kept.sum()


def test_a_channel_that_was_not_weighted_is_refused(weighted, unconstrained):
    with pytest.raises(c2m.ArgumentError, match="got 'view' \\(did you mean 'views'\\?\\)"):
        plot_weighted(weighted, channel="view")
    with pytest.raises(c2m.ArgumentError, match="pass trust= to build_panel"):
        plot_weighted(unconstrained.panel, channel="sales")


def test_dots_of_the_funnel_are_series_by_their_verdict(leaky):
    ax = plot_funnel(leaky)
    verdicts = leaky.rates["verdict"].value_counts()
    drawn = {
        dots.get_label().split()[0]: len(dots.get_offsets())
        for dots in ax.collections
        if len(dots.get_offsets())
    }
    wanted = {name.split()[0]: count for name, count in verdicts.items()}
    assert drawn == wanted
    assert "1 below:" in ax.texts[1].get_text()
    assert ax.get_yticklabels()[0].get_text().startswith("views to carts\n")


def test_the_series_that_loses_most_stands_on_top_of_its_step(leaky):
    ax = plot_funnel(leaky, step="carts to sales", most=5)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == r"A\$B\$"
    assert len(names) == 5
    row = leaky.rates.query("step == 'carts to sales' and sku == 'A$B$'").iloc[0]
    lines, dots = ax.collections[0], ax.collections[1]
    np.testing.assert_allclose(lines.get_segments()[0][:, 0], [100 * row["low"], 100 * row["high"]])
    assert dots.get_offsets()[0][0] == pytest.approx(100 * row["rate"])
    assert to_hex(dots.get_facecolors()[0]) == ORANGE
    assert ax.get_xlabel() == "sales for 100 carts"


def test_rates_that_lie_far_apart_get_a_logarithmic_axis(leaky):
    assert plot_funnel(leaky).get_xscale() == "linear"
    frame = pd.DataFrame({"sku": list("ABC"), "period": "2026-11-16", "sales": [5, 50, 500]})
    panel = c2m.Panel.from_frame(frame.assign(views=10_000), freq="W", signals=["views"])
    ax = plot_funnel(funnel(panel, steps=["views", "sales"]))
    assert ax.get_xscale() == "log"
    ax.figure.canvas.draw()
    shown = [label.get_text() for label in ax.get_xticklabels() if label.get_text()]
    assert {"10%", "100%"} <= set(shown)


def test_an_unknown_step_is_named(leaky):
    with pytest.raises(c2m.ArgumentError, match=r"no step 'views to sales'.*'carts to sales'"):
        plot_funnel(leaky, step="views to sales")


def test_a_lead_is_a_dot_in_its_interval(leads):
    ax = plot_leads(leads)
    row = leads.table.iloc[0]
    assert row["verdict"] == "leads"
    interval, dot = ax.collections[0], ax.collections[1]
    np.testing.assert_allclose(interval.get_segments()[0][:, 0], [row["low"], row["high"]])
    assert dot.get_offsets()[0].tolist() == [row["lead"], 0]
    assert [text.get_text() for text in ax.texts][1] == leads.table["verdict"].iloc[1]
    assert ax.get_xlabel() == "days before sales"


def test_a_kernel_is_what_was_seen_and_fitted(leads):
    ax = plot_leads(leads, signal="views")
    kernel = leads.kernels.query("signal == 'views'")
    dots = next(part for part in ax.collections if len(part.get_offsets()) == len(kernel))
    np.testing.assert_allclose(dots.get_offsets(), kernel[["lag", "correlation"]])
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), kernel["fitted"])
    assert ax.get_title(loc="left").startswith("views: leads by 4")
    with pytest.raises(c2m.ArgumentError, match="no signal 'view' \\(did you mean 'views'"):
        plot_leads(leads, signal="view")


def test_every_series_with_news_is_a_dot_at_its_factor(moved):
    _, waves = moved
    ax = plot_waves(waves)
    known = [name for name in VERDICTS if name in set(waves.table["verdict"])]
    told = [name for name in known if name not in {"none", "too short"}]
    assert {"shift", "wave"} <= set(told)
    for dots, verdict in zip(ax.collections, told, strict=True):
        own = waves.table[waves.table["verdict"] == verdict]
        assert dots.get_label() == f"{verdict} ({len(own)})"
        np.testing.assert_allclose(np.sort(dots.get_offsets()[:, 1]), np.sort(own["factor"]))


def test_the_onset_of_a_sku_stands_before_its_first_period(moved):
    panel, waves = moved
    row = waves.table[waves.table["verdict"] == "shift"].iloc[0]
    ax = plot_waves(waves, sku=row["sku"], panel=panel)
    counts, onset = ax.get_lines()
    shown = len(counts.get_ydata())
    assert shown == 3 * waves.window
    own = panel.select([row["sku"]])[waves.channel][0, : panel.n_periods]
    np.testing.assert_allclose(counts.get_ydata(), own[-shown:])
    place = panel.periods.get_loc(row["onset"]) - (panel.n_periods - shown)
    assert onset.get_xdata()[0] == place - 0.5
    assert to_hex(onset.get_color()) == BLUE
    assert ax.get_title(loc="left").startswith(f"{row['sku']}: shift, ")


def test_one_sku_needs_its_panel_and_must_be_known(moved):
    panel, waves = moved
    with pytest.raises(c2m.ArgumentError, match="sku= and panel= together"):
        plot_waves(waves, sku=panel.skus[0])
    with pytest.raises(c2m.ArgumentError, match="no SKU 'nobody'"):
        plot_waves(waves, sku="nobody", panel=panel)


def test_days_without_stock_are_shaded(unconstrained):
    ax = plot_stockouts(unconstrained, sku="3-4")
    spans = [patch.get_x() + 0.5 for patch in ax.patches]
    assert spans == [20, 21, 25]
    demand, sales = (line.get_ydata() for line in ax.get_lines())
    panel = unconstrained.panel.select(["3-4"])
    np.testing.assert_allclose(demand, panel["demand"][0])
    np.testing.assert_allclose(sales, panel["sales"][0])
    assert not plot_stockouts(unconstrained, sku="A$B$").patches


def test_the_band_of_the_sum_adds_variances(unconstrained):
    ax = plot_stockouts(unconstrained, last=14)
    panel = unconstrained.panel
    demand = panel["demand"].sum(axis=0)[-14:]
    spread = 2 * np.sqrt((panel["demand_sd"].astype(float) ** 2).sum(axis=0))[-14:]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.max() == pytest.approx((demand + spread).max(), rel=1e-5)
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), demand, rtol=1e-5)
    for last in (0, 29):
        with pytest.raises(c2m.ArgumentError, match="Expected last from 1 to 28"):
            plot_stockouts(unconstrained, last=last)


def test_the_curve_of_returns_ends_at_the_rate(returns):
    sold = returns.cohorts.sold.sum(axis=1)
    curve = plot_returns(returns).get_lines()[0].get_ydata()
    assert curve[-1] == pytest.approx(np.average(returns.rate, weights=sold))
    assert (np.diff(curve) >= 0).all()
    sku = returns.keys["sku"].iloc[3]
    mean, own = plot_returns(returns, sku=sku).get_lines()
    np.testing.assert_allclose(mean.get_ydata(), curve)
    assert own.get_ydata()[-1] == pytest.approx(returns.rate[3])
    with pytest.raises(c2m.ArgumentError, match="no SKU 'nobody'"):
        plot_returns(returns, sku="nobody")


def test_dots_of_a_peak_are_its_ratios(effects):
    ax = plot_peaks(effects)
    dots = [part.get_offsets()[0][0] for part in ax.collections if isinstance(part, PathCollection)]
    np.testing.assert_allclose(dots, effects.table["ratio"])
    assert ax.get_xlabel() == "sales, times the usual, 90% interval"
    assert "2025" in ax.get_yticklabels()[0].get_text()
