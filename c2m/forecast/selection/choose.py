"""The front door: pick a model by backtest, and say what was picked and why."""

import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape
from inspect import signature
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from c2m.demand import Demand
from c2m.errors import ArgumentError, C2MWarning, warn
from c2m.forecast.backtest.backtest import backtest
from c2m.forecast.backtest.models import fresh_model
from c2m.forecast.baselines.naive import MovingAverage
from c2m.forecast.baselines.season import fix_season, season_note
from c2m.forecast.selection.candidates import Candidates, read_candidates
from c2m.forecast.selection.cutoffs import Trials, known_first, plan_trials
from c2m.forecast.target import check_horizon, first_known, need_panel
from c2m.frames import name_list

if TYPE_CHECKING:
    import pandas as pd

    from c2m.forecast.backtest.leaderboard import Backtest
    from c2m.panel import Panel

_LOG: Final = logging.getLogger(__name__)

_WORTH: Final = 0.005
"""A model that needs more must lose this share less than a simpler one."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Which model did best on a panel's own past; `select_model` makes one.

    Parameters
    ----------
    model : model
        The model, not fitted: any with ``fit(panel)`` and ``predict(horizon)``.
    reason : str
        Why it was picked, in a sentence or two.
    backtest : Backtest, optional
        The trials that it was picked by; None where the history is too short for one.
    """

    model: Any
    reason: str
    backtest: "Backtest | None"

    def _repr_html_(self) -> str:
        """Return the reason and the trials as HTML for a notebook."""
        trials = "" if self.backtest is None else self.backtest._repr_html_()
        return f"<div><p>{escape(self.reason)}</p>{trials}</div>"


def select_model(
    panel: "Panel",
    horizon: int,
    *,
    future: object | None = None,
    candidates: Candidates | None = None,
    panel_at: "Callable[[pd.Timestamp], Panel] | None" = None,
    windows: int = 3,
    seed: int = 0,
    progress: bool = False,
) -> Selection:
    """Pick the model that did best on the panel's own past.

    The candidates, from simple to demanding, are `SeasonalNaive`, `MovingAverage`, `SES`, `TSB`,
    `DirectBoosting` without signals and, where the panel has some, with them; `SignalGuard` as
    well where there are groups to decide for and at most three million values of history, since
    its fit costs four others. Each is fitted at up to `windows` earlier cutoffs and scored on the
    `horizon` periods after them; the loss is the mean of ``wql`` (each period) and ``total_wql``
    (the sum over the horizon), of those that are known. A more demanding model must lose at least
    0.5 % less. Warnings of the trial fits are not shown. Where the history is too short to hold
    back the whole horizon, as long a one as can be held back is tried, if it is a third of the
    horizon and 6 periods; shorter histories get `MovingAverage`. `SeasonalNaive` and `ETS` without
    a ``season_length`` are tried and used without a season where the first cutoff knows too little
    for one.

    Parameters
    ----------
    panel, horizon, future, candidates, panel_at, windows, seed, progress
        See `forecast_demand`.

    Returns
    -------
    Selection
        The model, the reason and the backtest. Pass it to `forecast_demand` as ``selection=``.

    Raises
    ------
    ArgumentError
        If `panel` is none or another argument is out of range.

    Warns
    -----
    C2MWarning
        If the history is too short to pick by, or known channels have no plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [4, 6] * 15})
    >>> panel = Panel.from_frame(frame, freq="W")
    >>> selection = select_model(panel, horizon=2)
    >>> selection.model, selection.backtest.models[:2]
    (MovingAverage(), ['SeasonalNaive', 'MovingAverage'])
    >>> forecast_demand(panel, 2, selection=selection).notes == (selection.reason,)
    True
    """
    need_panel(panel)
    horizon = check_horizon(horizon)
    if future is not None:
        panel = panel.with_future(future)
    given = read_candidates(candidates, panel, horizon, seed)
    trials = plan_trials(panel, horizon, windows)
    held = trials.held
    if not held:
        reason = _too_short(panel, horizon)
        warn(reason)
        return Selection(MovingAverage(), reason, None)
    once = lru_cache(maxsize=1)(panel_at) if callable(panel_at) else panel_at
    length = known_first(panel, trials, once)
    tried = _with_one_season(given, panel, length)
    same = tried
    if held < horizon:
        same = _with_one_season(_for_less(candidates, panel, held, seed), panel, length)
    found = _try_out(same, panel, trials, once, progress=progress)
    chosen, reason = _pick({name: same[name] for name in tried if name in same}, found)
    note = season_note(given.get(chosen), tried.get(chosen), panel.calendar, length)
    reason = f"{reason} {chosen} {note}" if note else reason
    if held < horizon:
        reason = f"{reason} {_tried_on_less(panel, horizon, held)}"
        warn(reason)
    return Selection(tried.get(chosen, MovingAverage()), reason, found)


