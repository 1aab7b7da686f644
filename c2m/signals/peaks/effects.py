"""What past peaks did: the lift, and what they took from the days around them."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import ArgumentError, DataError, warn
from c2m.frames import did_you_mean, name_list
from c2m.panel import Panel

Floats = NDArray[np.float64]

PHASES: Final = ("before", "peak", "after")
_LEAST_USUAL: Final = 14
"""Usual days around a peak that are needed to say what was usual."""


@dataclass(frozen=True, repr=False)
class PeakEffects:
    """What each past peak did. Made by `peak_effects`.

    Parameters
    ----------
    table : DataFrame, a row a peak, year, group and phase
        ``peak``, ``day``, ``group``, ``phase`` (before, peak, after), ``days``; ``units`` seen,
        ``usual`` units expected had there been no peak, their ``ratio`` with its interval
        (``ratio_low``, ``ratio_high``).
    net : DataFrame, a row a peak, year and group
        ``lift`` (units above usual in the event), ``taken`` (units below usual before and after),
        ``pull_forward`` (their quotient, with ``pull_low`` and ``pull_high``), ``net`` units, and
        where there are deposits ``deposits`` (units) and ``deposit_share`` of the event's units.
    channel : str
        What was measured.
    level : float
        Of the intervals.
    """

    table: pd.DataFrame
    net: pd.DataFrame
    channel: str
    level: float

    def summary(self) -> pd.DataFrame:
        """Return the net effect of each peak; see ``net``."""
        return self.net.copy()

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of phases."""
        return self.table.copy()

    def __repr__(self) -> str:
        """Say what was measured in one line."""
        peaks = self.net[["peak", "day"]].drop_duplicates()
        names = ", ".join(f"{row['peak']} {row['day'].year}" for row in peaks.to_dict("records"))
        return f"PeakEffects({self.channel!r}: {names})"

    def _repr_html_(self) -> str:
        return f"<div><p><code>{escape(repr(self))}</code></p>{self.net.to_html(index=False)}</div>"


def peak_effects(
    panel: Panel,
    peaks: pd.DataFrame,
    *,
    channel: str | None = None,
    by: str | None = None,
    before: int = 14,
    after: int = 21,
    usual: int = 28,
    deposits: str = "preorders",
    draws: int = 400,
    level: float = 0.9,
    seed: int = 0,
) -> PeakEffects:
    """Measure what past peaks did to sales: lift, and the demand they pulled from days around.

    What was usual is the mean by weekday of the `usual` days before the phase "before" and, where
    the panel has them, after the phase "after", days of any other peak left out. The level goes
    from the one to the other in a straight line. Where another event of `peaks` is near, the phase
    "before" begins after it and "after" ends before it; days between two events count for both.
    Series are drawn with replacement for the
    intervals, so they tell how far the peak differs between products, not between years.

    Parameters
    ----------
    panel : Panel
        Daily.
    peaks : DataFrame
        From `peak_days`.
    channel : str, optional
        What to measure; the target unless given.
    by : str, optional
        An attribute: one effect a group.
    before, after : int
        Days around an event in which demand waits for it, or is gone because of it.
    usual : int
        Days on each side that say what is usual.
    deposits : str
        Channel with deposits of a presale, in units: ``preorders`` (see `maturation`) unless given;
        used where the panel has it.
    draws : int
        Of the bootstrap.
    level : float
        Of the intervals.
    seed : int
        Of the bootstrap.

    Returns
    -------
    PeakEffects
        Of the peaks whose event lies in the panel.

    Raises
    ------
    DataError
        If the panel is not daily, or none of the peaks can be measured in it.
    ArgumentError
        If an argument is out of its range.

    Warns
    -----
    C2MWarning
        If a peak is left out because too few usual days surround it, a phase is cut off by the
        end of the panel, events lie close together, or cells are unknown, which count as none.
    """
    if panel.freq != "D":
        raise DataError(
            "panel",
            [f"its periods are {panel.freq!r}; a peak of days is blurred in them"],
            "build a daily panel: build_panel(events, freq='D')",
        )
    name = panel.target if channel is None else channel
    _check_arguments(panel, name, by, (before, after, usual, draws), level)
    events = _events(peaks, panel)
    spans = [_Span.of(row, panel, before, after, usual, events) for row in peaks.to_dict("records")]
    inside = [span for span in spans if span is not None]
    busy = np.zeros(panel.n_periods, dtype=bool)
    for start, end in events:
        busy[max(0, start - before) : max(0, end + 1 + after)] = True
    measured = [span for span in inside if (~busy[span.usual]).sum() >= _LEAST_USUAL]
    if len(measured) < len(inside):
        lost = ", ".join(f"{s.peak} {s.day.date()}" for s in inside if s not in measured)
        warn(
            f"{len(inside) - len(measured):,} peaks are left out, because fewer than "
            f"{_LEAST_USUAL} usual days surround them: {lost}. Pass a longer panel, or usual=."
        )
    if not measured:
        raise DataError(
            "panel",
            [f"none of the {len(peaks):,} peaks can be measured in it"],
            "pass a panel with about four weeks around a peak, and peaks of its years",
        )
    groups = _groups(panel, by)
    counts = _counts(panel, name)
    rng = np.random.Generator(np.random.PCG64DXSM(seed))
    found = [
        _measure(counts[rows], span, busy, group, rng, draws, level)
        for span in measured
        for group, rows in groups.items()
    ]
    table = pd.concat([phases for phases, _ in found], ignore_index=True)
    net = pd.DataFrame([row for _, row in found])
    if deposits in panel:
        _add_deposits(net, table, panel, deposits, measured, groups)
    _tell_cut(measured, panel)
    _tell_near(measured)
    return PeakEffects(table, net, name, level)


