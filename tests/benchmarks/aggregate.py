"""Count an event log: c2m beside DuckDB, Polars and pandas, in CPU-seconds and peak memory.

Usage: python tests/benchmarks/aggregate.py [--events 1000000 10000000] [--freq D] [--users text]
       [--peers other/bin/python] [--repeat 2] [--plot docs/images/aggregate.png]

Every engine reads the same log (one parquet file a day, eight kinds, 50,000 SKUs; kinds and SKUs
as text), counts events and exact distinct users per SKU, period and kind, and the units and
revenue of purchases, in a process of its own. DuckDB counts by two-stage SQL with two threads and
at most 6 GB; pandas a period at a time, and a whole log of up to 10 million events at once. Peers
run in the Python of --peers, where they can be imported. All must give the same answer to the
unit: sums, and a fingerprint over every cell of distinct users, else this fails.

CPU-seconds include imports and reading. With --repeat the quickest run counts. What keyed
pseudonyms of the users cost (BLAKE2b, unique ids of each day) is a line of its own.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = ["impression", "view", "wishlist_add", "cart_add", "purchase", "return", "share", "review"]
USERS = [
    *("impression_users", "view_users", "wishlist_users", "cart_users"),
    *("purchase_users", "return_users", "share_users", "review_users"),
]
COUNTS = [
    *("impressions", "views", "wishlists", "carts", "purchases", "return_events"),
    *("shares", "reviews"),
]
SHARES = [0.30, 0.50, 0.06, 0.06, 0.04, 0.01, 0.02, 0.01]
N_SKUS = 50_000
FIRST_DAY = np.datetime64("2026-06-01", "us")  # a Monday and the first of a month
DAY = 86_400_000_000
MOST_WHOLE = 10_000_000
CELLS = ["sku", "period", "event_type"]


def write_log(folder, n_events, n_days, *, text_users):
    """Write a log of popular and rare SKUs, the same for the same arguments."""
    rng = np.random.default_rng(2026)
    skus = pa.array([f"SKU-{number:06d}" for number in range(N_SKUS)])
    popularity = np.arange(1, N_SKUS + 1) ** -0.9
    popularity /= popularity.sum()
    for day in range(n_days):
        count = n_events // n_days
        kinds = rng.choice(len(KINDS), count, p=SHARES).astype(np.int32)
        codes = rng.choice(N_SKUS, count, p=popularity).astype(np.int32)
        users = (rng.pareto(0.8, count) * 3).astype(np.int64) % 2_000_000
        moved = (kinds == 4) | (kinds == 5)
        times = FIRST_DAY.astype(np.int64) + day * DAY + np.sort(rng.integers(0, DAY, count))
        table = pa.table(
            {
                "event_time": pa.array(times).cast(pa.timestamp("us", tz="UTC")),
                "event_type": pa.DictionaryArray.from_arrays(kinds, KINDS).cast(pa.string()),
                "sku": pa.DictionaryArray.from_arrays(codes, skus).cast(pa.string()),
                "user_key": pa.array(users).cast(pa.string()) if text_users else pa.array(users),
                "quantity": pa.array(rng.integers(1, 4, count).astype(float), mask=~moved),
                "unit_price": pa.array(rng.integers(1, 100, count) / 1.0, mask=kinds != 4),
            }
        )
        pq.write_table(table, folder / f"{day:04d}.parquet", compression="zstd")


# ---------------------------------------------------------------- the engines: count, then check


def count_with_c2m(folder, freq):
    import warnings

    from c2m.signals import build_panel, read_events

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a partial last week is told, and kept
        return build_panel(read_events(folder), freq=freq, tz="UTC", partial_period="keep")


def check_c2m(panel, freq):
    skus = panel.keys["sku"].str[4:].astype(int).to_numpy() + 1
    periods = (panel.periods.to_numpy() - FIRST_DAY) // np.timedelta64(1, "D") + 1
    total = {name: np.nansum(panel[name], dtype=np.float64) for name in panel.channels}
    print_of_users = 0
    for kind, name in enumerate(USERS):
        users = np.nan_to_num(panel[name]).astype(np.int64)
        print_of_users += (kind + 1) * int(skus @ (users @ periods))
    users = sum(total[name] for name in USERS)
    events = sum(total[name] for name in COUNTS)
    return [events, users, total["sales"], total["revenue"], print_of_users]


def count_with_duckdb(folder, freq):
    import duckdb

    unit = {"D": "day", "W": "week", "MS": "month"}[freq]
    duckdb.sql("set threads = 2; set memory_limit = '6GB'; set TimeZone = 'UTC'")
    duckdb.sql(f"set temp_directory = '{folder}/spill'")
    duckdb.sql(
        f"""create table panel as
        select sku, period, event_type, sum(n) as events, count(user_key) as users,
               sum(units) as units, sum(money) as money
        from (select sku, date_trunc('{unit}', event_time) as period, event_type, user_key,
                     count(*) as n, sum(quantity) as units, sum(quantity * unit_price) as money
              from '{folder}/*.parquet' group by all)
        group by all"""
    )


def check_duckdb(_, freq):
    import duckdb

    kinds = " ".join(f"when '{kind}' then {number + 1}" for number, kind in enumerate(KINDS))
    return duckdb.sql(
        f"""select sum(events), sum(users), sum(units) filter (event_type = 'purchase'), sum(money),
               sum(users * (cast(sku[5:] as bigint) + 1) * case event_type {kinds} end
                   * (date_diff('day', timestamptz '{FIRST_DAY}+00', period) + 1))
        from panel"""
    ).fetchall()[0]


def count_with_polars(folder, freq):
    import polars as pl

    every = {"D": "1d", "W": "1w", "MS": "1mo"}[freq]
    return (
        pl.scan_parquet(f"{folder}/*.parquet")
        .with_columns(
            period=pl.col("event_time").dt.truncate(every),
            money=pl.col("quantity") * pl.col("unit_price"),
        )
        .group_by(CELLS)
        .agg(
            pl.len().alias("events"),
            pl.col("user_key").n_unique().alias("users"),
            pl.col("quantity").sum().alias("units"),
            pl.col("money").sum(),
        )
        .collect()
    )


def check_frame(frame, freq):
    """Return the sums of a frame with a row a cell."""
    skus = frame["sku"].str[4:].astype("int64").to_numpy() + 1
    kinds = frame["event_type"].map({kind: number + 1 for number, kind in enumerate(KINDS)})
    times = frame["period"].to_numpy().astype("datetime64[us]").astype(np.int64)
    periods = (times - FIRST_DAY.astype(np.int64)) // DAY + 1
    users = frame["users"].to_numpy().astype(np.int64)
    bought = (frame["event_type"] == "purchase").to_numpy()
    cells = users * skus * kinds.to_numpy().astype(np.int64) * periods
    units = frame["units"].to_numpy()[bought].sum()
    return [frame["events"].sum(), users.sum(), units, frame["money"].sum(), cells.sum()]


def check_polars(frame, freq):
    import polars as pl

    plain = frame.with_columns(pl.col("period").dt.replace_time_zone(None))
    return check_frame(plain.to_pandas(), freq)


def count_with_pandas(folder, freq):
    """Count a period at a time: its files, and no others, are in memory."""
    import pandas as pd

    files = sorted(Path(folder).glob("*.parquet"))
    days = FIRST_DAY.astype("datetime64[D]") + [int(file.stem) for file in files]
    labels = pd.Series(days).dt.to_period({"D": "D", "W": "W", "MS": "M"}[freq]).dt.start_time
    found = []
    for label, places in labels.groupby(labels).groups.items():
        log = pd.concat([pd.read_parquet(files[place]) for place in places])
        found.append(count_frame(log, ["sku", "event_type"]).assign(period=label))
    return pd.concat(found)


def count_with_pandas_whole(folder, freq):
    """Count the whole log at once."""
    import pandas as pd

    log = pd.read_parquet(folder)
    periods = log["event_time"].dt.tz_localize(None)
    periods = periods.dt.to_period({"D": "D", "W": "W", "MS": "M"}[freq]).dt.start_time
    return count_frame(log.assign(period=periods), CELLS)


def count_frame(log, cells):
    log = log.assign(money=log["quantity"] * log["unit_price"])
    counts = log.groupby(cells, observed=True, sort=False).agg(
        events=("user_key", "size"), units=("quantity", "sum"), money=("money", "sum")
    )
    pairs = log[[*cells, "user_key"]].drop_duplicates()
    users = pairs.groupby(cells, observed=True, sort=False).size()
    return counts.assign(users=users).reset_index()


def hash_users(folder, freq):
    """Make keyed pseudonyms of the users, each id of a day once; return how many."""
    from c2m.signals.reading.pseudonyms import Pseudonyms

    pseudonyms, count = Pseudonyms(bytes(range(32))), 0
    for file in sorted(Path(folder).glob("*.parquet")):
        ids = pq.read_table(file, columns=["user_key"]).column(0).unique()
        pseudonyms.of("user_key", ids)
        count += len(ids)
    return count


ENGINES = {
    "c2m": (count_with_c2m, check_c2m),
    "duckdb": (count_with_duckdb, check_duckdb),
    "polars": (count_with_polars, check_polars),
    "pandas": (count_with_pandas, check_frame),
    "pandas whole": (count_with_pandas_whole, check_frame),
    "pseudonyms": (hash_users, lambda count, freq: [count]),
}


# ---------------------------------------------------------------- running them


def run_engine(engine, folder, freq):
    """Count in this process and print what it cost."""
    count, check = ENGINES[engine]
    wall = time.perf_counter()
    found = count(folder, freq)
    cost = {"wall": time.perf_counter() - wall, "cpu": time.process_time()}  # from the start on
    cost["gigabytes"] = peak_gigabytes()
    sums = [float(value) for value in check(found, freq)]
    sys.stdout.write(json.dumps(cost | {"sums": sums}))


def peak_gigabytes():
    """Return the most memory of this process so far; `getrusage` would include its parent's."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e9


