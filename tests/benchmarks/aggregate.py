"""Count an event log: c2m beside DuckDB and Polars, in CPU-seconds and peak memory.

Usage: python tests/benchmarks/aggregate.py [--events 10000000] [--freq D] [--users text]

Every engine reads the same log (one parquet file a day, eight kinds, 50,000 SKUs), counts events
and exact distinct users per SKU, period and kind, and the units and revenue of purchases, in a
process of its own. DuckDB and Polars take part where they can be imported. The three sums at the
right must be the same for all.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = ["impression", "view", "wishlist_add", "cart_add", "purchase", "return", "share", "review"]
SHARES = [0.30, 0.50, 0.06, 0.06, 0.04, 0.01, 0.02, 0.01]
N_SKUS = 50_000
FIRST_DAY = np.datetime64("2026-06-01", "us")  # a Monday and the first of a month
DAY = 86_400_000_000
ENGINES = ["c2m", "duckdb", "polars"]


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


def count_with_c2m(pattern, freq):
    import warnings

    from c2m.signals import build_panel, read_events

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a partial last week is told, and kept
        panel = build_panel(read_events(pattern), freq=freq, tz="UTC", partial_period="keep")
    total = {name: np.nansum(array, dtype=np.float64) for name, array in panel.channels.items()}
    users = sum(value for name, value in total.items() if name.endswith("_users"))
    return users, total["sales"], total["revenue"]


def count_with_duckdb(pattern, freq):
    import duckdb

    unit = {"D": "day", "W": "week", "MS": "month"}[freq]
    duckdb.sql("set threads = 2; set TimeZone = 'UTC'")
    duckdb.sql(
        f"""create table panel as
        select sku, period, event_type, sum(n) as events, count(user_key) as users,
               sum(units) as units, sum(money) as money
        from (select sku, date_trunc('{unit}', event_time) as period, event_type, user_key,
                     count(*) as n, sum(quantity) as units, sum(quantity * unit_price) as money
              from '{pattern}' group by all)
        group by all"""
    )
    return duckdb.sql(
        """select sum(users), sum(units) filter (event_type = 'purchase'), sum(money)
        from panel"""
    ).fetchall()[0]


def count_with_polars(pattern, freq):
    import polars as pl

    every = {"D": "1d", "W": "1w", "MS": "1mo"}[freq]
    keys = ["sku", "period", "event_type"]
    panel = (
        pl.scan_parquet(pattern)
        .with_columns(
            period=pl.col("event_time").dt.truncate(every),
            money=pl.col("quantity") * pl.col("unit_price"),
        )
        .group_by(keys)
        .agg(
            pl.len().alias("events"),
            pl.col("user_key").n_unique().alias("users"),
            pl.col("quantity").sum().alias("units"),
            pl.col("money").sum(),
        )
        .collect()
    )
    bought = panel.filter(pl.col("event_type") == "purchase")
    return panel["users"].sum(), bought["units"].sum(), panel["money"].sum()


def run_engine(engine, pattern, freq):
    """Count in this process and print what it cost."""
    count = {"c2m": count_with_c2m, "duckdb": count_with_duckdb, "polars": count_with_polars}
    wall, cpu = time.perf_counter(), time.process_time()
    users, units, money = count[engine](pattern, freq)
    cost = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    cost["gigabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # kB on Linux
    sys.stdout.write(json.dumps(cost | {"sums": [float(users), float(units), float(money)]}))


def compare(folder, n_events, freq):
    """Run every engine in a process of its own and print a table."""
    sys.stdout.write(
        f"{n_events:,} events, freq {freq!r}; CPU-seconds include imports and reading\n"
    )
    sys.stdout.write(
        "engine   CPU-s  wall s  M events/CPU-s  peak GB  CPU ratio  users, units, money\n"
    )
    base = None
    for engine in ENGINES:
        if find_spec(engine) is None:
            sys.stdout.write(f"{engine:7} is not installed here\n")
            continue
        command = [sys.executable, __file__, "--engine", engine, "--folder", str(folder)]
        found = subprocess.run(
            [*command, "--freq", freq], check=True, stdout=subprocess.PIPE, text=True
        )
        cost = json.loads(found.stdout)
        base = base or cost["cpu"]
        sys.stdout.write(
            f"{engine:7} {cost['cpu']:6.2f}  {cost['wall']:6.2f}  "
            f"{n_events / cost['cpu'] / 1e6:14.2f}  {cost['gigabytes']:7.2f}  "
            f"{cost['cpu'] / base:9.2f}  {', '.join(f'{value:,.0f}' for value in cost['sums'])}\n"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--freq", choices=["D", "W", "MS"], default="D")
    parser.add_argument("--users", choices=["number", "text"], default="number")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        run_engine(options.engine, f"{options.folder}/*.parquet", options.freq)
        return
    with tempfile.TemporaryDirectory() as folder:
        text_users = options.users == "text"
        write_log(Path(folder), options.events, options.days, text_users=text_users)
        compare(folder, options.events // options.days * options.days, options.freq)


if __name__ == "__main__":
    main()