@dataclass(frozen=True)
class _Span:
    """Where a peak and the days around it stand in a panel: half-open ranges of columns."""

    peak: str
    day: pd.Timestamp
    presale: int
    before: tuple[int, int]
    event: tuple[int, int]
    after: tuple[int, int]
    usual: Floats
    after_is_cut: bool
    neighbours: bool

    @classmethod
    def of(
        cls,
        row: Mapping[Hashable, Any],
        panel: Panel,
        before: int,
        after: int,
        usual: int,
        events: Sequence[tuple[int, int]],
    ) -> "_Span | None":
        first = panel.periods[0]
        start, end = ((row[name] - first).days for name in ("start", "end"))
        if start < 0 or end >= panel.n_periods:
            return None
        least, most = max(0, start - before), min(panel.n_periods, end + 1 + after)
        columns = np.r_[max(0, least - usual) : least, most : min(panel.n_periods, most + usual)]
        low = max([least, *(last + 1 for _, last in events if last < start)])
        high = min([most, *(other for other, _ in events if other > end)])
        near = (low, high) != (least, most) or any(
            (other, last) != (start, end) and other <= end and last >= start
            for other, last in events
        )
        paid = row["presale"]
        presale = start if pd.isna(paid) else max(0, (paid - first).days)
        return cls(
            str(row["peak"]),
            pd.Timestamp(row["day"]),
            presale,
            (low, start),
            (start, end + 1),
            (end + 1, high),
            columns,
            after_is_cut=most < end + 1 + after,
            neighbours=near,
        )

    def phases(self) -> dict[str, tuple[int, int]]:
        return dict(zip(PHASES, (self.before, self.event, self.after), strict=True))


def _events(peaks: pd.DataFrame, panel: Panel) -> list[tuple[int, int]]:
    """Return first and last column of each event, also of those that are not in the panel."""
    first = panel.periods[0]
    days = ((peaks[name] - first).dt.days for name in ("start", "end"))
    return sorted(zip(*days, strict=True))


def _counts(panel: Panel, name: str) -> Floats:
    """Return a channel, unknown cells as none; those of a time before a series began are meant."""
    counts = panel[name][:, : panel.n_periods].astype(np.float64)
    unknown = np.isnan(counts)
    gaps = int(np.count_nonzero(unknown & (np.cumsum(~unknown, axis=1) > 0)))
    if gaps:
        warn(
            f"{gaps:,} of {counts.size:,} cells of {name!r} are unknown after their series began "
            "and count as none: what was usual, or an effect, is too small there."
        )
    return np.where(unknown, 0.0, counts)


def _measure(
    counts: Floats,
    span: _Span,
    busy: NDArray[np.bool_],
    group: str,
    rng: np.random.Generator,
    draws: int,
    level: float,
) -> tuple[pd.DataFrame, dict[str, object]]:
    """Return the phases of one peak in one group, and its net effect."""
    weights = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), draws)
    totals = np.concatenate([counts.sum(axis=0)[None], weights @ counts])  # [1 + draws, T]
    usual = _usual(totals, span, busy)
    seen = {phase: totals[:, slice(*span.phases()[phase])].sum(axis=1) for phase in PHASES}
    expected = {phase: usual[:, slice(*span.phases()[phase])].sum(axis=1) for phase in PHASES}
    rows = []
    for phase in PHASES:
        ratio = _quotient(seen[phase], expected[phase])
        low, high = _interval(ratio[1:], level)
        first, last = span.phases()[phase]
        rows.append(
            {
                "peak": span.peak,
                "day": span.day,
                "group": group,
                "phase": phase,
                "days": last - first,
                "units": seen[phase][0],
                "usual": expected[phase][0],
                "ratio": ratio[0],
                "ratio_low": low,
                "ratio_high": high,
            }
        )
    lift = seen["peak"] - expected["peak"]
    taken = sum(expected[phase] - seen[phase] for phase in ("before", "after"))
    pull = _quotient(np.asarray(taken), np.where(lift > 0, lift, 0.0))
    low, high = _interval(pull[1:], level)
    net = {
        "peak": span.peak,
        "day": span.day,
        "group": group,
        "lift": lift[0],
        "taken": np.asarray(taken)[0],
        "pull_forward": pull[0],
        "pull_low": low,
        "pull_high": high,
        "net": (lift - taken)[0],
    }
    return pd.DataFrame(rows), net


