"""Malformed logs of every schema: does anything but a `C2MError` or a reported bad row come out?

Starts from the fixtures of ``tests/signals/schemas/fixtures`` and damages them: values of records
that no schema knows, lost and doubled fields, other types of columns, broken bytes, CSV, JSON and
parquet, and plain noise. Each input goes through `c2m.read_events` to events and, one in three, to
a panel. An input fails where another error or warning comes out, an event breaks the canonical
schema, it takes longer than `LIMIT` seconds, or brings the process down; also where a process
needs more than `MOST_MEMORY` MB.

Run ``python tests/benchmarks/fuzz.py --inputs 100000``; the same seed gives the same inputs, and
``--only segment:123`` runs one of them and shows its error.
"""

import argparse
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from damage import FIXTURES, Seed, make_input, seeds

import c2m
from c2m.errors import C2MError, C2MWarning
from c2m.signals.schema import COLUMNS
from c2m.signals.schemas import LAYOUTS

KEY = bytes(range(32))
LIMIT = 20.0
MOST_MEMORY = 1_500
PART = 2_000
OUTCOMES = ("read", "set aside", "refused", "failed")


@dataclass
class Report:
    """What became of the inputs of one schema."""

    counts: Counter[str]
    failures: dict[str, list[int]]
    seconds: float = 0.0
    peak: float = 0.0


class Fed(NamedTuple):
    """What became of one input."""

    number: int
    name: str
    outcome: str
    seconds: float
    peak: float


# ---------------------------------------------------------------- one run


@contextmanager
def unraised(told: list[str]) -> Iterator[None]:
    """Note the errors that Python can only print, such as those within a callback."""

    def _note(caught: "sys.UnraisableHookArgs") -> None:
        if "CsvSource" in repr(caught.object) and caught.exc_type is UnicodeDecodeError:
            return  # Arrow cannot show a torn line of another encoding, and then gives up the file
        told.append(f"unraisable {caught.exc_type.__name__} of {caught.object!r}"[:60])

    before, sys.unraisablehook = sys.unraisablehook, _note
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop what takes too long."""

    def _stop(*_: object) -> None:
        raise TimeoutError(f"longer than {seconds:g} s")

    signal.signal(signal.SIGALRM, _stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


REPORT = {
    "columns": {
        "sales": "units_ordered",
        "views": "page_views",
        "revenue": "ordered_product_sales",
        "returns": "returns",
        "stock": "stock",
        "reviews": "review_count",
    },
    "sku": "asin",
    "cumulative": ["reviews"],
}
"""How the fixture of a marketplace's report is read."""


def feed(schema: str, source: object, rng: random.Random, folder: Path) -> None:
    """Read an input through the door of its schema."""
    if schema == "marketplace":
        freq, gaps = rng.choice(["D", "W"]), rng.choice(["zero", "unknown", None])
        c2m.read_aggregate(source, freq=freq, gaps=gaps, partial_period="keep", **REPORT)
    elif schema == "stock_snapshots":
        date = rng.choice(["2026-11-22", "note", None])
        missing = rng.choice(["unknown", "zero"])
        where = {"quantity": "units", "location": "store", "time_zone": "Europe/Paris"}
        events = c2m.read_stock_snapshots(source, date=date, missing_sku=missing, **where)
        check_events(events.to_arrow())
    else:
        feed_log(schema, source, rng, folder)


def feed_log(schema: str, source: object, rng: random.Random, folder: Path) -> None:
    """Read a log to events and, one in three, to a panel."""
    layout = LAYOUTS.get(schema)
    consents = (
        ["all", ["analytics_storage"]] if layout is not None and layout.has_consent else [None]
    )
    events = c2m.read_events(
        source,
        schema=schema,
        key=KEY if layout is None or layout.has_users else None,
        consent=rng.choice(consents),
        on_bad=rng.choice(["set_aside", "set_aside", "set_aside", "error"]),
        bad_rows=folder / "bad" if rng.random() < 0.1 else None,
        time_zone=rng.choice([None, None, "UTC", "America/New_York"]),
    )
    check_events(events.to_arrow())
    if rng.random() < 0.34:
        freq, zone = rng.choice(["D", "W-MON", "MS"]), rng.choice([None, "UTC", "Asia/Shanghai"])
        with suppress(C2MError):  # such as no purchase to make sales of
            c2m.build_panel(events, freq=freq, tz=zone, partial_period="keep")


def check_events(table: pa.Table) -> None:
    """Make sure that every event keeps the canonical schema."""
    strange = set(table.column_names) - set(COLUMNS)
    assert not strange, f"columns {strange}"
    assert table.column("event_time").null_count == 0, "an event without a time"
    years = pc.year(table.column("event_time")).to_numpy()
    assert ((years >= 1900) & (years <= 2200)).all(), "a time before 1900 or after 2200"
    for name, low, high in (("quantity", 0.0, np.inf), ("in_stock", 0.0, 1.0), ("trust", 0.0, 1.0)):
        if name in table.column_names and name != "quantity":
            values = table.column(name).to_numpy()
            assert not ((values < low) | (values > high)).any(), f"{name} out of its range"


