"""The settings of a project: one class for each section of its ``c2m.toml``.

A field is a setting. Its docstring is the comment that `c2m.cli.template` writes above it, its type
is what `c2m.cli.config` accepts, and its default is that of the function that it is passed to.
"""

from dataclasses import dataclass, field
from typing import Literal

from c2m.cli.input_settings import (
    Csv,
    EventSettings,
    Files,
    HistorySettings,
    PanelSettings,
    number,
    unset,
)


@dataclass(frozen=True)
class ForecastSettings:
    """How demand is forecast (c2m.forecast_demand).

    Parameters
    ----------
    horizon : int
        Periods to forecast and plan.
    candidates : list of text, optional
        Models to try, from simple to demanding: SeasonalNaive, MovingAverage, SES, Croston, TSB,
        ETS, DirectBoosting, "DirectBoosting with signals", SignalGuard, Aligned. Not set: a list
        that suits the panel.
    windows : int
        Most earlier cutoffs to try them at.
    seed : int
        Of the models.
    levels : list of numbers
        Quantiles in forecast.csv.
    """

    horizon: int = number(12, 1)
    candidates: tuple[str, ...] | None = unset(("SES", "DirectBoosting"))
    windows: int = number(3, 1)
    seed: int = number(0, 0)
    levels: tuple[float, ...] = number((0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95), 0.0, 1.0)


@dataclass(frozen=True)
class BacktestSettings:
    """How models are compared on periods held back (c2m.backtest), with forecast.horizon.

    Parameters
    ----------
    models : list of text
        As in forecast.candidates. SeasonalNaive and MovingAverage are always there.
    windows : int
        How many cutoffs.
    step : int
        Periods from one cutoff to the next.
    lead_times : list of whole numbers
        Numbers of first periods whose totals are scored as well.
    """

    models: tuple[str, ...] = ("SES", "TSB", "DirectBoosting")
    windows: int = number(3, 1)
    step: int = number(1, 1)
    lead_times: tuple[int, ...] = number((), 1)


@dataclass(frozen=True)
class PlanSettings:
    """How runs are planned (c2m.plan_production, c2m.replan).

    Parameters
    ----------
    n_scenarios : int
        Joint paths of demand to plan over.
    seed : int
        Of the paths.
    method : "auto", "exact" or "heuristic"
        exact is for small cases.
    time_limit_s : number, optional
        Of the exact way, in seconds.
    fill_rate : number, optional
        Share of each SKU's demand that must be met. Not set: as the factory's file says.
    cycle_service_level : number, optional
        Chance with which a SKU must not run out in a period. Not set: as the factory's file says.
    serve_all : true or false
        Whether all demand must be met, whatever it costs (one known path of demand).
    """

    n_scenarios: int = number(200, 1)
    seed: int = number(0, 0)
    method: Literal["auto", "exact", "heuristic"] = "auto"
    time_limit_s: float | None = number(None, 0, example=60.0)
    fill_rate: float | None = number(None, 0, 1, example=0.97)
    cycle_service_level: float | None = number(None, 0, 1, example=0.95)
    serve_all: bool = False


@dataclass(frozen=True)
class ReplanSettings:
    """What a change of the last plan costs (c2m.replan).

    Parameters
    ----------
    frozen_periods : int, optional
        First periods in which the old plan stands. Not set: as the factory's file says.
    change_cost : number
        Money that it must earn to add, drop or resize a run. With 0 any gain moves a run.
    """

    frozen_periods: int | None = number(None, 0, example=1)
    change_cost: float = number(0.0, 0)


@dataclass(frozen=True)
class RehearseSettings:
    """How the loop is rehearsed on the past (c2m.rehearse), with forecast.horizon.

    Parameters
    ----------
    periods : int
        How many of the panel's last periods are played.
    every : int
        Periods from one decision to the next.
    policies : list of text
        Who plays: c2m, "c2m on the mean", "c2m without signals", "c2m once" (no second run),
        "moving average", "reorder point", "order what sold", "perfect information".
    refit_every : int
        Decisions of c2m between fits of its model.
    n_scenarios : int
        Joint paths of demand that c2m plans over.
    season : true or false
        Whether the last period is the end of the season, known to all.
    seed : int
        Of what is left to chance.
    """

    periods: int = number(12, 1)
    every: int = number(1, 1)
    policies: tuple[str, ...] = (
        "c2m",
        "moving average",
        "reorder point",
        "order what sold",
        "perfect information",
    )
    refit_every: int = number(4, 1)
    n_scenarios: int = number(100, 1)
    season: bool = False
    seed: int = number(0, 0)


@dataclass(frozen=True)
class ReportSettings:
    """What the report and the workbook say.

    Parameters
    ----------
    title : str
        Headline.
    describe : list of text
        Attributes of the SKUs to show beside their codes.
    assumed : list of text
        Sentences on what was assumed, such as costs that nobody measured.
    """

    title: str = "Production plan"
    describe: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServeSettings:
    """How the saved model is served (c2m.service). It authenticates nobody: a gateway should.

    Parameters
    ----------
    host : str
        Where to listen; 127.0.0.1 is this machine only.
    port : int
        Which port.
    horizon : int, optional
        Periods to forecast. Not set: forecast.horizon.
    watch_seconds : number
        How often to look for a new model; 0 for only when asked to.
    body_bytes : int
        The most of a request's body.
    request_seconds : number
        The most from the first byte of a request to its answer.
    requests : int
        The most that are answered at the same time.
    skus : int
        The most series in one forecast.
    plan_skus : int
        The most SKUs in one plan.
    plan_seconds : number
        The most of one plan; its process is ended then.
    plan_bytes : int
        The most memory of one plan's process.
    plans_running : int
        The most plans made at the same time.
    plans_waiting : int
        The most plans that wait.
    plans_kept : int
        Finished plans that can still be fetched.
    load_seconds : number
        The most of reading a model and forecasting all its series.
    """

    host: str = "127.0.0.1"
    port: int = number(8000, 1, 65_535)
    horizon: int | None = number(None, 1, example=8)
    watch_seconds: float = number(30.0, 0)
    body_bytes: int = number(4 * 2**20, 1)
    request_seconds: float = number(10.0, 0.001)
    requests: int = number(64, 1)
    skus: int = number(1_000, 1)
    plan_skus: int = number(2_000, 1)
    plan_seconds: float = number(600.0, 0.001)
    plan_bytes: int = number(4 * 2**30, 1)
    plans_running: int = number(1, 1)
    plans_waiting: int = number(8, 1)
    plans_kept: int = number(100, 1)
    load_seconds: float = number(600.0, 0.001)


@dataclass(frozen=True)
class Settings:
    """All sections of a project's file.

    Parameters
    ----------
    files, csv, events, panel, history, forecast, backtest, plan, replan, rehearse, report, serve
        The sections.
    """

    files: Files = field(default_factory=Files)
    csv: Csv = field(default_factory=Csv)
    events: EventSettings = field(default_factory=EventSettings)
    panel: PanelSettings = field(default_factory=PanelSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    forecast: ForecastSettings = field(default_factory=ForecastSettings)
    backtest: BacktestSettings = field(default_factory=BacktestSettings)
    plan: PlanSettings = field(default_factory=PlanSettings)
    replan: ReplanSettings = field(default_factory=ReplanSettings)
    rehearse: RehearseSettings = field(default_factory=RehearseSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
