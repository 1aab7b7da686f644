"""How fast the GA4 export is read: `python tests/benchmarks/ga4.py [events]`.

Prints items per CPU-second of the parquet and the JSON road, with pseudonyms, and what the
pseudonyms cost by themselves. The log is the test fixture, multiplied: other devices, moments,
orders and items.
"""

import importlib.util
import json
import resource
import sys
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from c2m.signals import read_events
from c2m.signals.reading.pseudonyms import Pseudonyms

TESTS = Path(__file__).resolve().parents[1] / "signals" / "schemas" / "ga4"
KEY = bytes(range(32))
SHARES = {"view_item_list": 0.2, "view_item": 0.4, "add_to_cart": 0.08, "purchase": 0.02}


def fixture():
    """Return the module that knows the types of the export."""
    spec = importlib.util.spec_from_file_location("ga4_export", TESTS / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_logs(folder, n_events):
    """Write the same log as parquet and as JSON lines."""
    export = fixture()
    records = [
        json.loads(line)
        for path in sorted(export.FOLDER.glob("*.json"))
        for line in path.read_text().splitlines()
    ]
    first = {row["event_name"]: row for row in records if row.get("items")}
    page = next(row for row in records if row["event_name"] == "page_view")
    rng = np.random.default_rng(1)
    names = rng.choice([*SHARES, "page_view"], n_events, p=[*SHARES.values(), 0.3])
    rows = []
    for place, name in enumerate(names):
        row = dict(first.get(name, page))
        row["event_timestamp"] = str(1_763_600_000_000_000 + place * 86_400_000_000 // n_events)
        row["user_pseudo_id"] = f"{rng.integers(n_events // 10)}.1763600000"
        n_items = {"view_item_list": 12, "page_view": 0}.get(name, 1)
        row["items"] = [
            row["items"][0] | {"item_id": f"P-{number:05}"}
            for number in rng.integers(5_000, size=n_items)
        ]
        if name == "purchase":
            row["ecommerce"] = {"transaction_id": f"T{place}"}
        rows.append(row)
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "events_20251120.json").write_text(lines)
    table = export.as_table(rows)
    pq.write_table(table, folder / "events_20251120.parquet", row_group_size=100_000)


def read(path):
    """Return the number of events in a log, and the CPU-seconds that reading took."""
    events = read_events(path, schema="ga4", key=KEY, consent="all", time_zone="UTC")
    start = time.process_time()
    columns = ["event_time", "event_type", "sku", "quantity", "unit_price", "currency", "user_key"]
    count = sum(table.num_rows for _, table in events.by_day(columns=columns))
    return count, time.process_time() - start


def main():
    n_events = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_logs(folder, n_events)
        for kind in ("parquet", "json"):
            count, spent = read(folder / f"events_20251120.{kind}")
            print(
                f"{kind:8} {n_events:,} events, {count:,} items: "
                f"{count / spent / 1e6:.3f} M items and {n_events / spent / 1e6:.4f} M events "
                "per CPU-second"
            )
    ids = pa.array([f"{number}.1763600000" for number in range(500_000)])
    start = time.process_time()
    Pseudonyms(KEY).numbers("user_key", ids)
    print(f"hashing  {0.5 / (time.process_time() - start):.2f} M unique ids per CPU-second")
    print(f"memory   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB at most")


if __name__ == "__main__":
    main()
