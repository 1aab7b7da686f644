"""The loop on history: at each cutoff decide with what was known, then let happen what happened."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, DataError, InfeasiblePlanError
from c2m.frames import name_list, plural, read_frame
from c2m.panel import Panel
from c2m.plan import Plan
from c2m.production import Factory
from c2m.production.arguments import check_draw
from c2m.production.what_if.breaks import breaks_table
from c2m.production.what_if.overrides import Placed, place_runs
from c2m.production.what_if.recost import sentences
from c2m.rehearse.ledger import Played, close
from c2m.rehearse.policies import (
    MovingAverageStock,
    OrderWhatSold,
    Ours,
    PerfectInformation,
    ReorderPoint,
)
from c2m.rehearse.policy import Known, Policy, Seer
from c2m.rehearse.rehearsal import Rehearsal, make_rehearsal
from c2m.rehearse.shelf import Shelf
from c2m.rehearse.truth import PanelAt, Story, read_story, read_truth, read_units
from c2m.rehearse.warned import Warned
from c2m.rehearse.world import World, check_reach, known_demand, read_world

_RUN: Final = ["sku", "line", "period", "quantity"]

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Game:
    """What is the same whenever any policy decides."""

    story: Story
    world: World
    horizon: int
    every: int
    seed: int
    season: bool
    shared: dict[Any, Any]
    warned: Warned
    say: Say


def rehearse(
    panel: Panel | PanelAt,
    factory: Factory,
    *,
    horizon: int,
    start: object,
    stop: object | None = None,
    every: int = 1,
    policies: Sequence[Policy] | None = None,
    stock: object | None = None,
    on_order: object | None = None,
    truth: object | None = None,
    returns: object | None = None,
    season: bool = False,
    seed: int = 0,
    progress: Say | None = None,
) -> Rehearsal:
    """Play the loop on history with several policies, side by side.

    At each cutoff every policy decides with what was known then; the runs of the periods until
    the next decision are made; what customers wanted in these periods then meets the stock that
    is there. What is not there is lost, what is left is carried. All policies meet the same
    demand, stock and factory. The periods that the factory's policy freezes are decided before.

    Policies see the history that was recorded: that one of them would have been sold out, and
    would have seen fewer sales, does not thin it. A run that would arrive after the last period is
    no part of the ledger, since what it is worth cannot be seen: it takes its capacity, and is
    neither paid nor counted.

    Parameters
    ----------
    panel : Panel or callable
        What was known, by SKU; or a function from a cutoff to the panel as it was known then, in
        which unconstraining, trust and conversion are fitted again. A panel's own channel
        ``demand`` was estimated with later periods in sight, which only the function avoids.
    factory : Factory
        What can be made, and what everything costs; without materials and budgets.
    horizon : int
        Periods that a policy looks ahead: at least until all runs of a decision have begun, and
        better until they have arrived.
    start : date
        First period that is played; there must be history before it.
    stop : date, optional
        Last period; the panel's last one unless given. Needed where `panel` is a function.
    every : int
        Periods from one decision to the next.
    policies : sequence of Policy, optional
        `Ours`, `MovingAverageStock`, `ReorderPoint`, `OrderWhatSold` and `PerfectInformation`
        unless given.
    stock, on_order : DataFrame or other Arrow table, optional
        As in `c2m.plan_production`, at the end of the period before `start`.
    truth : DataFrame or ndarray, optional
        True demand: ``sku``, ``period``, ``units``, or an array of a row for each SKU of the
        panel. The panel's channel ``demand`` unless given, else its target; `Rehearsal.truth` says
        what was taken, and how much of it was sold out.
    returns : DataFrame or ndarray, optional
        Units that come back to stock, in time to be sold in the period, of the same form; none
        unless given. A policy gets the share of them that it has served of all demand before (all
        of them where nothing was wanted yet), and pays their price back.
    season : bool
        Whether the last period is the end of the season, known to all: horizons end there.
    seed : int
        For what policies leave to chance.
    progress : callable, optional
        Called with a phrase at each decision.

    Returns
    -------
    Rehearsal
        The ledger, costs, scores, and savings with intervals.

    Raises
    ------
    ArgumentError
        If an argument is out of range.
    DataError
        If a table is wrong, or a policy decides what is no run.
    InfeasiblePlanError
        If a policy's runs break limits of the factory: all of them.

    Warns
    -----
    C2MWarning
        Once for each thing that policies were warned of, with how often; and with a count where
        runs arrive beyond the horizon, so that a planner makes none of them.

    Examples
    --------
    >>> from c2m.production import Line, Product, Routing
    >>> weeks = pd.date_range("2026-01-05", periods=30, freq="7D")
    >>> frame = pd.DataFrame({"sku": "TEE", "period": weeks, "sales": [40, 60] * 15})
    >>> factory = Factory.from_frames(
    ...     lines=[Line("A", capacity=100.0, unit="pieces")],
    ...     products=[Product("TEE", price=20.0, unit_cost=8.0, end_value=4.0)],
    ...     routings=[Routing("TEE", "A", lead_time_periods=1)],
    ... )
    >>> played = rehearse(
    ...     Panel.from_frame(frame, freq="W"), factory, horizon=4, start=weeks[20],
    ...     stock=pd.DataFrame({"sku": ["TEE"], "on_hand": [50]}),
    ...     policies=[OrderWhatSold(), PerfectInformation()],
    ... )
    >>> played.scores["fill_rate"].round(3).to_dict()
    {'order what sold': 1.0, 'perfect information': 1.0}
    """
    check_draw(1, seed)
    _check_counts(factory, horizon, every)
    story = read_story(panel, start, stop)
    if story.span.calendar != factory.calendar:
        raise ArgumentError(
            f"Expected panel and factory in the same periods, got freq {story.last.freq!r} and "
            f"{factory.calendar.freq!r}."
        )
    wanted, words = read_truth(story, truth)
    back = np.zeros(wanted.shape) if returns is None else read_units(returns, "returns", story)
    if returns is None and "returns" in story.last:
        words += " The panel's channel 'returns' is not played; pass returns= for what comes back."
    span = story.span.first, story.span.count
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        world = read_world(factory, story.skus, span, (wanted, back), (stock, on_order))
        check_reach(world, horizon, every)
    warned = Warned()
    warned.hear("", caught)
    warned.say()
    game = _Game(story, world, horizon, every, seed, season, {}, warned, progress or _silent)
    entered = _named(policies)
    played = {policy.name: _play(policy, game) for policy in entered}
    warned.say()
    perfect = [policy.name for policy in entered if isinstance(policy, Seer)]
    return make_rehearsal(world, played, perfect, truth=words, every=every, seed=seed)


def _silent(phrase: str) -> None:
    """Show nothing."""


def _check_counts(factory: Factory, horizon: int, every: int) -> None:
    if not isinstance(factory, Factory):
        raise ArgumentError(
            f"Expected a factory (c2m.Factory) second, got {type(factory).__name__}; type "
            "rehearse(panel, factory, horizon=..., start=...)."
        )
    for name, value in (("horizon", horizon), ("every", every)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ArgumentError(f"Expected a whole number {name} >= 1, got {value!r}.")


def _named(policies: Sequence[Policy] | None) -> list[Policy]:
    if policies is None:
        return [
            Ours(), MovingAverageStock(), ReorderPoint(), OrderWhatSold(), PerfectInformation(),
        ]  # fmt: skip
    found = list(policies) if isinstance(policies, Sequence) else [policies]
    wrong = [each for each in found if isinstance(each, type) or not isinstance(each, Policy)]
    if wrong or not found:
        raise ArgumentError(
            "Expected policies=[...] of objects with a name and decide(known), got "
            f"{wrong[0]!r}." if wrong else "Expected at least one policy."
        )  # fmt: skip
    names = [each.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(
            f"Expected policies of different names, got {name_list(twice)} more than once; pass "
            "name=."
        )
    return found


def _play(policy: Policy, game: _Game) -> Played:
    """Play one policy from the first period to the last."""
    world, shelf = game.world, Shelf(game.world)
    cut: list[float] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        decided, torn = _decide_all(policy, shelf, game, cut)
    game.warned.hear(policy.name, caught)
    shelf.advance(world.n_periods)
    broken = breaks_table(world.limits, Placed(shelf.made, torn))
    if len(broken):
        reasons, _ = sentences(broken)
        raise InfeasiblePlanError(
            reasons,
            "change the runs of this policy; c2m.rehearse.release makes runs that fit",
            f"The runs of {policy.name!r} break limits of the factory",
        )
    return Played(close(shelf), decided, sum(cut))


def _decide_all(
    policy: Policy, shelf: Shelf, game: _Game, cut: list[float]
) -> tuple[pd.DataFrame, list[tuple[int, int]]]:
    """Let a policy decide at every cutoff, and book what is made."""
    world = game.world
    frozen = world.factory.policy.frozen_periods
    plan: Plan | pd.DataFrame | None = None
    tables, torn = [], []
    for step in range(0, max(world.n_periods - frozen, 0), game.every):
        shelf.advance(step)
        cutoff = world.label(step - 1)
        game.say(f"{policy.name}: {step + 1} of {world.n_periods}, known up to {cutoff.date()}")
        known = _known(game, shelf, step, plan, cut)
        if step == 0:
            policy = _ready(policy, known, game)
        plan = policy.decide(known)
        begin = step + frozen
        stop = min(begin + game.every, world.n_periods)
        runs = _read_runs(plan, policy.name, world, (begin, stop))
        placed = place_runs(world.limits, runs)
        shelf.book(placed.made)
        torn += placed.torn
        tables.append(runs.assign(policy=policy.name, cutoff=cutoff))
    return _decisions(tables), torn


def _decisions(tables: list[pd.DataFrame]) -> pd.DataFrame:
    columns = ["policy", "cutoff", "sku", "line", "mode", "period", "quantity"]
    rows = [table[columns] for table in tables if len(table)]
    if rows:
        return pd.concat(rows, ignore_index=True)
    return tables[0][columns] if tables else pd.DataFrame(columns=columns)


def _ready(policy: Policy, known: Known, game: _Game) -> Policy:
    """Return a policy that is tuned, or told the truth, where it asks for that."""
    if isinstance(policy, Seer):
        world = game.world
        truth = known_demand(world.skus, world.calendar, world.first, world.wanted)
        return policy.foresee(truth, _coming(world))
    tune = getattr(policy, "tune", None)
    return tune(known) if callable(tune) else policy


def _coming(world: World) -> pd.DataFrame:
    row, step = np.nonzero(world.back > 0)
    return pd.DataFrame(
        {
            "sku": np.array(world.skus, dtype=object)[row],
            "ordered": world.back[row, step],
            "received": 0.0,
            "due": world.days(step),
        }
    )


def _known(
    game: _Game, shelf: Shelf, step: int, plan: Plan | pd.DataFrame | None, cut: list[float]
) -> Known:
    world = game.world
    begin = step + world.factory.policy.frozen_periods
    cutoff = world.label(step - 1)
    panel = game.shared.get(("panel", cutoff))
    if panel is None:
        panel = _panel_at(game.story, cutoff)
        game.shared["panel", cutoff] = panel
    left = world.n_periods - step
    return Known(
        panel=panel,
        factory=world.factory,
        stock=shelf.stock_table(),
        on_order=shelf.orders(),
        plan=plan,
        firm=shelf.firm(begin),
        horizon=min(game.horizon, left) if game.season else game.horizon,
        period=world.label(begin),
        seed=game.seed,
        review=game.every,
        left=left,
        frozen_periods=world.factory.policy.frozen_periods,
        limits=world.limits,
        step=step,
        season=game.season,
        cut=cut,
        shared=game.shared,
    )


def _panel_at(story: Story, cutoff: pd.Timestamp) -> Panel:
    panel = story.at(cutoff)
    if not isinstance(panel, Panel) or panel.cutoff != cutoff:
        raise ArgumentError(
            f"Expected panel({cutoff.date()}) to return the panel up to that period, got {panel!r}."
        )
    kept = sorted(set(panel.skus) & set(story.skus))
    return panel if len(kept) == len(panel.skus) else panel.select(kept)


def _read_runs(decided: object, name: str, world: World, span: tuple[int, int]) -> pd.DataFrame:
    """Return the runs that are made now: those of the periods until the next decision."""
    table = decided.runs if isinstance(decided, Plan) else read_frame(decided, "runs")
    missing = [column for column in _RUN if column not in table]
    if missing:
        raise DataError(
            f"runs of {name}", [f"it has no column {name_list(missing)}"],
            f"return {name_list(_RUN)}",
        )  # fmt: skip
    table = table.assign(mode=table["mode"].fillna("") if "mode" in table else "")
    table = table.loc[table["quantity"] > 0, [*_RUN, "mode"]]
    days = pd.to_datetime(table["period"]).to_numpy().astype("datetime64[D]")
    step = world.calendar.ordinal(days) - world.first
    early = step < span[0]
    if early.any() and not isinstance(decided, Plan):
        problem = f"{plural(int(early.sum()), 'run')} before {world.label(span[0]).date()}"
        raise DataError(f"runs of {name}", [problem], "decide from known.period on")
    now = (step >= span[0]) & (step < span[1])
    return table[now].reset_index(drop=True)
