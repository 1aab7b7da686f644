"""What consumer signals are worth: the pinball loss with, without and with nothing but each."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from c2m.errors import ArgumentError, C2MWarning
from c2m.forecast.boosting.boosting import DirectBoosting
from c2m.forecast.features.recipe import settle_recipe
from c2m.forecast.scores.trials import series_losses, trial_cutoffs
from c2m.forecast.selection.heldout import check_boosting
from c2m.forecast.selection.weights import group_names
from c2m.forecast.target import check_horizon, need_panel, observed_target
from c2m.frames import did_you_mean, name_list

if TYPE_CHECKING:
    from c2m.forecast.target import FloatArray
    from c2m.panel import Panel

    Losses = Mapping[str, FloatArray]
    """Variant -> pinball loss of each cutoff and series, (n_cutoffs, n_series)."""

_ALL: Final = "all signals"
_LEAST_EXCHANGED: Final = 2


@dataclass(frozen=True, eq=False, repr=False)
class SignalValue:
    """What each signal is worth on a panel's own past; `signal_value` makes one.

    Parameters
    ----------
    table : DataFrame
        A row per group, signal and question: see `to_frame`.
    losses : dict of str to ndarray, shape (n_cutoffs, n_series)
        Pinball loss of every variant that was tried, in units a period; NaN where unknown.
    cutoffs : tuple of Timestamp
        The held-out cutoffs.
    horizon : int
        Periods ahead.
    method : str
        ``"refit"`` or ``"exchange"``.
    """

    table: pd.DataFrame
    losses: "Losses"
    cutoffs: tuple[pd.Timestamp, ...]
    horizon: int
    method: str

    def to_frame(self) -> pd.DataFrame:
        """Return the table.

        Returns
        -------
        DataFrame
            ``group``, ``signal`` (``"all signals"`` too), ``question`` (``"left out"``: what is
            lost without it beside the others; ``"alone"``: what it saves beside none), ``units``
            (pinball loss saved, a series and period), ``percent`` (of the loss without it), and
            the ends of its 95 % interval ``low`` and ``high``, in percent.
        """
        return self.table.copy()

    def summary(self) -> pd.DataFrame:
        """Show what each signal saves over all series.

        Returns
        -------
        DataFrame of str, a row a signal
            Percent of the pinball loss, with the 95 % interval.
        """
        whole = self.table[self.table["group"] == "all"]
        texts = [
            f"{percent:.2f} % ({low:.2f} to {high:.2f})"
            for percent, low, high in whole[["percent", "low", "high"]].to_numpy()
        ]
        shown = whole[["signal", "question"]].assign(text=texts)
        order = list(dict.fromkeys(whole["signal"]))
        return shown.pivot_table(
            index="signal", columns="question", values="text", aggfunc="first"
        ).reindex(order)

    def __repr__(self) -> str:
        """Say in one line what all signals are worth together."""
        whole = self.table.query("group == 'all' and signal == @_ALL").iloc[0]
        names = [name for name in dict.fromkeys(self.table["signal"]) if name != _ALL]
        return (
            f"SignalValue({name_list(names)}: together {whole['percent']:.1f} % of the pinball "
            f"loss, {whole['low']:.1f} to {whole['high']:.1f}, {self._about()})"
        )

    def _repr_html_(self) -> str:
        note = f"Saved pinball loss, {self._about()}"
        return f"<div><p>{escape(note)}</p>{self.summary().to_html(na_rep='')}</div>"

    def _about(self) -> str:
        many = "s" * (len(self.cutoffs) != 1)
        return f"{len(self.cutoffs)} cutoff{many}, {self.horizon} ahead, by {self.method}"


def signal_value(
    panel: "Panel",
    horizon: int,
    signals: Sequence[str] | None = None,
    *,
    by: str | None = "auto",
    windows: int = 3,
    method: Literal["refit", "exchange"] = "refit",
    seed: int = 0,
    boosting: Mapping[str, Any] | None = None,
) -> SignalValue:
    """Measure what each signal is worth to the forecast, in pinball loss on held-out periods.

    Each signal is left out beside all others, and used alone beside none. The trees are grown
    before the first of `windows` held-out cutoffs and read the newer data at the others.

    ``method="refit"`` is exact: trees are grown anew for each variant, ``2 k + 2`` times for k
    signals. ``method="exchange"`` grows them twice, with all signals and with none, and asks the
    former again with a signal's values exchanged between series: what they *use* of it. That is
    cheap, cannot say what a signal does alone, and finds too much where two signals say the same,
    since trees that never had the one would have leant on the other.

    Parameters
    ----------
    panel : Panel
        The history.
    horizon : int
        Periods ahead.
    signals : sequence of str, optional
        Which channels; all that `DirectBoosting` would use unless given.
    by : str, optional
        What groups the series, as in `SignalGuard`.
    windows : int
        Most held-out cutoffs.
    method : {"refit", "exchange"}
        See above.
    seed : int
        Seed of the models and of the exchange.
    boosting : mapping, optional
        More arguments of `DirectBoosting`.

    Returns
    -------
    SignalValue
        The savings, over all series and by group, with intervals. A difference is paired: the same
        series and cutoffs with and without. Its interval has the larger standard error of two: over
        series (all cutoffs of a series together) and over cutoffs (Student's t).

    Raises
    ------
    ArgumentError
        If an argument is out of its range, the panel has no signals, its history is too short for
        a held-out cutoff, or a signal that is the same for all series is to be exchanged.

    References
    ----------
    Covert, Lundberg & Lee (2021), "Explaining by removing", *JMLR* 22 (leave-one-out and
    permutation); Diebold & Mariano (1995), *JBES* 13 (paired loss differences).
    """
    need_panel(panel)
    more = {"seed": seed, **check_boosting(boosting, ("max_horizon", "signals"))}
    target = more.get("target") or panel.target
    names = _signals(panel, check_horizon(horizon), signals, target)
    if method not in {"refit", "exchange"}:
        raise ArgumentError(f"Expected method 'refit' or 'exchange', got {method!r}.")
    if not isinstance(windows, int | np.integer) or windows < 1:
        raise ArgumentError(f"Expected windows, a whole number >= 1, got {windows!r}.")
    counts = trial_cutoffs(panel, horizon, windows, step=max(1, horizon // 2))
    if not counts:
        raise ArgumentError(
            f"Expected a history of more than {2 * horizon} periods to hold out {horizon}, got "
            f"{panel.n_periods}."
        )
    groups = group_names(panel, by)
    if method == "exchange":
        _check_exchange(panel, names)
    trial = _Trial(panel, horizon, tuple(counts), more)
    losses = trial.refit(names) if method == "refit" else trial.exchanged(names, seed)
    return SignalValue(
        table=_table(losses, names, groups),
        losses=losses,
        cutoffs=tuple(panel.periods[[count - 1 for count in counts]]),
        horizon=int(horizon),
        method=method,
    )


@dataclass(frozen=True, eq=False)
class _Trial:
    """What is tried on, and the models' arguments."""

    panel: "Panel"
    horizon: int
    counts: tuple[int, ...]
    boosting: Mapping[str, Any]

    def refit(self, names: Sequence[str]) -> "Losses":
        """Return the losses of trees grown for each choice of signals."""
        chosen = {"all": tuple(names), "none": ()}
        for name in names:
            chosen[f"without {name}"] = tuple(other for other in names if other != name)
            chosen[f"only {name}"] = (name,)
        tried: dict[tuple[str, ...], FloatArray] = {}
        for signals in chosen.values():
            if signals not in tried:
                tried[signals] = self._losses(signals, {"": lambda known: known})[""]
        return {variant: tried[signals] for variant, signals in chosen.items()}

    def exchanged(self, names: Sequence[str], seed: int) -> "Losses":
        """Return the losses of the same trees with each signal exchanged between series."""
        asked: dict[str, Callable[[Panel], Panel]] = {"all": lambda known: known}
        for name in names:
            asked[f"without {name}"] = partial(_exchange, name=name, seed=seed)
        none = self._losses((), {"none": lambda known: known})
        return {**self._losses(tuple(names), asked), **none}

    def _losses(
        self, signals: tuple[str, ...], asked: "Mapping[str, Callable[[Panel], Panel]]"
    ) -> "dict[str, FloatArray]":
        """Return the losses of one model at all cutoffs, asked with several panels."""
        model = DirectBoosting(self.horizon, signals=signals, **self.boosting)
        actual = observed_target(self.panel, model.target)
        index = pd.MultiIndex.from_frame(self.panel.keys)
        shape = (len(self.counts), self.panel.n_series)
        losses = {name: np.full(shape, np.nan) for name in asked}
        for place, known, fitted in self._fitted(model):
            rows = index.get_indexer(pd.MultiIndex.from_frame(known.keys))
            count = self.counts[place]
            came = actual[rows, count : count + self.horizon]
            for name, changed in asked.items():
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", C2MWarning)
                    demand = fitted.update(changed(known)).predict(self.horizon)
                losses[name][place, rows] = series_losses(demand.law, came, demand.codes)
        return losses

    def _fitted(self, model: DirectBoosting) -> "Iterator[tuple[int, Panel, DirectBoosting]]":
        """Yield each cutoff's panel, with trees that were grown at the first."""
        for place, count in enumerate(self.counts):
            known = self.panel.upto(self.panel.periods[count - 1])
            if not place:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", C2MWarning)
                    model.fit(known)
            yield place, known, model


def _signals(
    panel: "Panel", horizon: int, signals: Sequence[str] | None, target: str
) -> tuple[str, ...]:
    """Return the signals on trial."""
    own = settle_recipe(
        panel, horizon=horizon, target=target, signals="auto", known="auto", seasonality="auto"
    ).signals
    if isinstance(signals, str):
        raise ArgumentError(f"Expected several signals, got {signals!r}: pass a list.")
    chosen = tuple(dict.fromkeys(own if signals is None else signals))
    absent = [name for name in chosen if name not in panel or name in panel.known or name == target]
    if absent or not chosen:
        hint = did_you_mean(absent[0], own) if absent else ""
        raise ArgumentError(
            f"Expected signals of the panel, got {name_list(absent) or repr(signals)}{hint}; "
            f"it has {name_list(own) or 'none'}."
        )
    return chosen


def _check_exchange(panel: "Panel", names: Sequence[str]) -> None:
    """Refuse to exchange what is the same for all series: that would say that it is worth 0."""
    if panel.n_series < _LEAST_EXCHANGED:
        raise ArgumentError("Expected several series to exchange signals between: use 'refit'.")
    same = [name for name in names if _is_shared(panel[name])]
    if same:
        raise ArgumentError(
            f"Expected signals that differ between series, got {name_list(same)}: exchanging them "
            "changes nothing. Pass method='refit'."
        )


def _is_shared(values: "np.ndarray[Any, np.dtype[np.float32]]") -> bool:
    return all(np.array_equal(row, values[0], equal_nan=True) for row in values[1:])


def _exchange(panel: "Panel", name: str, seed: int) -> "Panel":
    """Return the panel with a signal's rows exchanged between series."""
    order = np.random.default_rng(seed).permutation(panel.n_series)
    return panel.with_channels({name: panel[name][order]})


def _table(losses: "Losses", names: Sequence[str], groups: "pd.Series[str]") -> pd.DataFrame:
    """Return the savings of every group, signal and question."""
    pairs = [(_ALL, "left out", "none", "all")]
    for name in names:
        pairs.append((name, "left out", f"without {name}", "all"))
        if f"only {name}" in losses:
            pairs.append((name, "alone", "none", f"only {name}"))
    members = {"all": np.arange(len(groups))}
    if len(found := sorted(groups.unique())) > 1:
        members |= {str(name): np.flatnonzero(groups == name) for name in found}
    rows = [
        (group, signal, question, *_saving(losses[worse][:, who], losses[better][:, who]))
        for group, who in members.items()
        for signal, question, worse, better in pairs
    ]
    columns = ["group", "signal", "question", "units", "percent", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def _saving(without: "FloatArray", with_: "FloatArray") -> tuple[float, float, float, float]:
    """Return the saving in units a cell, in percent, and the interval of the latter."""
    from scipy.special import stdtrit

    known = ~np.isnan(without) & ~np.isnan(with_)
    level = float(without[known].sum())
    if not level > 0:
        return np.nan, np.nan, np.nan, np.nan
    saved = np.where(known, without - with_, 0.0)  # [C, S]
    by_cutoff, by_series = saved.sum(axis=1), saved.sum(axis=0)[known.any(axis=0)]
    half = _half_width(by_series, 1.959964)
    if len(by_cutoff) > 1:
        half = max(half, _half_width(by_cutoff, float(stdtrit(len(by_cutoff) - 1, 0.975))))
    total = float(saved.sum())
    percent, margin = 100 * total / level, 100 * half / level
    return total / int(known.sum()), percent, percent - margin, percent + margin


def _half_width(parts: "FloatArray", quantile: float) -> float:
    """Return half of the interval of a sum of parts; unknown for a single one."""
    return quantile * float(np.sqrt(len(parts)) * parts.std(ddof=1)) if len(parts) > 1 else np.nan