def forecast_demand(
    panel: "Panel",
    horizon: int,
    *,
    model: object | None = None,
    future: object | None = None,
    selection: Selection | None = None,
    candidates: Candidates | None = None,
    panel_at: "Callable[[pd.Timestamp], Panel] | None" = None,
    windows: int = 3,
    seed: int = 0,
    progress: bool = False,
) -> Demand:
    """Forecast demand with the model that did best on the panel's own past (see `select_model`).

    Parameters
    ----------
    panel : Panel
        What is known today.
    horizon : int
        Periods ahead.
    model : fitted model, optional
        A model that was fitted on this panel: it forecasts, and nothing is picked.
    future : DataFrame, optional
        What is planned for the periods ahead: price, promotion, calendar; see
        `Panel.with_future`.
    selection : Selection, optional
        What `select_model` returned for this panel or an earlier one: a copy of its model is
        fitted on this panel, and nothing is tried again.
    candidates : sequence of str or model, or mapping of str to model, optional
        What is tried, from simple to demanding, in place of the list in `select_model`: names of
        `c2m.forecast.selection.candidates.NAMES`, models of c2m or of one's own.
    panel_at : callable, optional
        From a cutoff to the panel as it was known then, where the past was corrected later or
        ``demand`` was estimated from all of it; ``panel.upto`` unless given. See `backtest`.
    windows : int
        Most cutoffs to try the candidates at.
    seed : int
        Seed of the candidates' sampling.
    progress : bool
        Whether to show progress, where tqdm is installed.

    Returns
    -------
    Demand
        The forecast; its `notes` say which model was picked and why.

    Raises
    ------
    ArgumentError
        If `panel` is none, another argument is out of range, `model` was fitted on another panel,
        or more than one of `model`, `selection` and `candidates` is given.

    Warns
    -----
    C2MWarning
        If the history is too short to pick by, or known channels have no plan or are not used.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": [4, 6] * 15})
    >>> demand = forecast_demand(Panel.from_frame(frame, freq="W"), horizon=2)
    >>> print(demand.notes[0][:24])
    MovingAverage was picked
    """
    need_panel(panel)
    horizon = check_horizon(horizon)
    if model is not None:
        if selection is not None or candidates is not None:
            raise ArgumentError("Expected either model= or selection= or candidates=, got two.")
        return _forecast_with(model, panel, horizon, future)
    if future is not None:
        panel = panel.with_future(future)
    if selection is None:
        selection = select_model(
            panel,
            horizon,
            candidates=candidates,
            panel_at=panel_at,
            windows=windows,
            seed=seed,
            progress=progress,
        )
    elif not isinstance(selection, Selection) or candidates is not None:
        raise ArgumentError(
            "Expected selection=, what select_model returned, and then no candidates=, got "
            f"{selection!r} and {candidates!r}. Pass a fitted model as model=."
        )
    else:
        _warn_of_unused(selection.model, panel)
    _LOG.info(selection.reason)
    fresh = fresh_model(selection.model)
    learnt = fresh.fit(panel)
    demand: Demand = (fresh if learnt is None else learnt).predict(horizon)
    return replace(demand, notes=(selection.reason, *demand.notes))


def _warn_of_unused(model: Any, panel: "Panel") -> None:
    known = getattr(model, "known", "auto")
    if known == "auto" or not panel.n_ahead:
        return
    unused = sorted({*panel.known} - {*known, "on_sale"})
    if unused:
        one = len(unused) == 1
        warn(
            f"{len(unused)} planned {'channel is' if one else 'channels are'} not used, because "
            f"the model was selected without {'it' if one else 'them'}: {name_list(unused)}. Pass "
            "the plan to select_model too."
        )


