"""The door: a panel's last periods, series by series: nothing, a shift, a wave, or undecided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel
from c2m.signals.leads.deviations import sellable
from c2m.signals.waves.baseline import Baseline, fit_baseline, season_profile
from c2m.signals.waves.evidence import FACTORS, SIDES, Evidence, Floats, log_mean, wait, weigh
from c2m.signals.waves.verdicts import Waves

HALF_LIVES: Final = (0.0, 1.0, 2.0, 3.0, 4.5)
"""Days in which a wave halves; 0 for one period alone, such as an order of many units."""

_WEIGHTS: Final = np.array([0.05, 0.2375, 0.2375, 0.2375, 0.2375])
"""How likely each half-life is before anything is seen; orders of many units are rare."""

_BLOCK: Final = 512
"""Series that are compared at once."""

_LONGEST_SEASON: Final = 14
"""Periods beyond which a season is too long to be learned from a short history."""

_LEAST_IN_STOCK: Final = 0.8
"""Share of a week or month from which on it is evidence: what is missing is no shift's factor."""

_TOLD: Final = {
    "shift": ("step_onset", "step_factor"),
    "wave": ("wave_onset", "wave_factor", "half_life"),
}

_UNBACKED: Final = 1.0
"""Log odds from which on a rise counts as one that no buyer backs."""


def detect_waves(
    panel: Panel,
    channel: str | None = None,
    *,
    confirm: Sequence[str] | None = None,
    window: int | None = None,
    threshold: float = 3.0,
    margin: float = 0.5,
    lag: int | None = None,
    expected: NDArray[np.floating] | None = None,
) -> Waves:
    """Tell a real shift of demand from a passing wave.

    Three stories are compared for every series and every possible onset in the window: nothing
    happened, the level moved and stays (step), or it jumped and decays (pulse). What separates a
    step from a pulse is only seen as days go by, so early verdicts are often "undecided"; that is
    said, not guessed. The funnel helps: a real shift raises views, carts and orders together,
    bots raise views alone.

    Parameters
    ----------
    panel : Panel
        Counts by series and period; daily panels answer within days.
    channel : str, optional
        The channel to look at: views if there are any (the more there are, the sooner it tells),
        else the target.
    confirm : sequence of str, optional
        Channels that must move too: carts, wishlists and the target, where there are such.
        ``()`` for none.
    window : int, optional
        Last periods in which an onset is looked for: 21 days, or 8 periods of other lengths.
    threshold : float
        Log evidence from which on something has happened: 3 is odds of 20.
    margin : float
        Log odds by which one story must beat the other; below, the verdict is "undecided".
    lag : int, optional
        Most periods by which the confirming channels follow: 3 days, or 1 period.
    expected : ndarray, shape (n_series, n_periods), optional
        What was expected up to a factor, above 0: a forecast, a planned promotion, a season of
        the year. Unless given, a level and the weekday profile that all series share.

    Returns
    -------
    Waves
        A verdict a series, its onset, factor and evidence.

    Raises
    ------
    ArgumentError
        If an argument is out of its range.
    DataError
        If the panel is shorter than twice the window.

    Notes
    -----
    Only what is in the panel up to its cutoff is seen. Where it has ``in_stock`` or ``on_sale``,
    days on which a series could not be bought all the time are no evidence, nor are longer
    periods in which it could not for a fifth of the time: an empty shelf is no fall of demand. A
    series of which nothing is known in the window is "too short". All channels rise or all fall.
    Counts are negative binomial around the baseline; onset, factor and half-life are integrated
    out, see `c2m.signals.waves.evidence`. A promotion or a peak is a wave that you knew of: pass it
    in `expected`.

    Examples
    --------
    >>> from c2m.datasets import simulate_waves
    >>> panel, truth = simulate_waves(seed=1, n_series=60, age=13)
    >>> waves = detect_waves(panel)
    >>> waves.table["verdict"].value_counts().index[0]
    'none'
    """
    name = _main_channel(panel, channel)
    others = _confirming(panel, name, confirm)
    daily = panel.freq == "D"
    span = _at_least("window", window if window is not None else 21 if daily else 8, 2)
    follow = _at_least("lag", lag if lag is not None else 3 if daily else 1, 0)
    if not threshold > 0 or not margin >= 0:
        raise ArgumentError(
            f"Expected threshold above 0 and margin at least 0, got {threshold!r} and {margin!r}."
        )
    _check_length(panel, span)
    days = float(np.mean(panel.calendar.days_in(panel.first + np.arange(panel.n_periods))))
    looks = [
        _Look.of(panel, each, span, np.array(HALF_LIVES) / days, expected)
        for each in (name, *others)
    ]
    blocks = [
        _judge(looks, slice(start, start + _BLOCK), follow)
        for start in range(0, panel.n_series, _BLOCK)
    ]
    found = {key: np.concatenate([block[key] for block in blocks]) for key in blocks[0]}
    unknown = np.isnan(looks[0].counts).all(axis=1)
    short = np.asarray(np.isnan(looks[0].mean).any(axis=1) | unknown, dtype=bool)
    verdict = _verdicts(found, short, threshold, margin)
    table = _table(panel, found, verdict, span, np.array(HALF_LIVES) / days)
    return Waves(table, name, tuple(others), span, panel.cutoff)


