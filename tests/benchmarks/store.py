"""A store of events: what it costs to add a day, late events and a day again, to count, to forget.

Usage: python tests/benchmarks/store.py [--days 10] [--events 1700000] [--buckets 16]

The log is that of `aggregate.py` with an event id (text) for every event. CPU-seconds of one
process; the peak is that of all steps so far.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from aggregate import FIRST_DAY, peak_gigabytes, write_log

from c2m.signals import DayStore, build_panel, read_events
from c2m.signals.store import tables


def write_ids(folder):
    """Give every event of a log an id."""
    for file in sorted(folder.glob("*.parquet")):
        table = pq.read_table(file)
        ids = pa.array([f"{file.stem}-{number:010x}" for number in range(table.num_rows)])
        pq.write_table(table.append_column("event_id", ids), file, compression="zstd")


def write_late(folder, files, share):
    """Write a file with a share of new events of some days."""
    parts = []
    for file in files:
        table = pq.read_table(file).slice(0, int(pq.read_metadata(file).num_rows * share))
        ids = pa.array([f"late-{file.stem}-{number}" for number in range(table.num_rows)])
        place = table.column_names.index("event_id")
        parts.append(table.set_column(place, "event_id", ids))
    pq.write_table(pa.concat_tables(parts), folder / "late.parquet")


class Steps:
    """Prints what each step costs."""

    def run(self, name, step, n_events):
        """Run a step."""
        wall, cpu = time.perf_counter(), time.process_time()
        found = step()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        sys.stdout.write(
            f"{name:46} {cpu:7.2f} CPU-s {wall:7.2f} s {n_events / cpu / 1e6:6.2f} M events/CPU-s "
            f"{peak_gigabytes():5.2f} GB\n"
        )
        sys.stdout.flush()
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--events", type=int, default=1_700_000, help="events a day")
    parser.add_argument("--buckets", type=int, help="most buckets a day")
    options = parser.parse_args()
    if options.buckets:
        tables._MOST_BUCKETS = options.buckets
    whole, day = options.days * options.events, options.events
    steps = Steps()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "log").mkdir()
        write_log(root / "log", whole, options.days, text_users=False)
        write_ids(root / "log")
        files = sorted((root / "log").glob("*.parquet"))
        write_late(root, files[-4:-1], 0.01)
        paths = [str(file) for file in files]
        store = DayStore(root / "store")
        sys.stdout.write(f"{options.days} days of {day:,} events with ids\n")
        steps.run(
            "add all days but the last", lambda: store.add(read_events(paths[:-1])), whole - day
        )
        steps.run("add the last day", lambda: store.add(read_events(paths[-1])), day)
        late = str(root / "late.parquet")
        steps.run("add late events of three days, 1 %", lambda: store.add(read_events(late)), day)
        steps.run("add the last day again", lambda: store.add(read_events(paths[-1])), day)
        moment = str(FIRST_DAY.astype("datetime64[D]") + 3650)
        steps.run("panel of the log, no store", lambda: count(read_events(paths)), whole)
        steps.run("panel of the store", lambda: count(store.events()), whole)
        steps.run("panel of the store as of a moment", lambda: count(store.events(), moment), whole)
        user = store.events().source.manifest.days  # any user: the most common one has number 0
        gone = steps.run(f"forget a user ({len(user)} days)", lambda: store.forget([12_345]), whole)
        size = store.summary()
        sys.stdout.write(
            f"{gone:,} rows forgotten; the store has {size['rows'].sum():,} rows in "
            f"{size['files'].sum():,} files, {size['megabytes'].sum():,.0f} MB; the log "
            f"{sum(file.stat().st_size for file in files) / 1e6:,.0f} MB\n"
        )


def count(events, as_of=None):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build_panel(events, freq="D", tz="UTC", as_of=as_of)


if __name__ == "__main__":
    main()