def measure(engine, folder, freq, python, repeat):
    """Run an engine in processes of its own; return the quickest run, None where it is missing."""
    package = engine.partition(" ")[0]
    known = package in {"c2m", "pseudonyms"}
    interpreter = sys.executable if known else python
    probe = [interpreter, "-c", f"import {package}"]
    if not known and subprocess.run(probe, check=False, capture_output=True).returncode:
        return None
    command = [interpreter, __file__, "--engine", engine, "--folder", str(folder), "--freq", freq]
    runs = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        for _ in range(repeat)
    ]
    return min(runs, key=lambda run: run["cpu"])


def compare(folder, n_events, options):
    """Measure every engine and print a table; return engine -> cost."""
    sys.stdout.write(f"\n{n_events:,} events, freq {options.freq!r}, users as {options.users}\n")
    sys.stdout.write("engine        CPU-s  wall s  M events/CPU-s  peak GB  CPU ratio\n")
    costs = {}
    for engine in ENGINES:
        if engine == "pseudonyms" or (engine == "pandas whole" and n_events > MOST_WHOLE):
            continue
        cost = measure(engine, folder, options.freq, options.peers, options.repeat)
        if cost is None:
            sys.stdout.write(f"{engine:12} is not installed in {options.peers}\n")
            continue
        costs[engine] = cost
        sys.stdout.write(
            f"{engine:12} {cost['cpu']:6.2f}  {cost['wall']:6.2f}  "
            f"{n_events / cost['cpu'] / 1e6:14.2f}  {cost['gigabytes']:7.2f}  "
            f"{cost['cpu'] / costs['c2m']['cpu']:9.2f}\n"
        )
        sys.stdout.flush()
    cost = measure("pseudonyms", folder, options.freq, options.peers, options.repeat)
    sys.stdout.write(
        f"apart: keyed pseudonyms of {cost['sums'][0]:,.0f} ids (each of a day once) "
        f"{cost['cpu']:.2f} CPU-s, imports and reading included\n"
    )
    check_same({engine: cost["sums"] for engine, cost in costs.items()})
    return costs


