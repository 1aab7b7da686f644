"""Rolling cutoffs: what each model would have said, and how it would have scored."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError
from c2m.forecast.backtest.leaderboard import Backtest
from c2m.forecast.backtest.models import Entrant, check_forecast, fresh_model, name_models
from c2m.forecast.backtest.scoring import Truth, score_demand, worth
from c2m.forecast.scores import Groupings, forecast_change
from c2m.forecast.scores.pairs import check_levels
from c2m.forecast.target import check_horizon, first_known, need_panel, observed_target
from c2m.frames import name_list

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.panel import Panel

_LOG: Final = logging.getLogger(__name__)

LEVELS: Final = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Levels of the pinball loss unless told."""


@dataclass(frozen=True)
class _Plan:
    """Which cutoffs, and what to do at each."""

    panel: "Panel"
    panel_at: "Callable[[pd.Timestamp], Panel] | None"
    horizon: int
    cutoffs: tuple[pd.Timestamp, ...]
    step: int
    levels: tuple[float, ...]
    lead_times: tuple[tuple[int, int], ...]
    groups: tuple[tuple[str, ...], ...]
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
    lead_times: Sequence[int | tuple[int, int]] = (),
    groups: Sequence[Sequence[str]] = (),
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
    lead_times : sequence of int or tuple of int
        Windows of the horizon whose totals are scored as well: 4 is the first four periods,
        ``(2, 6)`` those from the third to the sixth. Columns ``lead_wql_<start>_<stop>``.
    groups : sequence of sequence of str
        Levels of a hierarchy, each a tuple of key columns and attributes, the empty one for all
        series together: adds ``wrmsse`` and ``wspl``. Series weigh what they brought in lately
        (see `c2m.forecast.backtest.scoring.worth`).
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
        If `panel` is none or another argument is out of range, if the history is too short for one
        known period before the first cutoff, if a model has no ``fit`` and ``predict`` or forecasts
        another target, if one of another kind takes the name of a naive row, or if what it returns
        is no forecast of the wanted periods. An error of a model itself goes on with a note of its
        name and the cutoff.

    References
    ----------
    Tashman (2000), "Out-of-sample tests of forecasting accuracy", *IJF* 16 (rolling origin).

    Examples
    --------
    >>> from c2m.forecast import MovingAverage
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=20, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [3, 5] * 10})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> result = backtest({"four weeks": MovingAverage(window=4)}, panel, horizon=4, windows=2)
    >>> result.leaderboard()["total_error"].round(3).to_dict()
    {'four weeks': 0.0, 'MovingAverage': 0.0, 'SeasonalNaive': 0.25}
    """
    need_panel(panel)
    if panel_at is not None and not callable(panel_at):
        raise ArgumentError(f"Expected panel_at, from a cutoff to a panel, got {panel_at!r}.")
    named = name_models(models, panel.target)
    plan = _Plan(
        panel,
        panel_at,
        check_horizon(horizon),
        _cutoffs(panel, check_horizon(horizon), windows, step),
        step,
        tuple(check_levels(levels).tolist()),
        _lead_times(lead_times, horizon),
        _groups(groups),
        keep_forecasts,
    )
    rows: list[dict[str, Any]] = []
    frames: list[pd.DataFrame] = []
    earlier: dict[str, Demand] = {}
    for cutoff in _shown(plan.cutoffs, progress):
        known = _known_at(plan, cutoff)
        truth = _truth(plan, known, cutoff)
        for name, model in named.items():
            row, demand = _run(plan, name, model, known, truth)
            rows.append({**row, **_change(earlier.get(name), demand, plan)})
            frames += [_forecast_frame(demand, name, truth, plan)] if keep_forecasts else []
            earlier[name] = demand
    return Backtest(
        scores=pd.DataFrame(rows),
        horizon=plan.horizon,
        step=step,
        levels=plan.levels,
        target=panel.target,
        forecasts=pd.concat(frames, ignore_index=True) if frames else None,
    )


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


def _lead_times(
    lead_times: Sequence[int | tuple[int, int]], horizon: int
) -> tuple[tuple[int, int], ...]:
    """Return half-open ranges of steps that lie within the horizon."""
    if not isinstance(lead_times, Iterable):
        raise ArgumentError(f"Expected several lead_times, got {lead_times!r}: pass a list.")
    spans = [tuple(one) if isinstance(one, Iterable) else (0, one) for one in lead_times]
    wrong = [
        span
        for span in spans
        if len(span) != 2
        or not all(isinstance(end, int | np.integer) for end in span)
        or not 0 <= span[0] < span[1] <= horizon
    ]
    if wrong:
        raise ArgumentError(
            f"Expected lead_times, each a number of periods or (start, stop) within {horizon}, got "
            f"{name_list(wrong)}."
        )
    return tuple((int(start), int(stop)) for start, stop in spans)


def _groups(groups: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return levels of a hierarchy, each a tuple of names."""
    if isinstance(groups, str) or any(isinstance(names, str) for names in groups):
        raise ArgumentError(
            f"Expected groups, a tuple of columns for each level such as [(), ('sku',)], got "
            f"{groups!r}."
        )
    return tuple(tuple(names) for names in groups)