@dataclass(frozen=True)
class _Look:
    """One channel: the counts of the window, and what was expected of them."""

    counts: Floats  # [S, W]
    mean: Floats  # [S, W]
    dispersion: Floats  # [S]
    half_lives: Floats

    @classmethod
    def of(
        cls,
        panel: Panel,
        name: str,
        window: int,
        half_lives: Floats,
        expected: NDArray[np.floating] | None,
    ) -> "_Look":
        counts = sellable(panel, name, 1.0 if panel.freq == "D" else _LEAST_IN_STOCK)
        if name == "demand":  # is what would have been sold
            counts = panel[name][:, : panel.n_periods].astype(np.float64)
        season = panel.calendar.season_length
        shape = (
            season_profile(counts, window, season if season <= _LONGEST_SEASON else 1)
            if expected is None
            else _read_expected(expected, counts.shape)
        )
        baseline = fit_baseline(counts, shape, window, half_life=2.0 * window, least_history=window)
        return cls(counts[:, -window:], baseline.mean, baseline.dispersion, half_lives)

    def weigh(self, rows: slice, factors: Floats) -> Evidence:
        law = Baseline(self.mean[rows], self.dispersion[rows])
        return weigh(self.counts[rows], law, self.half_lives, factors)


def _judge(looks: Sequence[_Look], rows: slice, lag: int) -> dict[str, NDArray[np.float64]]:
    """Return the log evidence of each story, and the likeliest onset, factor and half-life.

    All channels rise, or all fall: sales that fall do not back views that rise.
    """
    sides = [_judge_side(looks, rows, lag, factors) for factors in SIDES]
    for side, factors in zip(sides, SIDES, strict=True):
        for story in ("shift", "wave", "alone"):
            side[story] += np.log(len(factors) / len(FACTORS))
    fall, rise = sides
    both = {story: np.logaddexp(fall[story], rise[story]) for story in ("shift", "wave", "alone")}
    for story, names in _TOLD.items():
        rises = rise[story] >= fall[story]
        both |= {name: np.where(rises, rise[name], fall[name]) for name in names}
    return both


def _judge_side(
    looks: Sequence[_Look], rows: slice, lag: int, factors: Floats
) -> dict[str, NDArray[np.float64]]:
    """Return the same if it is a fall, or if it is a rise."""
    own = looks[0].weigh(rows, factors)
    prior = np.log(len(_WEIGHTS) * _WEIGHTS)[:, None]  # [H, 1]
    step, pulse = own.step.copy(), own.pulse + prior
    for look in looks[1:]:
        other = look.weigh(rows, factors)
        step += wait(other.step, lag)
        pulse += wait(other.pulse, lag)
    series = np.arange(len(step))
    at_step = step.argmax(axis=1)
    at_pulse = pulse.reshape(len(pulse), -1).argmax(axis=1)
    half, onset = np.unravel_index(at_pulse, pulse.shape[1:])
    alone = np.stack([log_mean(own.step, 1), log_mean(own.pulse + prior, 1, 2)])
    return {
        "shift": log_mean(step, 1),
        "wave": log_mean(pulse, 1, 2),
        "alone": log_mean(alone, 0) if len(looks) > 1 else np.full(len(step), -np.inf),
        "step_onset": at_step.astype(np.float64),
        "step_factor": own.step_factor[series, at_step],
        "wave_onset": onset.astype(np.float64),
        "wave_factor": own.pulse_factor[series, half, onset],
        "half_life": half.astype(np.float64),
    }


