"""Write the report of a large plan: how long it takes, how large it is, how fast it opens.

Run as ``python tests/benchmarks/report.py --skus 10000 --browser chromium``. The demand is made up
(26 weeks of Poisson sales with gamma rates), eight lines are loaded to their overtime.
"""

import argparse
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import c2m
from c2m.distribution import GammaPoisson
from c2m.report import write_report

WEEKS, HORIZON, LINES, PER_STYLE = 26, 12, 8, 20
COLOURS, SIZES = ("black", "navy", "red", "olive", "white"), ("S", "M", "L", "XL")

PROBE = (
    "<script>addEventListener('load',()=>setTimeout(()=>{const n="
    "performance.getEntriesByType('navigation')[0];document.body.dataset.opened="
    "Math.round(n.loadEventEnd)+' '+document.getElementsByTagName('*').length},0))</script>"
)
"""Writes into the page when it was loaded, and how many elements it has."""


def make_panel(n_skus: int, seed: int) -> c2m.Panel:
    """Draw sales of styles in five colours and four sizes."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(0.8, 15.0, n_skus) + 0.5
    places = np.arange(n_skus)
    skus = [
        f"ST{n // PER_STYLE:04d}-{COLOURS[n // 4 % 5][:3].upper()}-{SIZES[n % 4]}" for n in places
    ]
    frame = pd.DataFrame(
        {
            "sku": np.repeat(skus, WEEKS),
            "style": np.repeat([f"Style {n // PER_STYLE}" for n in places], WEEKS),
            "colour": np.repeat([COLOURS[n // 4 % 5] for n in places], WEEKS),
            "period": np.tile(pd.date_range("2026-08-03", periods=WEEKS, freq="7D"), n_skus),
            "sales": rng.poisson(np.repeat(rate, WEEKS)).astype(float),
        }
    )
    return c2m.Panel.from_frame(frame, freq="W", attributes=["style", "colour"], currency="EUR")


def make_plan(panel: c2m.Panel, seed: int, n_scenarios: int) -> tuple[c2m.Demand, c2m.Plan]:
    """Forecast with the mean of the past, and plan on lines that are too small for it."""
    mean = panel["sales"].astype(float).mean(axis=1)
    demand = c2m.Demand(
        keys=panel.keys,
        calendar=panel.calendar,
        first=panel.first + panel.n_periods,
        law=GammaPoisson(np.maximum(mean, 0.1)[:, None] * np.ones(HORIZON), 0.3, 0.1),
        attributes=panel.attributes,
    )
    rng = np.random.default_rng(seed)
    per_line, skus = 2.1 * mean.sum() / LINES, list(demand.skus)
    price = rng.uniform(10.0, 60.0, len(skus)).round(2)
    factory = c2m.Factory.from_frames(
        lines=[
            c2m.Line(f"LINE-{n}", per_line, "minutes", overtime_limit=0.1 * per_line,
                     overtime_cost=0.3)
            for n in range(LINES)
        ],
        products=[
            c2m.Product(sku, float(p), float(0.4 * p), end_value=float(0.2 * p))
            for sku, p in zip(skus, price, strict=True)
        ],
        routings=[
            c2m.Routing(sku, f"LINE-{n // PER_STYLE % LINES}", unit_time=2.0, setup_time=5.0,
                        moq=10, lead_time_periods=1)
            for n, sku in enumerate(skus)
        ],
        currency="EUR",
    )  # fmt: skip
    stock = pd.DataFrame({"sku": skus, "on_hand": rng.poisson(2.0 * mean)})
    return demand, c2m.plan_production(
        demand, factory, stock=stock, n_scenarios=n_scenarios, method="heuristic"
    )


def opened(page: Path, browser: str) -> tuple[str, str]:
    """Return the milliseconds until a browser has loaded a page, and its elements."""
    probe = page.with_name("probe.html")
    text = page.read_text(encoding="utf-8").replace("</head>", PROBE + "</head>", 1)
    probe.write_text(text, encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"]
    done = subprocess.run(
        [browser, *flags, "--dump-dom", probe.as_uri()], capture_output=True, text=True, check=True
    )
    found = re.search(r'data-opened="(\d+) (\d+)"', done.stdout)
    if found is None:
        raise SystemExit(f"{browser} did not load {probe}.")
    return found[1], found[2]


def main() -> None:
    """Print one row a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--skus", type=int, nargs="+", default=[1000])
    parser.add_argument("--scenarios", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--browser", help="a Chromium that measures how fast the page opens")
    parser.add_argument("--out", type=Path, help="folder that keeps the pages")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.out or Path(scratch)
        print(f"{'SKUs':>7} {'runs':>7} {'plan, s':>8} {'page, s':>8} {'MB':>6} {'opens, ms':>10}")
        for n_skus in given.skus:
            panel = make_panel(n_skus, given.seed)
            began = time.process_time()
            demand, plan = make_plan(panel, given.seed, given.scenarios)
            planned = time.process_time()
            page = write_report(
                folder / f"report-{n_skus}.html",
                panel=panel, demand=demand, plan=plan, describe=["style", "colour"],
            )  # fmt: skip
            done, size = time.process_time(), page.stat().st_size / 1e6
            ms = opened(page, given.browser)[0] if given.browser else "-"
            print(
                f"{n_skus:>7,} {len(plan):>7,} {planned - began:>8.1f} {done - planned:>8.1f} "
                f"{size:>6.2f} {ms:>10}",
                flush=True,
            )


if __name__ == "__main__":
    main()