def _known_at(plan: _Plan, cutoff: pd.Timestamp) -> "Panel":
    """Return the panel as it was known at a cutoff."""
    if plan.panel_at is None:
        return plan.panel.upto(cutoff)
    panel, known = plan.panel, plan.panel_at(cutoff)
    need_panel(known)
    if (known.cutoff, known.calendar, known.target) != (cutoff, panel.calendar, panel.target):
        raise ArgumentError(
            f"Expected panel_at to return a panel with cutoff {cutoff.date()}, freq "
            f"{panel.freq!r} and target {panel.target!r}, got {known!r}."
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
        groups=Groupings.of(known.keys, plan.groups, known.attributes) if plan.groups else None,
        weights=worth(known) if plan.groups else None,
    )


def _scale_season(known: "Panel") -> int:
    """Return the season of the naive forecast that scaled errors are relative to."""
    usual = known.calendar.season_length
    return usual if known.n_periods > usual else 1


def _run(
    plan: _Plan, name: str, model: Entrant, known: "Panel", truth: Truth
) -> tuple[dict[str, Any], "Demand"]:
    """Fit, forecast and score one model at one cutoff."""
    begun = time.perf_counter()
    try:
        fitted: Any = fresh_model(model)
        learnt = fitted.fit(known)
        demand = (fitted if learnt is None else learnt).predict(plan.horizon)
    except Exception as error:
        error.add_note(f"This came from the model {name!r} at the cutoff {truth.cutoff.date()}.")
        raise
    seconds = time.perf_counter() - begun
    demand = check_forecast(demand, name, known, plan.horizon)
    scores = score_demand(demand, truth, plan.levels, plan.lead_times)
    _LOG.debug("%s at %s: wql %.4f", name, truth.cutoff.date(), scores["wql"])
    return {"model": name, "cutoff": truth.cutoff, **scores, "seconds": seconds}, demand


def _change(earlier: "Demand | None", later: "Demand", plan: _Plan) -> dict[str, float]:
    """Return how much the forecast of the same periods changed since the cutoff before."""
    overlap = plan.horizon - plan.step
    if overlap < 1 or len(plan.cutoffs) < 2:
        return {}
    if earlier is None:
        return {"change": np.nan}
    row = pd.MultiIndex.from_frame(later.keys).get_indexer(pd.MultiIndex.from_frame(earlier.keys))
    both = row >= 0
    before, after = earlier.mean[both, plan.step :], later.mean[row[both], :overlap]
    return {"change": forecast_change(before, after)}


def _forecast_frame(demand: "Demand", name: str, truth: Truth, plan: _Plan) -> pd.DataFrame:
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
