import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c2m.checks import Check
from c2m.errors import ArgumentError, C2MWarning, DataError
from c2m.periods import Calendar, read_periods

days = st.dates(
    min_value=pd.Timestamp("1960-01-01").date(), max_value=pd.Timestamp("2060-01-01").date()
)
FREQS = ["D", "W", "W-SUN", "W-WED", "MS"]


@given(day=days, freq=st.sampled_from(FREQS))
def test_a_day_lies_in_the_period_whose_label_is_its_first_day(day, freq):
    calendar = Calendar(freq)
    number = calendar.ordinal(np.datetime64(day))
    assert calendar.label(number) <= np.datetime64(day) < calendar.label(number + 1)
    assert calendar.ordinal(calendar.label(number)) == number


@given(day=days, freq=st.sampled_from(FREQS))
def test_periods_have_the_days_between_two_labels(day, freq):
    calendar = Calendar(freq)
    number = calendar.ordinal(np.datetime64(day))
    allowed = {"D": {1}, "MS": {28, 29, 30, 31}}.get(freq, {7})
    assert int(calendar.days_in(number)) in allowed


def test_an_iso_week_runs_from_monday_to_sunday_over_the_turn_of_the_year():
    week = Calendar.of("W")
    numbers = week.ordinal(["2026-12-28", "2027-01-03", "2027-01-04"])
    assert week.label(numbers).astype(str).tolist() == ["2026-12-28", "2026-12-28", "2027-01-04"]


def test_a_week_that_starts_on_sunday_is_said_loudly():
    with pytest.warns(C2MWarning, match="start on SUN"):
        calendar = Calendar.of("W-SUN")
    assert str(calendar.label(calendar.ordinal("2026-11-21"))) == "2026-11-15"


def test_weeks_from_monday_have_one_name():
    assert Calendar.of("W-MON") == Calendar.of("W")


def quarters(start="2026-01-04"):
    """Return two quarters of a 4-4-5 calendar."""
    lengths = np.array([4, 4, 5, 4, 4, 5]) * 7
    starts = np.datetime64(start) + np.append(0, lengths.cumsum()[:-1])
    return pd.DataFrame({"start": starts, "end": starts + lengths - 1})


def test_a_period_table_labels_and_numbers_its_periods():
    calendar = Calendar.of(quarters())
    assert calendar.ordinal(["2026-01-04", "2026-01-31", "2026-02-01"]).tolist() == [0, 0, 1]
    assert calendar.days_in(np.arange(6)).tolist() == [28, 28, 35, 28, 28, 35]


def test_a_day_outside_a_period_table_is_an_error_that_says_the_span():
    calendar = Calendar.of(quarters())
    with pytest.raises(DataError, match=r"1 days lie outside, first 2025-12-31.*2026-01-04"):
        calendar.ordinal(["2025-12-31", "2026-01-10"])


def test_a_period_table_with_a_gap_an_overlap_or_no_rows_is_refused():
    table = quarters()
    torn = table.assign(end=table["end"].mask(table.index == 1, np.datetime64("2026-02-20")))
    with pytest.raises(DataError, match="row 2, '2026-03-01'"):
        Calendar.of(torn)
    with pytest.raises(DataError, match="no rows"):
        Calendar.of(table[:0])


def test_an_unknown_freq_is_refused():
    with pytest.raises(ArgumentError, match="'Q'"):
        Calendar.of("Q")


def check_of(values):
    return Check("t", pd.DataFrame({"period": values}))


def test_labels_that_are_no_first_day_are_noted_with_the_freq_that_would_fit():
    check = check_of(["2026-11-16", "2026-11-22"])
    read_periods(check, "period", Calendar("W"), tz=None)
    assert "1 of 2 rows has a 'period' that is no first day of a 'W' period" in check.problems[0]
    assert "freq='W-SUN'" in check.fixes[0]


def test_labels_of_the_last_day_of_the_week_may_be_moved_to_its_first():
    check = check_of(["2026-11-15", "2026-11-22"])
    read_periods(check, "period", Calendar("W"), tz=None)
    assert "if your labels are the last day of the week, subtract 6 days" in check.fixes[0]
    check = check_of(["2026-11-18", "2026-11-25"])
    read_periods(check, "period", Calendar("W"), tz=None)
    assert "subtract" not in check.fixes[0]


def test_the_warning_of_a_week_says_how_to_be_silent():
    with pytest.warns(C2MWarning, match=r"c2m\.Calendar\('W-SUN'\) to say so without"):
        Calendar.of("W-SUN")


def test_midnights_of_another_zone_are_shown_on_the_shops_clock():
    midnights = pd.to_datetime(["2026-11-16T00:00Z", "2026-11-23T00:00Z"])
    check = check_of(midnights)
    read_periods(check, "period", Calendar("W"), tz="Europe/Paris")
    assert "time of day in 'period' in the zone Europe/Paris" in check.problems[0]
    assert "2026-11-16 01:00:00'" in check.problems[0]
    assert "pass tz='UTC'" in check.fixes[0]
    assert "tz_localize(None)" in check.fixes[0]
    check = check_of(midnights)
    read_periods(check, "period", Calendar("W"), tz=None)
    assert "pass tz='UTC'" in check.fixes[0]
    check = check_of(midnights)
    read_periods(check, "period", Calendar("W"), tz="UTC")
    assert not check.problems


