"""A planner is told where another model forecasts than the week before."""

import pytest

import c2m
from tests.cli.conftest import history, run_in


def output(project):
    return project / "c2m-output"


def forecast(project, model):
    return run_in(project, "forecast", "--set", f"forecast.candidates=['{model}']")


def test_another_model_is_pointed_out_with_the_units_of_both(project):
    last = c2m.Demand.load(output(project) / "demand")
    history(39).to_csv(project / "history.csv", index=False)
    assert run_in(project, "panel", "--quiet").code == 0
    ran = forecast(project, "TSB")
    assert ran.code == 0
    demand = c2m.Demand.load(output(project) / "demand")
    was, now = last.mean[:, :3].sum(), demand.mean[:, 1:].sum()
    told = (
        "The model changed since the last forecast, from SES to TSB: "
        f"{was:,.0f} units were expected for the 3 weeks that both forecast, now {now:,.0f} are."
    )
    assert told in ran.out
    assert demand.notes[-1] == told


def test_series_that_one_forecast_lacks_are_not_compared(project):
    table = history()
    table[table["sku"] != "002"].to_csv(project / "history.csv", index=False)
    last = c2m.Demand.load(output(project) / "demand")
    assert run_in(project, "panel", "--quiet").code == 0
    ran = forecast(project, "TSB")
    assert f": {last.mean[[0, 2]].sum():,.0f} units were expected for the 4 weeks" in ran.out


def test_weeks_that_only_one_forecast_has_are_not_compared(project):
    history(30).to_csv(project / "history.csv", index=False)
    assert run_in(project, "panel", "--quiet").code == 0
    assert "The model changed since the last forecast, from SES to TSB.\n" in (
        forecast(project, "TSB").out
    )


@pytest.mark.parametrize("name", ["model", "demand"])
def test_a_damaged_forecast_does_not_hinder_the_next(project, name):
    array = next((output(project) / name).glob("*.npy"))
    array.write_bytes(array.read_bytes()[:-1])
    ran = forecast(project, "TSB")
    assert ran.code == 0
    assert "The model changed" not in ran.out


def test_the_same_model_is_not_pointed_out(project):
    assert "The model changed" not in forecast(project, "SES").out
