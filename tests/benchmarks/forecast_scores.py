"""What came, and how far a forecast fell from it: the one scorer of forecast.py."""

from dataclasses import dataclass

import numpy as np

from c2m.forecast.scores import (
    M5_LEVELS,
    M5_QUANTILES,
    Groupings,
    level_rmsse,
    level_spl,
    revenue,
)
from c2m.forecast.scores.counts import calibration_error, count_probability
from c2m.forecast.scores.pairs import pinball_cells
from c2m.forecast.scores.scaled import naive_error

HORIZON = 28


@dataclass(frozen=True)
class Truth:
    """What came after one cutoff, of the series that are scored.

    ``wanted`` is the simulator's demand, also where it was out of stock; ``sold`` what was sold.
    """

    identity: np.ndarray
    wanted: np.ndarray  # [S, H]
    sold: np.ndarray  # [S, H]
    history: np.ndarray  # [S, T] sales, NaN before the launch
    weights: np.ndarray  # [S]
    groups: Groupings

    @classmethod
    def of(cls, simulated, cutoff, least_days=200):
        """Cut a simulated panel: series with at least so many days on sale before the cutoff."""
        panel = simulated.panel
        rows = np.flatnonzero(panel["on_sale"][:, :cutoff].sum(axis=1) >= least_days)
        span = slice(cutoff, cutoff + HORIZON)
        history = panel["sales"][rows, :cutoff]
        recent = slice(cutoff - HORIZON, cutoff)
        keys = panel.keys.iloc[rows].reset_index(drop=True)
        attributes = panel.attributes.iloc[rows].reset_index(drop=True)
        return cls(
            identity=(keys["sku"] + "/" + keys["location"]).to_numpy(),
            wanted=simulated.demand(span.start, span.stop)[rows],
            sold=panel["sales"][rows, span],
            history=history,
            weights=revenue(panel["sales"][rows, recent], panel["price"][rows, recent]),
            groups=Groupings.of(keys, M5_LEVELS, attributes),
        )

    def only(self, identity):
        """Keep some series."""
        rows = np.flatnonzero(np.isin(self.identity, identity))
        groups = {
            name: np.unique(codes[rows], return_inverse=True)[1]
            for name, codes in self.groups.codes.items()
        }
        return Truth(
            self.identity[rows],
            self.wanted[rows],
            self.sold[rows],
            self.history[rows],
            self.weights[rows],
            Groupings(groups),
        )

    def read(self, frame, names):
        """Return columns of a long forecast as an array, [S, H] or [S, H, len(names)]."""
        frame = frame[frame["unique_id"].isin(self.identity)].sort_values(["unique_id", "ds"])
        found = frame["unique_id"].to_numpy()[::HORIZON]
        if not np.array_equal(found, self.identity[np.argsort(self.identity)]):
            missing = len(set(self.identity) - set(found))
            raise SystemExit(f"{missing:,} of {len(self.identity):,} series have no forecast")
        back = np.argsort(np.argsort(self.identity))
        values = frame[names].to_numpy(dtype=np.float64)
        return values.reshape(len(found), HORIZON, len(names))[back]

    def read_totals(self, frame, letter):
        frame = frame.set_index("unique_id").loc[self.identity]
        return frame[[f"{letter}{level}" for level in M5_QUANTILES]].to_numpy()


def point_scores(truth, frame):
    """Return WRMSSE over twelve levels and at the bottom, and WAPE of the total of 28 days."""
    mean = truth.read(frame, ["mean"])[:, :, 0]
    return {
        "wrmsse": _wrmsse(truth, truth.wanted, mean)["rmsse"].mean(),
        "bottom": _wrmsse(truth, truth.wanted, mean)["rmsse"].iloc[-1],
        "wape28": _wape28(truth.wanted, mean),
        "bias": mean.sum() / truth.wanted.sum() - 1,
        "wrmsse_sold": _wrmsse(truth, truth.sold, mean)["rmsse"].mean(),
        "wape28_sold": _wape28(truth.sold, mean),
    }


def levels_of(truth, frame):
    """Return the weighted RMSSE of each level."""
    return _wrmsse(truth, truth.wanted, truth.read(frame, ["mean"])[:, :, 0])["rmsse"]


def _wrmsse(truth, came, mean):
    return level_rmsse(came, mean, truth.history, groups=truth.groups, weights=truth.weights)


def _wape28(came, mean):
    return np.abs(mean.sum(axis=1) - came.sum(axis=1)).sum() / came.sum()


def quantile_scores(truth, frame):
    """Return WSPL at the bottom, the error of the randomised PIT, and counts of faults."""
    quantiles = truth.read(frame, [f"q{level}" for level in M5_QUANTILES])
    bottom = Groupings({"sku x location": truth.groups.codes["sku x location"]})
    order = np.argsort(bottom.codes["sku x location"])
    kept = np.maximum(quantiles, 0)
    spl = level_spl(
        truth.wanted,
        {"sku x location": kept[order]},
        M5_QUANTILES,
        truth.history,
        groups=bottom,
        weights=truth.weights,
    )["spl"].iloc[0]
    return {
        "wspl": spl,
        "pit": _pit(truth, frame, kept),
        "negative": int((quantiles < 0).any(axis=2).sum()),
        "crossing": int((np.diff(quantiles, axis=2) < 0).any(axis=2).sum()),
        "summed": total_wspl(truth, kept.sum(axis=1)),
    }


def _pit(truth, frame, quantiles):
    """Return the error of the randomised PIT at nine levels; its least where only they are known.

    Of a law the randomised transform is exact. Of bare quantiles, rounded to whole units, a level
    errs by as much as it lies outside ``P(y < q)`` to ``P(y <= q)``.
    """
    if "dispersion" in frame:
        mean, spread = np.moveaxis(truth.read(frame, ["mean", "dispersion"]), -1, 0)
        upto = count_probability(truth.wanted, mean, spread)
        below = count_probability(truth.wanted - 1, mean, spread)
        return calibration_error(below, upto, M5_QUANTILES)
    whole, came = np.round(quantiles), truth.wanted[:, :, None]
    low, high = (came < whole).mean(axis=(0, 1)), (came <= whole).mean(axis=(0, 1))
    levels = np.array(M5_QUANTILES)
    return float(np.max(np.maximum(low - levels, levels - high)))


def total_wspl(truth, quantiles):
    """Return the pinball loss of totals of 28 days, scaled and weighted as WSPL is.

    The scale of a series is its naive error of a day times the root of 28.
    """
    loss, _ = pinball_cells(truth.wanted.sum(axis=1), quantiles, M5_QUANTILES)
    scale = naive_error(truth.history, from_first_sale=True) * np.sqrt(HORIZON)
    usable = (scale > 0) & (truth.weights > 0)
    ratio = loss.mean(axis=-1)[usable] / scale[usable]
    return float(np.average(ratio, weights=truth.weights[usable]))
