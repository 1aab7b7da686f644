"""``c2m forecast`` and ``c2m backtest``: from the panel to the forecast, and how good it is."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from c2m.cli.config import Config
from c2m.cli.history import optional_table
from c2m.cli.last_forecast import model_change
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.saved import (
    BACKTEST,
    DEMAND,
    MODEL,
    check_output,
    load_panel,
    save_backtest,
    write_table,
)

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast import Selection
    from c2m.panel import Panel

FORECAST_STEPS = 4
BACKTEST_STEPS = 3


def make_forecast(config: Config, step: Steps) -> Outcome:
    """Pick a model by its trials, fit it, and save it with its forecast and the trials.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        Which model was picked and why, and what was written.
    """
    own, output = config.settings.forecast, config.output
    check_output(output)
    step("Reading the panel")
    from c2m.forecast import select_model

    panel = load_panel(config)
    future = optional_table(config, "future")
    if future is not None:
        panel = panel.with_future(future)
    step("Testing models on periods held back")
    selection = select_model(
        panel,
        own.horizon,
        candidates=own.candidates,
        windows=own.windows,
        seed=own.seed,
        progress=step.bars,
    )
    step(f"Forecasting {own.horizon} periods with the best of them")
    model, demand = _fit(selection, panel, own.horizon)
    step("Saving the forecast")
    changed = model_change(config, model, demand)
    demand = replace(demand, notes=(*demand.notes, *changed))
    written = [output / DEMAND, output / MODEL]
    demand.save(output / DEMAND)
    model.save(output / MODEL)
    if selection.backtest is not None:
        written.append(save_backtest(output / BACKTEST, selection.backtest))
    written.append(write_table(output / "forecast.csv", demand.to_frame(own.levels)))
    return Outcome([repr(demand), *demand.notes], written)


def _fit(selection: "Selection", panel: "Panel", horizon: int) -> "tuple[Any, Demand]":
    """Fit a copy of the model that was picked, and forecast with it."""
    from c2m.forecast.backtest.models import fresh_model

    fresh: Any = fresh_model(selection.model)
    learnt = fresh.fit(panel)
    model = fresh if learnt is None else learnt
    demand: Demand = model.predict(horizon)
    return model, replace(demand, notes=(selection.reason, *demand.notes))


def run_backtest(config: Config, step: Steps) -> Outcome:
    """Compare models on periods held back, and save their scores.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        The leaderboard, and what was written.
    """
    own, output = config.settings.backtest, config.output
    horizon, seed = config.settings.forecast.horizon, config.settings.forecast.seed
    check_output(output)
    step("Reading the panel")
    from c2m.forecast import backtest
    from c2m.forecast.selection.candidates import read_candidates

    panel = load_panel(config)
    step(f"Testing models at {own.windows} cutoffs")
    found = backtest(
        read_candidates(own.models, panel, horizon, seed),
        panel,
        horizon=horizon,
        windows=own.windows,
        step=own.step,
        lead_times=own.lead_times,
        progress=step.bars,
    )
    step("Saving the scores")
    folder = save_backtest(output / BACKTEST, found)
    board = write_table(output / "leaderboard.csv", found.leaderboard(), index=True)
    return Outcome([found.note, found.summary().to_string()], [folder, board])
