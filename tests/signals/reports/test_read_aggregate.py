import warnings
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.signals.reports import read_aggregate

REPORT = Path(__file__).parents[1] / "schemas" / "fixtures" / "marketplace" / "daily.csv"
COLUMNS = {
    "sales": "units_ordered",
    "views": "page_views",
    "sessions": "sessions",
    "revenue": "ordered_product_sales",
    "returns": "returns",
    "stock": "stock",
    "reviews": "review_count",
}
MONDAY = date(2026, 11, 2)


def quiet(source, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return read_aggregate(source, **how)


def told(source, **how):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        panel = read_aggregate(source, **how)
    return panel, " ".join(str(one.message) for one in found)


def fixture(**more):
    return {
        "columns": COLUMNS,
        "sku": "asin",
        "freq": "W",
        "cumulative": ["reviews"],
        "currency": "EUR",
    } | more


def table(values, *, sku="A", start=MONDAY, **more):
    days = [str(start + timedelta(days=number)) for number in range(len(values))]
    rows = pd.DataFrame({"date": days, "sku": sku, "units": values} | more)
    return rows.dropna(subset=["units"]) if None in values else rows


def simple(**more):
    return {"columns": {"sales": "units"}, "freq": "D"} | more


def test_totals_of_the_report_are_conserved():
    report = pd.read_csv(REPORT)
    panel = quiet(REPORT, **fixture())
    assert panel.skus == ["B01", "B02"]
    assert panel.n_periods == 2
    for channel in ("sales", "views", "sessions", "revenue", "returns"):
        assert panel[channel].sum() == pytest.approx(report[COLUMNS[channel]].sum())


def test_what_counts_without_users_cost_is_said():
    _, words = told(REPORT, **fixture())
    assert "28 rows of the report are counts without users" in words
    assert "no distinct users" in words
    assert "repeated and fake events" in words
    assert "agreed to" in words


def test_units_on_hand_become_the_share_of_days_in_stock():
    report = pd.read_csv(REPORT)
    panel = quiet(REPORT, **fixture())
    week = (report["asin"] == "B01") & (report["date"] > "2026-11-08")
    assert panel["in_stock"][0, 1] == pytest.approx((report["stock"][week] > 0).mean())
    assert "stock" not in panel


def test_a_counter_becomes_what_was_added_between_the_ends_of_two_periods():
    panel = quiet(REPORT, **fixture())
    assert np.isnan(panel["reviews"][:, 0]).all()  # what it was on the day before is not known
    assert panel["reviews"][:, 1].tolist() == [7.0, 7.0]


def test_a_counter_that_falls_is_unknown_for_that_period_and_counted():
    report = table([1.0] * 21, count=[*range(10), 4, *range(5, 15)])
    how = {
        "columns": {"sales": "units", "reviews": "count"},
        "freq": "W",
        "cumulative": ["reviews"],
    }
    panel, words = told(report, **how)
    assert np.isnan(panel["reviews"][0, 1])
    assert panel["reviews"][0, 2] == 7
    assert "'reviews' falls 1 times" in words


def test_a_gap_of_a_counter_inside_a_period_does_not_matter_and_one_at_its_end_does():
    counter = [float(number) for number in range(21)]
    inside, at_end = list(counter), list(counter)
    inside[9], at_end[13] = np.nan, np.nan
    how = {
        "columns": {"sales": "units", "reviews": "count"},
        "freq": "W",
        "cumulative": ["reviews"],
    }
    found = quiet(table([1.0] * 21, count=inside), **how)["reviews"][0]
    assert found[1:].tolist() == [7.0, 7.0]
    assert np.isnan(quiet(table([1.0] * 21, count=at_end), **how)["reviews"][0]).all()


def test_days_without_a_row_are_an_error_until_the_caller_says_what_they_mean():
    report = table([1.0, None, 3.0])
    with pytest.raises(DataError, match="1 of 3 series-days have no row") as caught:
        read_aggregate(report, **simple())
    assert "gaps='zero'" in caught.value.fix
    assert quiet(report, **simple(gaps="zero"))["sales"].tolist() == [[1.0, 0.0, 3.0]]
    unknown = quiet(report, **simple(gaps="unknown"))["sales"][0]
    assert np.isnan(unknown[1])
    assert unknown[[0, 2]].tolist() == [1.0, 3.0]


def test_a_week_with_an_unknown_day_is_unknown():
    report = table([1.0] * 14)
    report.loc[3, "units"] = np.nan
    panel = quiet(report, columns={"sales": "units"}, freq="W")
    assert np.isnan(panel["sales"][0, 0])
    assert panel["sales"][0, 1] == 7


def test_days_on_which_nothing_was_reported_at_all_are_counted():
    report = table([1.0, None, 3.0])
    _, words = told(report, **simple(gaps="zero"))
    assert "1 of 3 days have no row of any SKU" in words


def test_before_its_first_row_a_series_is_unknown():
    early, late = table([1.0] * 4), table([5.0] * 2, sku="B", start=MONDAY + timedelta(days=2))
    panel = quiet(pd.concat([early, late]), **simple(gaps="zero"))
    assert np.isnan(panel["sales"][1, :2]).all()
    assert panel["sales"][1, 2:].tolist() == [5.0, 5.0]


def test_partial_weeks_are_left_out_and_counted_or_kept():
    report = table([1.0] * 16, start=MONDAY - timedelta(days=1))
    panel, words = told(report, columns={"sales": "units"}, freq="W")
    assert panel["sales"].tolist() == [[7.0, 7.0]]
    assert "2 partial weeks" in words
    kept = quiet(report, columns={"sales": "units"}, freq="W", partial_period="keep")
    assert kept["sales"].tolist() == [[1.0, 7.0, 7.0, 1.0]]


def test_a_report_of_no_whole_period_is_an_error():
    with pytest.raises(DataError, match="no whole week"):
        read_aggregate(table([1.0] * 3), columns={"sales": "units"}, freq="W")


def test_a_table_of_periods_is_a_freq():
    periods = pd.DataFrame(
        {"start": ["2026-11-02", "2026-11-06"], "end": ["2026-11-05", "2026-11-15"]}
    )
    panel = quiet(table([1.0] * 14), columns={"sales": "units"}, freq=periods)
    assert panel["sales"].tolist() == [[4.0, 10.0]]


def test_the_price_of_a_week_is_the_mean_over_its_units():
    report = table([1.0, 3.0, 0, 0, 0, 0, 0], price=[10.0, 20.0, 99.0, 99, 99, 99, 99])
    panel = quiet(report, columns={"sales": "units", "price": "price"}, freq="W")
    assert panel["price"].tolist() == [[17.5]]


def test_distinct_users_of_days_do_not_add_up_to_those_of_a_week():
    report = table([1.0] * 7, visitors=5)
    columns = {"sales": "units", "view_users": "visitors"}
    with pytest.raises(ArgumentError, match="do not add up"):
        read_aggregate(report, columns=columns, freq="W")
    assert quiet(report, columns=columns, freq="D")["view_users"].tolist() == [[5.0] * 7]


def test_a_report_that_tells_no_whole_week_is_an_error():
    report = table([1.0, *[np.nan] * 6])
    with pytest.raises(DataError, match="'units' is known in no whole week"):
        quiet(report, columns={"sales": "units"}, freq="W")


def test_every_problem_of_the_table_is_listed():
    report = pd.DataFrame(
        {
            "date": ["2026-11-02", "2026-11-02", "soon"],
            "sku": ["A", None, "A"],
            "units": ["-1", "many", "2"],
        }
    )
    with pytest.raises(DataError) as caught:
        read_aggregate(report, **simple())
    assert len(caught.value.problems) == 3
    with pytest.raises(DataError, match="repeats the key"):
        read_aggregate(pd.concat([table([1.0]), table([2.0])]), **simple())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"columns": {"views": "units"}}, "target"),
        ({"columns": {"sales": "units", "stock": "a", "in_stock": "b"}}, "got both"),
        ({"cumulative": ["reviews"]}, "cumulative"),
        ({"currency": "euro"}, "three capitals"),
        ({"gaps": "none"}, "gaps"),
        ({"partial_period": "cut"}, "partial_period"),
        ({"freq": "weekly"}, "freq"),
    ],
)
def test_arguments_out_of_range_are_refused(more, words):
    with pytest.raises(ArgumentError, match=words):
        read_aggregate(table([1.0]), **simple() | more)