def _verdicts(
    found: dict[str, NDArray[np.float64]],
    short: NDArray[np.bool_],
    threshold: float,
    margin: float,
) -> NDArray[np.object_]:
    """Weigh the stories against each other."""
    backed = np.maximum(found["shift"], found["wave"])
    odds = found["shift"] - found["wave"]
    verdict = np.full(len(odds), "undecided", dtype=object)
    verdict[odds > margin] = "shift"
    verdict[odds < -margin] = "wave"
    verdict[found["alone"] - backed > _UNBACKED] = "unbacked"
    verdict[np.maximum(backed, found["alone"]) <= threshold] = "none"
    verdict[short] = "too short"
    return verdict


def _table(
    panel: Panel,
    found: dict[str, NDArray[np.float64]],
    verdict: NDArray[np.object_],
    window: int,
    half_lives: Floats,
) -> pd.DataFrame:
    told = ~np.isin(verdict, ["none", "too short"])
    step = found["shift"] >= found["wave"]
    onset = np.where(step, found["step_onset"], found["wave_onset"]).astype(int)
    factor = np.where(step, found["step_factor"], found["wave_factor"])
    table = panel.keys.copy()
    table["verdict"] = pd.Series(verdict, index=table.index, dtype="str")
    first_label = panel.periods[-window:]
    table["onset"] = first_label[onset].where(told)
    table["factor"] = np.where(told, factor, np.nan)
    passing = told & ~step
    table["half_life"] = np.where(passing, half_lives[found["half_life"].astype(int)], np.nan)
    table["alarm"] = np.maximum.reduce([found["shift"], found["wave"], found["alone"]])
    table["shift_over_wave"] = found["shift"] - found["wave"]
    return table


def _main_channel(panel: Panel, channel: str | None) -> str:
    if not isinstance(panel, Panel):
        raise ArgumentError(f"Expected a Panel, got a {type(panel).__name__}.")
    if channel is None:
        return "views" if "views" in panel else panel.target
    if channel not in panel:
        raise ArgumentError(
            f"Expected a channel of the panel, got {channel!r}"
            f"{did_you_mean(channel, panel.channels)}; there are {name_list(panel.channels)}."
        )
    return channel


def _confirming(panel: Panel, main: str, confirm: Sequence[str] | None) -> list[str]:
    if confirm is None:
        usual = dict.fromkeys(["wishlists", "carts", panel.target])
        return [name for name in usual if name in panel and name != main]
    absent = [name for name in confirm if name not in panel]
    if absent or isinstance(confirm, str):
        raise ArgumentError(
            f"Expected confirm=[...] to name channels of the panel, got {confirm!r}; there are "
            f"{name_list(panel.channels)}."
        )
    return [name for name in confirm if name != main]


def _at_least(name: str, value: int, least: int) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < least:
        raise ArgumentError(f"Expected {name} to be a whole number from {least}, got {value!r}.")
    return int(value)


def _check_length(panel: Panel, window: int) -> None:
    if panel.n_periods < 2 * window:
        raise DataError(
            "panel",
            [
                f"it has {panel.n_periods} periods; a window of {window} needs as many again "
                "before it to know what was usual"
            ],
            "pass a longer panel, or a smaller window=",
        )


def _read_expected(expected: NDArray[np.floating], shape: tuple[int, int]) -> Floats:
    found = np.asarray(expected, dtype=np.float64)
    if found.shape != shape or not (found > 0).all() or not np.isfinite(found).all():
        raise ArgumentError(
            f"Expected expected= of shape {shape}, finite and above 0, got shape {found.shape}"
            f"{'' if found.shape != shape else ' with other values'}."
        )
    return found
