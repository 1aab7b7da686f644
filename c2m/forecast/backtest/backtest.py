"""Rolling cutoffs: what each model would have said, and how it would have scored."""

import copy
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pandas as pd

from c2m.demand import Demand
from c2m.errors import ArgumentError
from c2m.forecast.backtest.leaderboard import Backtest
from c2m.forecast.backtest.scoring import Truth, score_demand
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.params import Parameters
from c2m.forecast.target import check_horizon, first_known, need_panel, observed_target
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.panel import Panel

_LOG: Final = logging.getLogger(__name__)

LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Levels of the pinball loss unless told."""


class Model(Protocol):
    """What enters a backtest: any class with these two."""

    def fit(self, panel: "Panel") -> "Model":  # numpydoc ignore=PR01
        """Learn from what was known at the panel's cutoff, and return itself."""
        ...

    def predict(self, horizon: int) -> Demand:  # numpydoc ignore=PR01
        """Forecast the periods after that cutoff."""
        ...


Entrant = Model | type[Model]
"""A model, or a class of models that can be made without arguments."""


@dataclass(frozen=True)
class _Plan:
    """Which cutoffs, and what to do at each."""

    panel: "Panel"
    panel_at: "Callable[[pd.Timestamp], Panel] | None"
    horizon: int
    cutoffs: tuple[pd.Timestamp, ...]
    levels: tuple[float, ...]
    keep_forecasts: bool


def backtest(
    models: Mapping[str, Entrant] | Sequence[Entrant],
    panel: "Panel",
    *,
    horizon: int,
    windows: int = 3,
    step: int = 1,
    panel_at: "Callable[[pd.Timestamp], Panel] | None" = None,
    levels: Sequence[float] = LEVELS,
    keep_forecasts: bool = False,
    progress: bool = False,
) -> Backtest:
    """Fit models at earlier cutoffs, and score what they say of the periods held back.

    At each cutoff a fresh copy of each model is fitted on ``panel.upto(cutoff)``, which keeps
    what was planned ahead and nothing else, and forecasts `horizon` periods. The last cutoff lies
    `horizon` periods before the panel's end. Two rows are always there to be beaten:
    `SeasonalNaive` and `MovingAverage`. Periods in which a stock-out hid the demand are not
    scored (see `c2m.forecast.target.observed_target`).

    Parameters
    ----------
    models : mapping of str to model, or sequence of models
        Any objects, or classes that can be made without arguments, with ``fit(panel)`` and
        ``predict(horizon)`` -> `Demand`. They are copied, never fitted themselves.
    panel : Panel
        The history, and the truth.
    horizon : int
        Periods ahead.
    windows : int
        How many cutoffs.
    step : int
        Periods from one cutoff to the next; below `horizon` the windows overlap.
    panel_at : callable, optional
        From a cutoff to the panel as it was known then, where the past was corrected later;
        ``panel.upto`` unless given.
    levels : sequence of float
        Levels of the pinball loss.
    keep_forecasts : bool
        Whether the result keeps every forecast.
    progress : bool
        Whether to show progress, where tqdm is installed.

    Returns
    -------
    Backtest
        Scores by model and cutoff, and the leaderboard.

    Raises
    ------
    ArgumentError
        If `panel` is none, if the history is too short for one known period before the first
        cutoff, if a model has no ``fit`` and ``predict`` or forecasts another target, if one of
        another kind takes the name of a naive row, or if what it returns is no forecast of the
        wanted periods. An error of a model itself goes on with a note of its name and the cutoff.

    References
    ----------
    Tashman (2000), "Out-of-sample tests of forecasting accuracy", *IJF* 16 (rolling origin).

    Examples
    --------
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=20, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [3, 5] * 10})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> result = backtest({"four weeks": MovingAverage(window=4)}, panel, horizon=4, windows=2)
    >>> result.leaderboard()["total_error"].round(3).to_dict()
    {'four weeks': 0.0, 'MovingAverage': 0.0, 'SeasonalNaive': 0.25}
    """
    need_panel(panel)
    named = _name_models(models, panel.target)
    plan = _Plan(
        panel,
        panel_at,
        check_horizon(horizon),
        _cutoffs(panel, check_horizon(horizon), windows, step),
        tuple(levels),
        keep_forecasts,
    )
    rows: list[dict[str, Any]] = []
    frames: list[pd.DataFrame] = []
    for cutoff in _shown(plan.cutoffs, progress):
        known = _known_at(plan, cutoff)
        truth = _truth(plan, known, cutoff)
        for name, model in named.items():
            row, frame = _run(plan, name, model, known, truth)
            rows.append(row)
            frames += [] if frame is None else [frame]
    return Backtest(
        scores=pd.DataFrame(rows),
        horizon=plan.horizon,
        step=step,
        levels=plan.levels,
        target=panel.target,
        forecasts=pd.concat(frames, ignore_index=True) if frames else None,
    )