def check_same(sums):
    """Fail unless all engines counted the same."""
    names = ["events", "users", "units", "revenue", "fingerprint of users by cell"]
    line = ", ".join(f"{name} {v:,.0f}" for name, v in zip(names, sums["c2m"], strict=True))
    for engine, own in sums.items():
        if own != sums["c2m"]:
            raise SystemExit(f"{engine} counted otherwise: {own} instead of {sums['c2m']}")
    sys.stdout.write(f"{', '.join(sums)} agree to the unit: {line}\n")


def draw(costs, file, freq):
    """Draw CPU-seconds and peak memory against the number of events, both scales log."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for ax, name, label in zip(
        axes, ["cpu", "gigabytes"], ["CPU-seconds", "peak memory, GB"], strict=True
    ):
        for engine in ENGINES:
            points = [(n, cost[engine][name]) for n, cost in costs.items() if engine in cost]
            if points:
                width = 2.5 if engine == "c2m" else 1.2
                ax.plot(*zip(*points, strict=True), marker="o", linewidth=width, label=engine)
        ax.set(xscale="log", yscale="log", xlabel="events", ylabel=label)
        ax.xaxis.set_major_locator(mpl.ticker.FixedLocator(list(costs)))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value / 1e6:,.0f} M")
        ax.yaxis.set_major_locator(mpl.ticker.LogLocator(base=2, numticks=12))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.3g}")
        ax.minorticks_off()
        ax.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    periods = {"D": "day", "W": "week", "MS": "month"}[freq]
    figure.suptitle(f"Events and exact distinct users per SKU, {periods} and kind")
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, nargs="+", default=[10_000_000])
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--freq", choices=["D", "W", "MS"], default="D")
    parser.add_argument("--users", choices=["number", "text"], default="number")
    parser.add_argument("--peers", default=sys.executable, help="Python that has the peers")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--plot", help="where to draw time and memory against events")
    parser.add_argument("--engine", choices=list(ENGINES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        run_engine(options.engine, options.folder, options.freq)
        return
    costs = {}
    for n_events in options.events:
        counted = n_events // options.days * options.days
        with tempfile.TemporaryDirectory() as folder:
            write_log(Path(folder), n_events, options.days, text_users=options.users == "text")
            costs[n_events] = compare(folder, counted, options)
    if options.plot:
        draw(costs, options.plot, options.freq)


if __name__ == "__main__":
    main()
