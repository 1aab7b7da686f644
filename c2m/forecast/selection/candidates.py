"""What the front door tries: models by name, from simple to demanding."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from c2m.errors import ArgumentError, warn
from c2m.forecast.baselines.ets import ETS
from c2m.forecast.baselines.intermittent import TSB, Croston
from c2m.forecast.baselines.naive import MovingAverage, SeasonalNaive
from c2m.forecast.baselines.smoothing import SES
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.features.recipe import settle_recipe
from c2m.forecast.hierarchy.aligned import Aligned
from c2m.forecast.selection.guard import SignalGuard
from c2m.forecast.selection.weights import group_names
from c2m.frames import did_you_mean, name_list

if TYPE_CHECKING:
    from c2m.panel import Panel

Candidates = Sequence[Any] | Mapping[str, Any]
"""Names of `NAMES` and models; or name -> model."""

NAMES: Final = (
    "SeasonalNaive",
    "MovingAverage",
    "SES",
    "Croston",
    "TSB",
    "ETS",
    "DirectBoosting",
    "DirectBoosting with signals",
    "SignalGuard",
    "Aligned",
)
"""Names of models that the front door can make itself."""

_DEFAULT: Final = ("SeasonalNaive", "MovingAverage", "SES", "TSB", "DirectBoosting")

_MOST_VALUES: Final = 3_000_000
"""Values of history up to which the guard, at four times the cost, is tried unasked."""


def read_candidates(
    candidates: Candidates | None, panel: "Panel", horizon: int, seed: int
) -> dict[str, Any]:
    """Return the models to try.

    Parameters
    ----------
    candidates : sequence of str or model, or mapping of str to model, optional
        The default list unless given; see `c2m.forecast.select_model`.
    panel : Panel
        What is to be forecast.
    horizon : int
        Periods ahead.
    seed : int
        Seed of the models that are made here.

    Returns
    -------
    dict of str to model
        In the order given.

    Raises
    ------
    ArgumentError
        If a name is unknown, there is no candidate, or two have one name.

    Warns
    -----
    C2MWarning
        If known channels have no plan.

    Examples
    --------
    >>> import pandas as pd
    >>> from c2m.panel import Panel
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "A", "period": weeks, "sales": 3})
    >>> read_candidates(["SES", MovingAverage(4)], Panel.from_frame(frame, freq="W"), 2, seed=0)
    {'SES': SES(), 'MovingAverage': MovingAverage(window=4)}
    """
    if isinstance(candidates, str) or not isinstance(candidates, Iterable | None):
        raise ArgumentError(f"Expected several candidates, got {candidates!r}: pass a list.")
    made = _make(panel, horizon, seed)
    if candidates is None:
        return {name: made[name] for name in _default(panel, horizon)}
    if isinstance(candidates, Mapping):
        named = list(candidates.items())
    else:
        named = [_named(one) for one in candidates]
    unknown = [name for name, model in named if isinstance(model, str) and model not in made]
    if unknown:
        hint = did_you_mean(unknown[0], NAMES)
        raise ArgumentError(
            f"Expected models or names of {name_list(NAMES)}, got {name_list(unknown)}{hint}."
        )
    found = {name: made[model] if isinstance(model, str) else model for name, model in named}
    if not found or len(found) < len(named):
        raise ArgumentError(
            f"Expected candidates of different names, got {name_list(name for name, _ in named)}: "
            "pass a dict of name -> model."
        )
    return found


def _named(one: Any) -> tuple[str, Any]:
    """Return a candidate's name and itself."""
    if isinstance(one, str):
        return one, one
    return (one.__name__ if isinstance(one, type) else type(one).__name__), one


def _make(panel: "Panel", horizon: int, seed: int) -> dict[str, Any]:
    """Return a model for every name."""
    known = panel.known if panel.n_ahead else ()
    if panel.known and not panel.n_ahead:
        one = len(panel.known) == 1
        warn(
            f"{len(panel.known)} {'channel is' if one else 'channels are'} known ahead "
            f"({name_list(panel.known)}), but nothing is planned after the cutoff: "
            f"{'it is' if one else 'they are'} not used. Pass the plan in future=."
        )
    core = DirectBoosting(horizon, signals=(), known=known, seed=seed)
    with_signals = DirectBoosting(horizon, known=known, seed=seed)
    return {
        "SeasonalNaive": SeasonalNaive(),
        "MovingAverage": MovingAverage(),
        "SES": SES(),
        "Croston": Croston(),
        "TSB": TSB(),
        "ETS": ETS(),
        "DirectBoosting": core,
        "DirectBoosting with signals": with_signals,
        "SignalGuard": SignalGuard(horizon, boosting={"known": known, "seed": seed}),
        "Aligned": Aligned(with_signals, horizon=horizon),
    }


def _default(panel: "Panel", horizon: int) -> list[str]:
    """Return the names that are tried unless the caller says which."""
    recipe = settle_recipe(
        panel, horizon=horizon, target=None, signals="auto", known=(), seasonality="auto"
    )
    names = list(_DEFAULT)
    if recipe.signals:
        names.append("DirectBoosting with signals")
        small = panel.n_series * panel.n_periods <= _MOST_VALUES
        if small and len(set(group_names(panel, "auto"))) > 1:
            names.append("SignalGuard")
    return names