def test_codes_keep_their_zeros_and_attributes_are_looked_up(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text("date,sku,units\n2026-11-02,007,1\n")
    catalogue = pd.DataFrame({"sku": ["007"], "colour": ["red"]})
    panel = quiet(path, **simple(attributes=catalogue))
    assert panel.skus == ["007"]
    assert panel.attributes["colour"].tolist() == ["red"]


def test_channels_and_locations_name_series():
    report = pd.concat([table([1.0, 2.0], place="DE"), table([3.0, 4.0], place="FR")])
    panel = quiet(report, **simple(location="place"))
    assert panel.keys["location"].tolist() == ["DE", "FR"]
    assert panel["sales"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


cells = st.sampled_from([None, np.nan, 0.0, 1.0, 5.0])


@settings(max_examples=60, deadline=None)
@given(st.lists(cells, min_size=9, max_size=30), st.sampled_from(["zero", "unknown"]))
def test_a_week_is_the_sum_of_its_known_days(values, gaps):
    values = [*[1.0] * 7, *values, 1.0]
    days = [MONDAY + timedelta(days=number) for number in range(len(values))]
    rows = [
        {"date": str(day), "sku": "A", "units": value}
        for day, value in zip(days, values, strict=True)
        if value is not None
    ]
    panel = quiet(pd.DataFrame(rows), columns={"sales": "units"}, freq="W", gaps=gaps)
    for week, found in zip(range(panel.n_periods), panel["sales"][0], strict=True):
        own = values[7 * week : 7 * week + 7]
        if gaps == "zero":
            own = [0.0 if value is None else value for value in own]
        own = [np.nan if value is None else value for value in own]
        assert np.array_equal(found, sum(own), equal_nan=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([np.nan, 0.0, 1.0, 3.0, -2.0]), min_size=14, max_size=28))
def test_a_counter_is_the_difference_of_its_ends_where_it_never_fell(steps):
    counter = np.where(np.isnan(steps), np.nan, 100 + np.nancumsum(steps))
    report = table([1.0] * len(steps), count=counter)
    panel = quiet(
        report,
        columns={"sales": "units", "reviews": "count"},
        freq="W",
        cumulative="reviews",
        target="sales",
    )
    for week, found in enumerate(panel["reviews"][0] if "reviews" in panel else []):
        own = counter[max(7 * week - 1, 0) : 7 * week + 7]
        read = own[~np.isnan(own)]
        clean = week > 0 and not np.isnan(own[[0, -1]]).any() and (np.diff(read) >= 0).all()
        assert np.array_equal(found, own[-1] - own[0] if clean else np.nan, equal_nan=True)


def test_a_count_that_is_no_count_is_refused():
    report = pd.DataFrame({"sku": "A", "date": ["2026-11-02", "2026-11-03"], "sold": [1.0, 1e300]})
    with pytest.raises(DataError, match=r"1 of 2 rows has 'sold' above 1e\+15"):
        quiet(report, columns={"sales": "sold"}, freq="D")


@pytest.mark.parametrize("value", [b"\xff", "\ud800"])
def test_broken_text_is_refused_by_name(value):
    report = pd.DataFrame({"sku": pd.Series(["A", value], dtype="object"), "sold": 1.0})
    report["date"] = "2026-11-02"
    with pytest.raises(DataError, match="broken text: 'sku'"):
        quiet(report, columns={"sales": "sold"}, freq="D")