def run_one(
    schema: str, number: int, seed: int, show: Callable[[str], object] | None = None
) -> str:
    """Return what became of one input: an outcome, or ``"failed: ..."``."""
    rng = random.Random(f"{seed}:{schema}:{number}")
    printed: list[str] = []
    with (
        tempfile.TemporaryDirectory() as place,
        warnings.catch_warnings(record=True) as told,
        unraised(printed),
    ):
        warnings.simplefilter("ignore")
        source = make_input(schema, _seeds(schema), rng, Path(place))
        warnings.simplefilter("always")
        try:
            with time_limit(LIMIT):
                feed(schema, source, rng, Path(place))
            outcome = "set aside" if told else "read"
        except C2MError as error:
            outcome = "refused"
            if show is not None:
                show(str(error))
        except (Exception, RecursionError) as error:  # noqa: BLE001 - what it looks for
            outcome = f"failed: {_where(error)}"
            if show is not None:
                show(traceback.format_exc())
        printed += [
            f"{one.category.__name__}: {one.message}"[:200]
            for one in told
            if not issubclass(one.category, C2MWarning)
        ]
    if printed and not outcome.startswith("failed"):
        outcome = f"failed: {printed[0]}"
    return outcome


def _where(error: BaseException) -> str:
    """Return what an error is, and the last line of c2m that it passed."""
    frames = [one for one in traceback.extract_tb(error.__traceback__) if "/c2m/" in one.filename]
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "the harness"
    return f"{type(error).__name__} in {place}: {str(error)[:100]!r}"


_SEEDS: dict[str, list[Seed]] = {}


def _seeds(schema: str) -> list[Seed]:
    if schema not in _SEEDS:
        _SEEDS[schema] = seeds(schema)
    return _SEEDS[schema]


def names_of(schemas: list[str] | None) -> list[str]:
    """Return the schemas to feed: all that have a fixture, unless some were named."""
    logs = (name for name in LAYOUTS if (FIXTURES / name).is_dir())
    return schemas or ["canonical", *logs, "marketplace", "stock_snapshots"]


def each(start: int, stop: int, seed: int, schemas: list[str] | None) -> Iterator[Fed]:
    """Feed inputs to every schema in turn, in this process."""
    names = names_of(schemas)
    for number in range(start, stop):
        name = names[number % len(names)]
        begun = time.perf_counter()
        outcome = run_one(name, number, seed)
        yield Fed(number, name, outcome, time.perf_counter() - begun, peak())


def each_guarded(inputs: int, seed: int, schemas: list[str] | None) -> Iterator[Fed]:
    """Feed inputs in processes of their own, which an input may bring down."""
    names, start = names_of(schemas), 0
    while start < inputs:
        stop = min(start + PART, inputs)
        part = [f"--part={start}:{stop}", f"--seed={seed}", "--schema", *names]
        with subprocess.Popen([sys.executable, __file__, *part], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            for line in child.stdout:
                fed = Fed(*json.loads(line))
                start = fed.number + 1
                if fed.outcome.startswith("failed"):
                    print(f"{fed.name}:{fed.number} {fed.outcome}", file=sys.stderr, flush=True)
                yield fed
        if child.returncode:
            why = f"failed: the process ended with {child.returncode}"
            yield Fed(start, names[start % len(names)], why, 0.0, 0.0)
            start += 1
        print(f"{start:,} inputs", file=sys.stderr, flush=True)


def collect(fed: Iterable[Fed]) -> dict[str, Report]:
    """Count what became of the inputs."""
    found: dict[str, Report] = {}
    for one in fed:
        report = found.setdefault(one.name, Report(Counter(), {}))
        report.seconds += one.seconds
        report.peak = max(report.peak, one.peak)
        report.counts[one.outcome.partition(":")[0]] += 1
        if one.outcome.startswith("failed"):
            report.failures.setdefault(one.outcome, []).append(one.number)
    return found


def run(inputs: int, seed: int = 0, schemas: list[str] | None = None) -> dict[str, Report]:
    """Feed inputs in this process, and count what became of them."""
    return collect(each(0, inputs, seed, schemas))


def peak() -> float:
    """Return the most memory that the process ever had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def show(reports: dict[str, Report]) -> int:
    """Print what became of the inputs; 1 if one failed."""
    heads = "".join(f"{name:>11}" for name in OUTCOMES)
    print(f"{'schema':<24}{'inputs':>8}{heads}   ms each")
    for name, report in reports.items():
        total = report.counts.total()
        counts = "".join(f"{report.counts[outcome]:>11,}" for outcome in OUTCOMES)
        print(f"{name:<24}{total:>8,}{counts}{1_000 * report.seconds / total:>10.1f}")
    most = max(report.peak for report in reports.values())
    counts = sum((report.counts for report in reports.values()), Counter[str]())
    listed = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES)
    print(f"{counts.total():,} inputs: {listed}; peak memory {most:,.0f} MB")
    for name, report in reports.items():
        for failure, numbers in report.failures.items():
            print(f"{name}: {len(numbers):,} x {failure} (--only {name}:{numbers[0]})")
    return int(most > MOST_MEMORY or any(report.failures for report in reports.values()))


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schema", nargs="*", help="only these schemas")
    parser.add_argument("--only", help="one input, such as segment:123")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.only:
        schema, _, number = chosen.only.rpartition(":")
        print(run_one(schema, int(number), chosen.seed, print))
        return 0
    if chosen.part:
        start, stop = map(int, chosen.part.split(":"))
        for fed in each(start, stop, chosen.seed, chosen.schema):
            print(json.dumps(fed), flush=True)
        return 0
    return show(collect(each_guarded(chosen.inputs, chosen.seed, chosen.schema)))


if __name__ == "__main__":
    sys.exit(main())
