"""When peaks are, what past ones did against a known truth, and what a model knows ahead."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from c2m import ArgumentError, C2MWarning, DataError, Panel, build_panel, read_events
from c2m.datasets import simulate_market
from c2m.signals import PEAKS, peak_days, peak_effects, with_peaks


def daily(channels, first="2025-09-01", **more):
    """Make a daily panel from arrays."""
    n_series, n_days = next(iter(channels.values())).shape
    frame = pd.DataFrame(
        {
            "sku": np.repeat([f"S{number}" for number in range(n_series)], n_days),
            "period": np.tile(pd.date_range(first, periods=n_days), n_series),
        }
        | {name: array.reshape(-1) for name, array in channels.items()}
    )
    signals = [name for name in channels if name != "sales"]
    return Panel.from_frame(frame, freq="D", signals=signals, **more)


def day_of(name, year):
    found = peak_days(f"{year}-01-01", f"{year}-12-31", [name])
    return found.loc[found["day"].dt.year == year, "day"].dt.strftime("%m-%d").tolist()


@pytest.mark.parametrize(
    ("name", "year", "day"),
    [
        ("black_friday", 2024, "11-29"),
        ("black_friday", 2025, "11-28"),
        ("cyber_monday", 2025, "12-01"),
        ("mothers_day", 2026, "05-10"),
        ("singles_day", 2026, "11-11"),
        ("618", 2025, "06-18"),
        ("lunar_new_year", 2025, "01-29"),
        ("lunar_new_year", 2026, "02-17"),
        ("eid_al_fitr", 2026, "03-21"),
        ("diwali", 2026, "11-08"),
    ],
)
def test_peaks_are_on_the_days_that_almanacs_give(name, year, day):
    assert day_of(name, year) == [day]


def test_every_named_peak_has_days_in_order():
    table = peak_days("2024-01-01", "2027-12-31", list(PEAKS))
    assert set(table["peak"]) == set(PEAKS)
    assert (table["start"] <= table["day"]).all()
    assert (table["day"] <= table["end"]).all()
    assert (table["presale"].dropna() <= table["start"][table["presale"].notna()]).all()
    assert table["day"].is_monotonic_increasing


def test_a_peak_of_the_next_year_whose_presale_has_begun_is_in_the_span():
    assert peak_days("2026-10-25", "2026-10-31", ["singles_day"])["day"].tolist() == [
        pd.Timestamp("2026-11-11")
    ]
    assert peak_days("2026-10-01", "2026-10-10", ["singles_day"]).empty


def test_public_holidays_of_a_country_are_peaks_of_one_day():
    table = peak_days("2026-10-01", "2026-10-10", country="DE")
    assert table["day"].tolist() == [pd.Timestamp("2026-10-03")]
    with pytest.raises(ArgumentError, match="ISO code"):
        peak_days("2026-01-01", "2026-12-31", country="XX")


def test_what_a_platform_announced_replaces_the_rule_of_that_year():
    own = pd.DataFrame(
        {
            "peak": ["singles_day", "members_day"],
            "day": ["2026-11-11", "2026-09-09"],
            "presale": ["2026-10-15", None],
            "start": ["2026-10-30", None],
        }
    )
    table = peak_days("2025-01-01", "2026-12-31", ["singles_day"], own=own)
    assert table["peak"].tolist() == ["singles_day", "members_day", "singles_day"]
    assert table["presale"].dt.strftime("%m-%d").fillna("").tolist() == ["10-20", "", "10-15"]
    assert table["start"].dt.strftime("%m-%d").tolist() == ["11-01", "09-09", "10-30"]


def test_own_peaks_in_disorder_are_refused_with_the_row():
    own = pd.DataFrame({"peak": ["a"], "day": ["2026-09-09"], "start": ["2026-09-10"]})
    with pytest.raises(DataError, match="order presale, start, day, end"):
        peak_days("2026-01-01", "2026-12-31", own=own)
    with pytest.raises(DataError, match="'day'"):
        peak_days("2026-01-01", "2026-12-31", own=pd.DataFrame({"peak": ["a"]}))
    with pytest.raises(ArgumentError, match="did you mean 'black_friday'"):
        peak_days("2026-01-01", "2026-12-31", ["blackfriday"])
    with pytest.raises(ArgumentError, match="first up to last"):
        peak_days("2026-02-01", "2026-01-01")


def test_a_missing_package_is_named_with_what_to_type():
    code = (
        "import sys; sys.modules['holidays'] = None\n"
        "from c2m.errors import MissingEngineError\n"
        "from c2m.signals import peak_days\n"
        "assert len(peak_days('2026-11-01', '2026-11-30', ['black_friday'])) == 1\n"
        "try:\n    peak_days('2026-01-01', '2026-12-31', ['lunar_new_year'])\n"
        "except MissingEngineError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'c2m[calendar]'" in done.stdout


def test_the_lift_and_what_it_takes_from_the_days_around_are_recovered():
    rng = np.random.default_rng(1)
    days = pd.date_range("2025-09-01", periods=140)
    black = pd.Timestamp("2025-11-28")
    away = (days - black).days.to_numpy()
    shape = np.where(np.arange(140) % 7 >= 5, 1.5, 1.0)
    lift = np.where((away >= -4) & (away <= 2), 3.0, 1.0)
    lift = np.where((away >= -18) & (away < -4), 0.8, lift)
    lift = np.where((away > 2) & (away <= 23), 0.7, lift)
    mean = rng.gamma(2.0, 10.0, 80)[:, None] * shape * lift
    panel = daily({"sales": rng.poisson(mean).astype(float)})
    peaks = peak_days(days[0], days[-1], ["black_friday"])
    effects = peak_effects(panel, peaks, seed=3)
    ratio = effects.table.set_index("phase")
    for phase, truth in (("before", 0.8), ("peak", 3.0), ("after", 0.7)):
        assert ratio.loc[phase, "ratio"] == pytest.approx(truth, rel=0.03)
        assert ratio.loc[phase, "ratio_low"] < truth * 1.02
        assert ratio.loc[phase, "ratio_high"] > truth * 0.98
    usual = mean / lift
    taken = (usual - mean)[:, (lift < 1)].sum()
    gained = (mean - usual)[:, (lift > 1)].sum()
    assert effects.net["pull_forward"][0] == pytest.approx(taken / gained, abs=0.03)
    again = peak_effects(panel, peaks, seed=3)
    pd.testing.assert_frame_equal(effects.table, again.table)


def test_the_peak_of_the_simulated_market_is_found_as_its_truth_has_it():
    market = simulate_market(
        3, n_styles=10, n_stores=0, start="2025-10-01", n_days=120, fake_share=0.0, launch_share=0.0
    )
    black = pd.Timestamp("2025-11-28")
    sales = pd.DataFrame(market.truth.demand.sum(axis=2), index=market.days)
    panel = daily({"sales": sales.T.to_numpy(dtype=float)}, first="2025-10-01")
    own = pd.DataFrame({"peak": ["black_friday"], "day": [black]})
    effects = peak_effects(panel, peak_days(black, black, own=own), before=10, after=14)
    rate = pd.Series(market.truth.rate.sum(axis=0), index=market.days)
    around = rate.drop(
        rate.loc[black - pd.Timedelta(days=10) : black + pd.Timedelta(days=14)].index
    )
    usual = around[around.index.day_of_week == black.day_of_week].mean()
    ratio = effects.table.set_index("phase")["ratio"]
    assert ratio["peak"] == pytest.approx(rate[black] / usual, rel=0.15)
    assert ratio["peak"] > 1.5 > 1 > ratio["after"]


def test_deposits_of_the_presale_are_set_beside_the_peak():
    counts = np.full((2, 120), 10.0)
    counts[:, 71] = 100.0  # 2025-11-11
    paid = np.zeros((2, 120))
    paid[:, 50:70] = 3.0
    peaks = peak_days("2025-11-11", "2025-11-11", ["singles_day"])
    panel = daily({"sales": counts, "preorders": paid})
    net = peak_effects(panel, peaks).net
    assert net["deposits"].tolist() == [120.0]
    assert net["deposit_share"][0] == pytest.approx(120 / (2 * (100 + 10 * 10)))


def test_an_effect_is_given_for_each_group_of_an_attribute():
    rng = np.random.default_rng(5)
    counts = rng.poisson(50.0, (4, 120)).astype(float)
    counts[:2, 71] *= 4
    panel = daily({"sales": counts})
    frame = panel.to_frame().assign(department=lambda f: np.where(f["sku"] < "S2", "coats", "hats"))
    panel = Panel.from_frame(frame, freq="D", attributes=["department"])
    own = pd.DataFrame({"peak": ["day"], "day": ["2025-11-11"]})
    peaks = peak_days("2025-11-11", "2025-11-11", own=own)
    found = peak_effects(panel, peaks, by="department").table
    ratio = found[found["phase"] == "peak"].set_index("group")["ratio"]
    assert ratio["coats"] == pytest.approx(4, rel=0.15)
    assert ratio["hats"] == pytest.approx(1, rel=0.25)


def test_what_cannot_be_measured_is_said():
    panel = daily({"sales": np.ones((1, 60))}, first="2025-10-20")
    peaks = peak_days("2025-11-01", "2025-12-01", ["singles_day", "black_friday"])
    with (
        pytest.raises(DataError, match="none of the 2 peaks"),
        pytest.warns(C2MWarning, match="left"),
    ):
        peak_effects(panel, peaks)
    weekly = panel.to_frame().query("period.dt.day_of_week == 0")
    with pytest.raises(DataError, match="freq='D'"):
        peak_effects(Panel.from_frame(weekly, freq="W"), peaks)
    with pytest.raises(ArgumentError, match="attribute"):
        peak_effects(panel, peaks, by="colour")
    with pytest.raises(ArgumentError, match="channel"):
        peak_effects(panel, peaks, channel="views")
    with pytest.raises(ArgumentError, match="level"):
        peak_effects(panel, peaks, level=2)


def test_a_model_knows_peaks_ahead_as_shares_of_the_days_of_a_period():
    frame = pd.DataFrame(
        {
            "sku": "A",
            "period": pd.date_range("2026-08-31", periods=8, freq="7D"),
            "sales": 1.0,
        }
    )
    panel = Panel.from_frame(frame, freq="W")  # up to the week of 2026-10-19
    peaks = peak_days("2026-09-01", "2026-12-31", ["singles_day"])
    known = with_peaks(panel, peaks, ahead=5)
    assert set(known.known) == {"peak", "peak_presale", "peak_after"}
    assert known.n_ahead == 5
    # event 1 to 11 November; presale from 20 October
    assert np.allclose(known["peak"][0], [0, 0, 0, 0, 0, 0, 0, 0, 1 / 7, 1, 3 / 7, 0, 0])
    assert np.allclose(known["peak_presale"][0, 7:], [6 / 7, 6 / 7, 0, 0, 0, 0])
    days = 0.5 ** (np.arange(20) / 7)
    assert known["peak_after"][0, 10] == pytest.approx(days[:4].sum() / 7)
    assert known["peak_after"][0, 11] == pytest.approx(days[4:11].sum() / 7)
    assert (known["peak_after"][0, :10] == 0).all()


def test_what_was_known_ahead_before_stays_known():
    frame = pd.DataFrame(
        {"sku": "A", "period": pd.date_range("2026-11-01", periods=5), "sales": 1.0, "price": 9.0}
    )
    panel = Panel.from_frame(frame, freq="D", known=["price"])
    more = with_peaks(panel, peak_days("2026-11-01", "2026-11-30", ["singles_day"]), ahead=3)
    assert more.n_ahead == 3
    assert np.isnan(more["price"][0, 5:]).all()
    assert more["price"][0, :5].tolist() == [9.0] * 5
    with pytest.raises(ArgumentError, match="half_life"):
        with_peaks(panel, peak_days("2026-11-01", "2026-11-30"), half_life=0)
    with pytest.raises(DataError, match="peak_days"):
        with_peaks(panel, pd.DataFrame({"peak": []}))


def test_live_streams_are_signals_of_their_own_and_no_sales():
    log = pd.DataFrame(
        {
            "event_time": pd.to_datetime(["2026-11-01 20:00"] * 4, utc=True),
            "event_type": ["stream_view", "stream_view", "stream_order", "purchase"],
            "sku": "PARKA",
            "user_key": ["a", "b", "a", "a"],
            "quantity": [None, None, 3, 3],
            "unit_price": 10.0,
        }
    )
    panel = build_panel(read_events(log), freq="D", tz="UTC")
    assert panel["stream_views"].tolist() == [[2.0]]
    assert panel["stream_view_users"].tolist() == [[2.0]]
    assert panel["stream_orders"].tolist() == [[3.0]]
    assert panel["sales"].tolist() == [[3.0]]
    assert panel["revenue"].tolist() == [[30.0]]


def test_effects_show_themselves():
    counts = np.random.default_rng(2).poisson(20.0, (3, 120)).astype(float)
    effects = peak_effects(
        daily({"sales": counts}), peak_days("2025-11-11", "2025-11-11", ["singles_day"])
    )
    assert repr(effects) == "PeakEffects('sales': singles_day 2025)"
    assert "<table" in effects._repr_html_()
    assert effects.summary().equals(effects.net)
    assert effects.to_frame().equals(effects.table)


def test_the_next_event_is_not_taken_for_the_days_after_this_one():
    days = pd.date_range("2025-08-15", periods=180)
    sales = np.full((20, 180), 10.0)
    sales[:, (days >= "2025-11-01") & (days <= "2025-11-11")] = 30.0
    sales[:, (days >= "2025-11-24") & (days <= "2025-11-30")] = 40.0
    sales[:, (days >= "2025-12-01") & (days <= "2025-12-10")] = 6.0
    peaks = peak_days(days[0], days[-1], ["singles_day", "black_friday"])
    panel = daily({"sales": sales}, first="2025-08-15")
    with pytest.warns(C2MWarning, match="'singles_day 2025-11-11', 'black_friday 2025-11-28' lie"):
        found = peak_effects(panel, peaks)
    assert found.table["days"].tolist() == [14, 11, 12, 12, 7, 21]
    assert found.table["ratio"].round(3).tolist()[:5] == [1, 3, 1, 1, 4]
    assert found.net["taken"].tolist() == pytest.approx([0, 20 * 10 * 4])
    cut = panel.upto("2025-11-26")  # of the second event a part is known: its days are not usual
    with pytest.warns(C2MWarning, match="singles_day"):
        part = peak_effects(cut, peaks)
    assert part.table["ratio"].round(3).tolist() == [1, 3, 1]


def test_cells_that_are_unknown_amid_a_series_are_counted_not_taken_for_none_in_silence():
    counts = np.full((2, 120), 10.0)
    counts[0, :20] = np.nan  # begins late: had no sales
    peaks = peak_days("2025-11-11", "2025-11-11", ["singles_day"])
    peak_effects(daily({"sales": counts}), peaks)
    counts[1, 50:53] = np.nan
    panel = daily({"sales": counts}, gaps="unknown")
    with pytest.warns(C2MWarning, match="3 of 240 cells of 'sales' are unknown"):
        peak_effects(panel, peaks)
