from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from c2m.panel import Panel

START = pd.Timestamp("2026-01-05", tz="UTC")  # a Monday
RATES = {"live": 0.8, "store": 0.15, "web": 0.5}


@dataclass(frozen=True)
class Shop:
    """Order lines (sku, channel, day, and days until the unit comes back; -1: it is kept)."""

    lines: pd.DataFrame
    n_days: int

    def log(self, n_days=None):
        """Return the events of the first days."""
        order = np.char.add("O", np.arange(len(self.lines)).astype(str))
        bought = self.lines.assign(order_id=order, event_type="purchase", quantity=1)
        returned = bought[bought["back"] >= 0].assign(event_type="return")
        returned["day"] += returned["back"]
        log = pd.concat([bought, returned])
        log = log[log["day"] < (n_days or self.n_days)]
        log["event_time"] = START + pd.to_timedelta(log["day"] * 24 + 10, unit="h")
        return log.drop(columns=["day", "back"]).sort_values("event_time", kind="stable")

    def panel(self, freq="D"):
        """Count sales and returns by SKU and channel."""
        keys = self.lines[["sku", "channel"]].drop_duplicates()
        cells = keys.merge(pd.DataFrame({"day": range(self.n_days)}), how="cross")
        came = self.lines[self.lines["back"] >= 0].copy()
        came["day"] += came["back"]
        for name, rows in (("sales", self.lines), ("returns", came)):
            count = rows.groupby(["sku", "channel", "day"]).size().rename(name).reset_index()
            cells = cells.merge(count, how="left")
        step = 7 if freq == "W" else 1
        days = pd.to_timedelta(cells["day"] // step * step, unit="D")
        cells["period"] = START.tz_localize(None) + days
        frame = cells.fillna(0).groupby(["sku", "channel", "period"])[["sales", "returns"]].sum()
        return Panel.from_frame(
            frame.reset_index(), freq=freq, channel="channel", signals=["returns"]
        )

    def kept(self):
        """Return the units of the last four weeks that will be kept, by SKU and channel."""
        recent = self.lines[self.lines["day"] >= self.n_days - 28]
        kept = recent[recent["back"] < 0]
        return kept.groupby(["sku", "channel"]).size().rename("truth").reset_index()

    def coming(self):
        """Return the units that come back in the four weeks after the log, by channel."""
        arrives = self.lines["day"] + self.lines["back"]
        due = (self.lines["back"] >= 0) & (arrives >= self.n_days) & (arrives < self.n_days + 28)
        return self.lines[due].groupby("channel").size()


def draw(n_skus=500, n_days=168, seed=2, mean_delay=15.0, units=1.0):
    """Draw a shop whose SKUs grow and shrink, with a delay that is not the law that is fitted."""
    rng = np.random.default_rng(seed)
    parts = []
    for channel, level in RATES.items():
        own = rng.beta(level * 40, (1 - level) * 40, n_skus)
        slope = rng.normal(0, 0.8, (n_skus, 1)) * np.linspace(-1, 1, n_days)
        count = rng.poisson(units * rng.gamma(1.0, 1.0, (n_skus, 1)) * np.exp(slope))
        sku, day = np.nonzero(count)
        sku, day = (np.repeat(part, count[sku, day]) for part in (sku, day))
        delay = 2 + rng.weibull(1.6, len(sku)) * (mean_delay - 2) / 0.8966
        back = np.where(rng.random(len(sku)) < own[sku], np.floor(delay), -1).astype(int)
        names = np.array([f"S{number:04d}" for number in range(n_skus)])[sku]
        parts.append(pd.DataFrame({"sku": names, "channel": channel, "day": day, "back": back}))
    return Shop(pd.concat(parts, ignore_index=True), n_days)


@pytest.fixture(scope="package")
def draw_shop():
    """Return what draws a shop."""
    return draw


@pytest.fixture(scope="package")
def shop():
    """Return half a year of 500 SKUs in three channels, half of the units come back."""
    return draw()