def _forecast_with(model: Any, panel: "Panel", horizon: int, future: object | None) -> Demand:
    """Forecast with a fitted model and see that it fits the panel."""
    if isinstance(model, type) or not callable(getattr(model, "predict", None)):
        raise ArgumentError(f"Expected a fitted model with predict(horizon), got {model!r}.")
    if future is not None and not _takes_future(model.predict):
        raise ArgumentError(f"{model!r} takes no plan: its predict has no argument 'future'.")
    fitted_on = getattr(model, "panel_", panel)
    demand = model.predict(horizon) if future is None else model.predict(horizon, future=future)
    if not isinstance(demand, Demand) or demand.horizon != horizon:
        raise ArgumentError(
            f"Expected {model!r} to forecast {horizon} periods as a Demand, got {demand!r}."
        )
    first = panel.first + panel.n_periods
    if (
        (demand.calendar, demand.first) != (panel.calendar, first)
        or not demand.keys.equals(panel.keys)
        or fitted_on != panel
    ):
        newer = ", or pass model.update(panel)" if hasattr(model, "update") else ""
        raise ArgumentError(
            f"Expected a model that was fitted on this panel (cutoff {panel.cutoff.date()}, "
            f"{panel.n_series:,} series), got one that forecasts {demand!r}. Fit it on this "
            f"panel{newer}; what is planned since then goes into future=."
        )
    note = f"{model!r} was passed by the caller; no other model was tried."
    return replace(demand, notes=(note, *demand.notes))


def _takes_future(predict: Callable[..., object]) -> bool:
    arguments = signature(predict).parameters.values()
    return any(one.name == "future" or one.kind is one.VAR_KEYWORD for one in arguments)


def _for_less(
    candidates: Candidates | None, panel: "Panel", held: int, seed: int
) -> dict[str, Any]:
    """Return the candidates for a shorter horizon; what there is to warn of was said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return read_candidates(candidates, panel, held, seed)


def _with_one_season(candidates: dict[str, Any], panel: "Panel", length: int) -> dict[str, Any]:
    """Return the candidates, none with a season that the first cutoff knows too little for."""
    return {name: fix_season(model, panel.calendar, length) for name, model in candidates.items()}


def _tried_on_less(panel: "Panel", horizon: int, held: int) -> str:
    return (
        f"{_history(panel)} too few to hold back {horizon}: what is said of {held} is taken to "
        f"hold for {horizon}. Pass at least {2 * horizon + 1} periods, or a fitted model."
    )


def _history(panel: "Panel") -> str:
    length = panel.n_periods - first_known(panel)
    return "1 period of history is" if length == 1 else f"{length} periods of history are"


def _too_short(panel: "Panel", horizon: int) -> str:
    return (
        f"MovingAverage was taken without trying others: {_history(panel)} too few to hold back "
        f"{horizon} and learn from more than that. Pass at least {2 * horizon + 1} periods, a "
        "shorter horizon, or a fitted model."
    )


def _try_out(
    candidates: dict[str, Any],
    panel: "Panel",
    trials: Trials,
    panel_at: "Callable[[pd.Timestamp], Panel] | None",
    *,
    progress: bool,
) -> "Backtest":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", C2MWarning)
        return backtest(
            candidates,
            panel,
            horizon=trials.held,
            windows=trials.windows,
            step=trials.step,
            panel_at=panel_at,
            progress=progress,
        )


def _pick(candidates: dict[str, Any], found: "Backtest") -> tuple[str, str]:
    """Return the name of the winner and the reason."""
    loss = _losses(found)
    if loss.isna().all():
        reason = f"because nothing was sold in the periods held back. {found.note}"
        return "MovingAverage", f"MovingAverage was taken, {reason}"
    chosen, least = "", np.inf
    for name in candidates:
        if loss[name] < least * (1 - _WORTH):
            chosen, least = name, float(loss[name])
    others = ", ".join(f"{name} {loss[name]:.3f}" for name in candidates if name != chosen)
    return chosen, (
        f"{chosen} was picked for the least loss on held-back periods, {least:.3f} (mean of the "
        f"weighted quantile losses of periods and totals); {others}. {found.note}"
    )


def _losses(found: "Backtest") -> "pd.Series":
    """Return the mean loss of each model over the cutoffs at which anything was sold.

    Where stock-outs leave no series with a whole horizon, ``wql`` speaks alone.
    """
    loss = found.scores[["wql", "total_wql"]].mean(axis=1)
    return loss.groupby(found.scores["model"]).mean()
