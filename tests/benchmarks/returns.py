"""Bias of kept units and of returns to come against known truth; prints a table.

Run ``python tests/benchmarks/returns.py [n_skus]``. The last four weeks count: the naive way takes
returns from sales of the same weeks.
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd

from c2m import Panel, build_panel, read_events
from c2m.datasets import simulate_market
from c2m.errors import C2MWarning
from c2m.signals.returns import Returns, fit_returns

CHANNELS = {"web": 0.5, "store": 0.15, "live": 0.8}


def draw_shop(n_skus: int, n_days: int, seed: int, mean_delay: float) -> pd.DataFrame:
    """Return order lines: sku, channel, day, and the days until the unit comes back (or -1)."""
    rng = np.random.default_rng(seed)
    parts = []
    for channel, level in CHANNELS.items():
        own = rng.beta(level * 40, (1 - level) * 40, n_skus)
        size = rng.gamma(1.0, 1.0, (n_skus, 1))
        trend = np.exp(rng.normal(0, 0.8, (n_skus, 1)) * np.linspace(-1, 1, n_days))
        week = 1 + 0.3 * np.sin(np.arange(n_days) * 2 * np.pi / 7)
        count = rng.poisson(size * trend * week)
        sku, day = np.nonzero(count)
        times = count[sku, day]
        sku, day = np.repeat(sku, times), np.repeat(day, times)
        # a parcel on its way, then a week or two of thinking: not the law that is fitted
        delay = 2 + rng.weibull(1.6, len(sku)) * (mean_delay - 2) / 0.8966
        back = np.where(rng.random(len(sku)) < own[sku], np.floor(delay), -1)
        parts.append(pd.DataFrame({"sku": sku, "channel": channel, "day": day, "back": back}))
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(sku=[f"S{number:05d}" for number in lines["sku"]])


def log_of(lines: pd.DataFrame, n_days: int) -> pd.DataFrame:
    """Return the events that are known after so many days."""
    start = pd.Timestamp("2026-01-05 10:00", tz="UTC")
    order = [f"O{number}" for number in range(len(lines))]
    bought = lines.assign(order_id=order, event_type="purchase", quantity=1)
    returned = bought[bought["back"] >= 0].assign(event_type="return")
    returned["day"] += returned["back"]
    log = pd.concat([bought, returned])
    log = log[log["day"] < n_days]
    log["event_time"] = start + pd.to_timedelta(log["day"], unit="D")
    return log.drop(columns=["day", "back"]).sort_values("event_time", kind="stable")


def panel_of(log: pd.DataFrame, freq: str) -> Panel:
    """Count the log by SKU and channel."""
    return build_panel(read_events(log), freq=freq, tz="UTC", key=("sku", "channel"))


def score(name: str, returns: Returns, panel: Panel, lines: pd.DataFrame, n_days: int) -> None:
    """Print the bias by channel."""
    kept = returns.kept(panel)
    weeks = 28 if panel.freq == "D" else 4
    recent = lines[(lines["day"] >= n_days - 28) & (lines["day"] < n_days)]
    arrives = lines["day"] + lines["back"]
    coming = lines[(lines["back"] >= 0) & (lines["day"] < n_days) & (arrives >= n_days)]
    coming = coming[coming["day"] + coming["back"] < n_days + 28]
    stream = returns.back_to_stock(weeks)
    for channel in CHANNELS:
        own = panel.keys["channel"].to_numpy() == channel
        truth = float((recent["channel"].eq(channel) & (recent["back"] < 0)).sum())
        ours = float(np.nansum(kept["kept"][own, -weeks:]))
        sales = float(np.nansum(panel["sales"][own, -weeks:]))
        same = sales - float(np.nansum(panel["returns"][own, -weeks:]))
        due = float(coming["channel"].eq(channel).sum())
        expected = float(stream.loc[stream["channel"] == channel, "returns"].sum())
        print(
            f"{name:34s} {channel:6s} kept {ours / truth - 1:+6.1%} of {truth:6,.0f}  "
            f"naive {same / truth - 1:+6.1%}  "
            f"next 4 weeks' returns {expected / due - 1:+6.1%} of {due:6,.0f}"
        )


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", C2MWarning)
    n_skus = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for n_days, mean_delay in ((168, 15.0), (63, 15.0), (168, 8.0)):
        lines = draw_shop(n_skus, n_days, n_days, mean_delay)
        log = log_of(lines, n_days)
        for source in ("log", "panel D", "panel W")[: 3 if n_days > 70 else 2]:  # 9 weeks: too few
            panel = panel_of(log, source[-1] if source != "log" else "D")
            start = time.process_time()
            if source == "log":
                events = read_events(log)
                returns = fit_returns(events, key=("sku", "channel"), longest=60, tz="UTC")
            else:
                returns = fit_returns(panel, longest=60)
            spent = time.process_time() - start
            name = f"{n_days} days, mean delay {mean_delay:g}, {source}"
            score(name, returns, panel, lines, n_days)
            print(f"{'':34s} {len(log):,} events, {spent:.1f} CPU-s, {returns}")
    market()


def market() -> None:
    """Print the bias on the simulated market, whose delays are its own (3 to 45 days)."""
    for seed in (5, 6, 7):
        shop = simulate_market(
            seed, n_styles=25, n_days=147, events_per_day=10_000, return_rate=0.5
        )
        cut = shop.days[119]
        start = time.process_time()
        returns = fit_returns(read_events(shop.events), tz="UTC", longest=45, as_of=cut)
        spent = time.process_time() - start
        log = shop.events.to_pandas().drop_duplicates("event_id")
        bought = log[log["event_type"] == "purchase"].set_index("order_id")["event_time"]
        came = log[log["event_type"] == "return"]
        moment = cut.tz_localize("UTC")
        due = (came["event_time"] >= moment) & (came["order_id"].map(bought) < moment)
        expected = returns.back_to_stock(28)["returns"].sum()
        print(
            f"market, seed {seed}: next 4 weeks' returns {expected / due.sum() - 1:+.1%} of "
            f"{due.sum():,}; {spent:.1f} CPU-s; {returns}"
        )


if __name__ == "__main__":
    main()