def test_times_with_a_zone_need_the_shops_zone():
    times = pd.to_datetime(["2026-11-15T23:00:00Z"])
    check = check_of(times)
    read_periods(check, "period", Calendar("W"), tz=None)
    assert "tz=" in check.fixes[0]
    check = check_of(times)
    numbers = read_periods(check, "period", Calendar("W"), tz="Europe/Paris")
    assert not check.problems
    assert str(Calendar("W").label(numbers)[0]) == "2026-11-16"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["2026-11-16", "soon"], "no date"),
        ([20261116, 20261123], "numbers, not dates"),
        (["2026-11-16 08:30", "2026-11-23"], "time of day"),
        (["2026-11-16", None], "no date"),
    ],
)
def test_what_is_no_period_is_noted(values, problem):
    check = check_of(values)
    read_periods(check, "period", Calendar("W"), tz=None)
    assert problem in check.problems[0]


def test_pandas_periods_and_dates_are_read():
    months = pd.period_range("2026-01", periods=2, freq="M")
    check = check_of(months)
    assert read_periods(check, "period", Calendar("MS"), tz=None).tolist() == [672, 673]
    assert not check.problems


@pytest.mark.parametrize("freq", ["Q", "weekly", "W-XXX", "table", ""])
def test_a_calendar_made_by_hand_is_checked_too(freq):
    with pytest.raises(ArgumentError, match="Expected"):
        Calendar(freq)


def test_bounds_belong_to_a_period_table_and_rise():
    with pytest.raises(ArgumentError, match="rising bounds"):
        Calendar("table", ("2026-01-04", "2026-01-04"))
    with pytest.raises(ArgumentError, match="rising bounds"):
        Calendar("W", ("2026-01-05", "2026-01-12"))
    assert Calendar("W-MON") == Calendar("W")


def test_the_season_of_a_period_table_is_a_year_of_its_periods():
    assert Calendar.of(quarters()).season_length == 12
    weeks = pd.date_range("2026-01-04", periods=53, freq="7D")
    assert Calendar.of(pd.DataFrame({"start": weeks, "end": weeks + pd.Timedelta(days=6)})) == (
        Calendar("table", (*weeks.strftime("%F"), "2027-01-10"))
    )
    assert Calendar("table", (*weeks.strftime("%F"), "2027-01-10")).season_length == 52


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("end", ["2026-01-31", None], "no date in 'end'"),
        ("start", [20260104, 20260201], "'start' holds numbers"),
        ("start", ["soon", "2026-02-01"], "no date in 'start'"),
        ("end", ["2026-01-31 23:59", "2026-02-28"], "time of day in 'end'"),
    ],
)
def test_a_period_table_needs_days(column, values, problem):
    with pytest.raises(DataError, match=problem):
        Calendar.of(quarters()[:2].assign(**{column: values}))


def test_a_day_outside_a_period_table_is_noted_beside_the_other_problems():
    check = check_of(["2025-12-28", "2026-01-04"])
    check.add("another", "fix it")
    read_periods(check, "period", Calendar.of(quarters()), tz=None)
    assert len(check.problems) == 2
    assert "first 2025-12-28" in check.problems[1]


def test_text_with_the_offsets_of_summer_and_winter_is_read_in_the_shops_zone():
    check = check_of(["2026-10-19T00:00+02:00", "2026-10-26T00:00+01:00"])
    numbers = read_periods(check, "period", Calendar("W"), tz="Europe/Paris")
    assert not check.problems
    assert Calendar("W").label(numbers).astype(str).tolist() == ["2026-10-19", "2026-10-26"]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["2026-10-19T00:00+02:00", "2026-10-26T00:00+01:00", "2026-11-02"], "without a zone"),
        (pd.Series([20261116, 20261123], dtype=object), "2 of 2 rows have no date"),
        (
            pd.Series([pd.Timestamp("2026-11-16").date(), "23/11/2026"], dtype=object),
            "1 of 2 rows has no date",
        ),
    ],
    ids=["some zones", "numbers", "ambiguous text"],
)
def test_dates_that_could_be_read_in_two_ways_are_noted(values, problem):
    check = check_of(values)
    read_periods(check, "period", Calendar("W"), tz="Europe/Paris")
    assert problem in check.problems[0]


def test_a_zone_that_there_is_not_is_noted():
    check = check_of(pd.to_datetime(["2026-11-15T23:00:00Z"]))
    read_periods(check, "period", Calendar("W"), tz="Europe/Pariss")
    assert check.problems == ["'Europe/Pariss' is no time zone"]


def test_arrow_dates_are_read():
    days = pd.Series(pd.to_datetime(["2026-11-16", "2026-11-23"])).dt.date
    check = check_of(days.astype(pd.ArrowDtype(pa.date32())))
    read_periods(check, "period", Calendar("W"), tz=None)
    assert not check.problems


def test_periods_are_named_by_their_first_day():
    monday = pd.Timestamp("2026-11-23")
    weeks, days = Calendar("W"), Calendar("D")
    assert (weeks.name(monday), weeks.during(monday)) == (
        "the week of 2026-11-23",
        "in the week of 2026-11-23",
    )
    assert (days.name(monday), days.during(monday)) == ("2026-11-23", "on 2026-11-23")