def _name_models(
    models: Mapping[str, Entrant] | Sequence[Entrant], target: str
) -> dict[str, Entrant]:
    """Name the models and add the rows that are always there."""
    if not isinstance(models, Mapping | Iterable):
        raise ArgumentError(f"Expected several models, got {models!r}: pass [model].")
    named = dict(models) if isinstance(models, Mapping) else _named_by_type(models)
    for naive in (SeasonalNaive, MovingAverage):
        own = named.setdefault(naive.__name__, naive())
        if own is not naive and not isinstance(own, naive):
            raise ArgumentError(
                f"The name {naive.__name__!r} belongs to the naive row of the leaderboard: call "
                f"{own!r} something else."
            )
    unfit = [
        name
        for name, model in named.items()
        if not callable(getattr(model, "fit", None))
        or not callable(getattr(model, "predict", None))
    ]
    if unfit:
        raise ArgumentError(
            f"Expected models with fit(panel) and predict(horizon), got {name_list(unfit)} without."
        )
    astray = [
        f"{name} forecasts {model.target!r}"
        for name, model in named.items()
        if isinstance(model, DirectBoosting) and model.target not in {None, target}
    ]
    if astray:
        raise ArgumentError(
            f"Expected models of the panel's target {target!r}, but {', '.join(astray)}. Pass "
            "panel.with_channels({}, target=...)."
        )
    return named


def _named_by_type(models: Sequence[Entrant]) -> dict[str, Entrant]:
    named: dict[str, Entrant] = {}
    for model in models:
        name = model.__name__ if isinstance(model, type) else type(model).__name__
        name = repr(model) if name in named else name
        if name in named:
            raise ArgumentError(f"Two models are called {name!r}: pass a dict of name -> model.")
        named[name] = model
    return named