def _usual(totals: Floats, span: _Span, busy: NDArray[np.bool_]) -> Floats:
    """Return what was usual on every day from "before" to "after", (n_draws, n_periods)."""
    columns = np.asarray([column for column in span.usual if not busy[column]], dtype=np.int64)
    first = columns < span.event[0]
    weekday = np.arange(totals.shape[1]) % 7
    profile = np.ones((len(totals), 7))
    for day in range(7):
        of_day = columns[weekday[columns] == day]
        if len(of_day):
            profile[:, day] = totals[:, of_day].mean(axis=1)
    mean = profile.mean(axis=1, keepdims=True)
    profile = np.where(mean > 0, profile / np.where(mean > 0, mean, 1.0), 1.0)
    flat = totals[:, columns] / np.maximum(profile[:, weekday[columns]], 1e-9)
    sides = [(columns[side], flat[:, side]) for side in (first, ~first) if side.any()]
    centre = np.array([np.mean(place) for place, _ in sides])
    height = np.stack([values.mean(axis=1) for _, values in sides], axis=1)
    days = np.arange(totals.shape[1])
    if len(sides) == 1:
        return np.asarray(height * profile[:, weekday])
    share = np.clip((days - centre[0]) / (centre[1] - centre[0]), 0.0, 1.0)
    line = height[:, :1] + (height[:, 1:] - height[:, :1]) * share
    return np.asarray(line * profile[:, weekday])


def _quotient(top: Floats, bottom: Floats) -> Floats:
    found = np.full(len(top), np.nan)
    np.divide(top, bottom, out=found, where=bottom > 0)
    return found


def _interval(values: Floats, level: float) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _groups(panel: Panel, by: str | None) -> dict[str, NDArray[np.intp]]:
    if by is None:
        return {"all": np.arange(panel.n_series)}
    codes = panel.attributes[by].astype("str").fillna("unknown").to_numpy()
    return {str(code): np.flatnonzero(codes == code) for code in sorted(set(codes))}


def _add_deposits(
    net: pd.DataFrame,
    table: pd.DataFrame,
    panel: Panel,
    deposits: str,
    spans: Sequence[_Span],
    groups: dict[str, NDArray[np.intp]],
) -> None:
    """Add the units that were paid on account from the presale to the end of the event."""
    paid = np.nan_to_num(panel[deposits][:, : panel.n_periods].astype(np.float64))
    units = [
        paid[rows, span.presale : span.event[1]].sum() for span in spans for rows in groups.values()
    ]
    event = table.loc[table["phase"] == "peak", "units"].to_numpy()
    net["deposits"] = units
    net["deposit_share"] = _quotient(np.asarray(units), event)


def _tell_cut(spans: Sequence[_Span], panel: Panel) -> None:
    cut = [f"{span.peak} {span.day.date()}" for span in spans if span.after_is_cut]
    if cut:
        warn(
            f"The phase 'after' of {name_list(cut)} is cut off by the panel's end, "
            f"{panel.cutoff.date()}; what the peak pulled forward is not all seen yet."
        )


def _tell_near(spans: Sequence[_Span]) -> None:
    near = [f"{span.peak} {span.day.date()}" for span in spans if span.neighbours]
    if near:
        warn(
            f"{name_list(near)} lie near other events or on them: their days before and after end "
            "where another event begins, and what two events took from the days between them is "
            "in both. Measure events that lie on each other as one, with own= of peak_days."
        )


def _check_arguments(
    panel: Panel, name: str, by: str | None, counts: tuple[int, ...], level: float
) -> None:
    if name not in panel:
        raise ArgumentError(
            f"Expected a channel of the panel, got {name!r}{did_you_mean(name, panel.channels)}; "
            f"there are {name_list(panel.channels)}."
        )
    if by is not None and by not in panel.attributes.columns:
        raise ArgumentError(
            f"Expected by= to name an attribute of the panel, got {by!r}; there are "
            f"{name_list(panel.attributes.columns) or 'none'}."
        )
    if min(counts) < 1 or not 0 < level < 1:
        raise ArgumentError(
            "Expected before, after, usual and draws from 1 and level between 0 and 1, got "
            f"{counts!r} and {level!r}."
        )
