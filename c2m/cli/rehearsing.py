"""``c2m rehearse``: what the last periods would have cost, with c2m and with simpler policies."""

from typing import TYPE_CHECKING, Any, Final

from c2m.cli.config import Config
from c2m.cli.history import optional_table, read_factory
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.saved import check_output, load_panel, write_table
from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, plural

if TYPE_CHECKING:
    import pandas as pd

    from c2m.panel import Panel
    from c2m.rehearse import Policy, Rehearsal

N_STEPS: Final = 4

_OURS: Final = "c2m"
_PARTS: Final = {
    "c2m on the mean": "the distribution",
    "c2m without signals": "the signals",
    "c2m once": "the second run",
}
"""Our policy without something (see `c2m.rehearse.Ours.variants`), and what that is."""

_SIMPLE: Final = ("moving average", "reorder point", "order what sold")
_PERFECT: Final = "perfect information"

_SHOWN: Final = {
    "mismatch_cost": "{:,.0f}",
    "profit": "{:,.0f}",
    "fill_rate": "{:.1%}",
    "sell_through": "{:.1%}",
    "units_lost": "{:,.0f}",
    "units_left": "{:,.0f}",
    "runs": "{:,}",
}
"""Scores that are shown; the table has all."""

POLICIES: Final = (_OURS, *_PARTS, *_SIMPLE, _PERFECT)
"""Names of the policies that can be played."""


def make_rehearsal(config: Config, step: Steps) -> Outcome:
    """Play the last periods, and save what every policy did.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        The scores, the savings with their intervals, and what was written.
    """
    own, horizon = config.settings.rehearse, config.settings.forecast.horizon
    _check_names(own.policies)
    check_output(config.output)
    step("Reading the panel and the factory")
    from c2m.rehearse import rehearse

    panel, factory = load_panel(config), read_factory(config)
    known = _before(panel, own.periods)
    step("Testing models on what was known before")
    policies = _policies(config, _model(config, known, step))
    step(f"Playing {plural(own.periods, 'period')} with {len(policies)} policies")
    played = rehearse(
        panel,
        factory,
        horizon=horizon,
        start=panel.periods[-own.periods],
        every=own.every,
        policies=policies,
        stock=optional_table(config, "opening_stock"),
        season=own.season,
        seed=own.seed,
        progress=step.stage,
    )
    step("Saving the rehearsal")
    folder, table = config.output / "rehearsal", config.output / "rehearsal.csv"
    played.save(folder)
    write_table(table, _scores(played), index=True)
    lines = [repr(played), played.truth, _shown(played), *savings(played)]
    return Outcome(lines, [folder, table])


def savings(played: "Rehearsal") -> list[str]:
    """Say what our policy saves, and what each of its parts is worth.

    Parameters
    ----------
    played : Rehearsal
        What every policy did.

    Returns
    -------
    list of str
        A sentence against the best of the simple policies, and one for each variant of ours.
    """
    if _OURS not in played.policies:
        return []
    simple: list[str] = [name for name in _SIMPLE if name in played.policies]
    lines = []
    if simple:
        best = played.best(simple)
        lines.append(f"Against the best simple policy: {played.saving(_OURS, best)}.")
    for name, part in _PARTS.items():
        if name in played.policies:
            lines.append(f"What {part} is worth: {played.saving(_OURS, name)}.")
    return lines


def _check_names(names: tuple[str, ...]) -> None:
    unknown = [name for name in names if name not in POLICIES]
    if unknown:
        raise ArgumentError(
            f"Expected rehearse.policies of {name_list(POLICIES)}, got {name_list(unknown)}"
            f"{did_you_mean(unknown[0], POLICIES)}."
        )


def _before(panel: "Panel", periods: int) -> "Panel":
    """Return what was known before the first period that is played."""
    if not 1 <= periods < panel.n_periods:
        raise ArgumentError(
            f"Expected rehearse.periods from 1 to {panel.n_periods - 1}, since the panel has "
            f"{plural(panel.n_periods, 'period')}; got {periods}."
        )
    return panel.upto(panel.periods[-periods - 1])


def _model(config: Config, known: "Panel", step: Steps) -> Any:
    """Return the model that did best on what was known before."""
    from c2m.forecast import select_model

    own = config.settings.forecast
    return select_model(
        known,
        own.horizon,
        candidates=own.candidates,
        windows=own.windows,
        seed=own.seed,
        progress=step.bars,
    ).model


def _policies(config: Config, model: Any) -> "list[Policy]":
    from c2m.rehearse import (
        MovingAverageStock,
        OrderWhatSold,
        Ours,
        PerfectInformation,
        ReorderPoint,
    )

    own, again = config.settings.rehearse, config.settings.replan
    ours = Ours(
        model,
        refit_every=own.refit_every,
        frozen_periods=again.frozen_periods,
        change_cost=again.change_cost,
        n_scenarios=own.n_scenarios,
    )
    simple = (MovingAverageStock(), ReorderPoint(), OrderWhatSold())
    made: list[Policy] = [*ours.variants(), *simple, PerfectInformation()]
    by_name = {policy.name: policy for policy in made}
    return [by_name[name] for name in own.policies]


def _shown(played: "Rehearsal") -> str:
    """Return the main scores as text, the cheapest policy first."""
    scores = played.summary()[list(_SHOWN)]
    return scores.to_string(formatters={name: form.format for name, form in _SHOWN.items()})


def _scores(played: "Rehearsal") -> "pd.DataFrame":
    """Return the scores and all kinds of cost, a row a policy."""
    return played.scores.join(played.costs.drop(columns="mismatch_cost"))