def _cutoffs(panel: "Panel", horizon: int, windows: int, step: int) -> tuple[pd.Timestamp, ...]:
    for name, value in (("windows", windows), ("step", step)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise ArgumentError(f"Expected {name}, a whole number >= 1, got {value!r}.")
    last = panel.n_periods - 1 - horizon
    first = last - (windows - 1) * step
    begin = first_known(panel)
    if first < begin:
        most = max((last - begin) // step + 1, 0)
        raise ArgumentError(
            f"Expected windows that fit into {panel.n_periods - begin} periods of which something "
            f"is known, got {windows} of horizon {horizon}, {step} apart: at most {most} fit. Pass "
            "fewer windows or a shorter horizon."
        )
    return tuple(panel.periods[first : last + 1 : step])


def _known_at(plan: _Plan, cutoff: pd.Timestamp) -> "Panel":
    """Return the panel as it was known at a cutoff."""
    if plan.panel_at is None:
        return plan.panel.upto(cutoff)
    known = plan.panel_at(cutoff)
    if known.cutoff != cutoff or known.calendar != plan.panel.calendar:
        raise ArgumentError(
            f"Expected panel_at to return a panel with cutoff {cutoff.date()} and freq "
            f"{plan.panel.freq!r}, got {known!r}."
        )
    return known


def _truth(plan: _Plan, known: "Panel", cutoff: pd.Timestamp) -> Truth:
    """Return what came after a cutoff for the series that were known at it."""
    panel = plan.panel
    row = pd.MultiIndex.from_frame(panel.keys).get_indexer(pd.MultiIndex.from_frame(known.keys))
    if (row < 0).any():
        raise ArgumentError(
            f"Expected panel_at to return series of the panel, got {int((row < 0).sum()):,} others."
        )
    start = known.first + known.n_periods - panel.first
    return Truth(
        actual=observed_target(panel)[row, start : start + plan.horizon],
        history=observed_target(known),
        season_length=_scale_season(known),
        cutoff=cutoff,
        keys=known.keys,
    )


def _scale_season(known: "Panel") -> int:
    """Return the season of the naive forecast that scaled errors are relative to."""
    usual = known.calendar.season_length
    return usual if known.n_periods > usual else 1


def _run(
    plan: _Plan, name: str, model: Entrant, known: "Panel", truth: Truth
) -> tuple[dict[str, Any], pd.DataFrame | None]:
    """Fit, forecast and score one model at one cutoff."""
    begun = time.perf_counter()
    try:
        fitted: Any = _fresh(model)
        learnt = fitted.fit(known)
        demand = (fitted if learnt is None else learnt).predict(plan.horizon)
    except Exception as error:
        error.add_note(f"This came from the model {name!r} at the cutoff {truth.cutoff.date()}.")
        raise
    seconds = time.perf_counter() - begun
    demand = _checked(demand, name, known, plan.horizon)
    scores = score_demand(demand, truth, plan.levels)
    _LOG.debug("%s at %s: wql %.4f", name, truth.cutoff.date(), scores["wql"])
    row = {"model": name, "cutoff": truth.cutoff, **scores, "seconds": seconds}
    return row, _forecast_frame(demand, name, truth, plan) if plan.keep_forecasts else None


def _fresh(model: Entrant) -> object:
    """Return an unfitted copy, so that nothing goes from one cutoff to the next."""
    if isinstance(model, type):
        return model()
    if isinstance(model, Parameters):
        return type(model)(**model.get_params())
    if hasattr(model, "get_params"):
        from sklearn.base import clone

        return clone(model)
    return copy.deepcopy(model)


def _checked(demand: object, name: str, known: "Panel", horizon: int) -> Demand:
    """Return the forecast if it is one of the panel's series, which both have sorted."""
    if not isinstance(demand, Demand):
        raise ArgumentError(f"{name}.predict returned a {type(demand).__name__}, not a Demand.")
    first = known.first + known.n_periods
    if demand.horizon != horizon or (demand.calendar, demand.first) != (known.calendar, first):
        raise ArgumentError(
            f"Expected {name} to forecast {horizon} periods after {known.cutoff.date()}, got "
            f"{demand!r}."
        )
    row = pd.MultiIndex.from_frame(demand.keys).get_indexer(pd.MultiIndex.from_frame(known.keys))
    if (row < 0).any() or demand.n_series != known.n_series:
        raise ArgumentError(
            f"Expected {name} to forecast the panel's {known.n_series:,} series, got "
            f"{demand.n_series:,}, of which {int((row >= 0).sum()):,} are the panel's."
        )
    return demand


def _forecast_frame(demand: Demand, name: str, truth: Truth, plan: _Plan) -> pd.DataFrame:
    frame = demand.to_frame(plan.levels)
    frame = frame.drop(columns=list(demand.attributes.columns))
    frame.insert(0, "model", name)
    frame.insert(1, "cutoff", truth.cutoff)
    frame["actual"] = truth.actual.reshape(-1)
    return frame


def _shown(cutoffs: Sequence[pd.Timestamp], progress: bool) -> Iterable[pd.Timestamp]:
    """Show progress over the cutoffs where it is wanted and tqdm is installed."""
    if not progress:
        return cutoffs
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return cutoffs
    shown: Iterable[pd.Timestamp] = tqdm(cutoffs, desc="backtest", unit="cutoff")
    return shown
