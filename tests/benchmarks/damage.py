"""What is wrong with logs: fixtures of every schema, and ways to damage them."""

import csv
import io
import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from c2m.signals.schemas import LAYOUTS

FIXTURES = Path(__file__).parents[1] / "signals" / "schemas" / "fixtures"

ODD: tuple[Any, ...] = (
    *(None, "", " ", "0", "-1", "1e400", "nan", "Infinity", "x" * 5_000, "\x00", "\ud800", "ß@é.x"),
    *("2026-11-16T09:00:00", "2026-11-16T09:00:00Z", "9999-12-31T23:59:59+14:00", "0000-00-00"),
    *("24:00", "2026-02-30", "٣", "1,5", "1_000", "true", "[", '{"a":', '{"sku": "A"}', "[[]]"),
    *(0, -1, 1, 2**31, 2**63, -(2**63), 10**40, 1.5, -0.0, float("nan"), float("inf"), 1e308),
    *(True, False, [], {}, [[]], [None], {"": None}, ["a", 1], {"id": {"id": []}}, [{}], b"\xff"),
    *(253_402_300_800, 1_763_280_000_000, 1_763_280_000_000_000, -9_999_999_999_999),
)
"""Values that stand in no description of any export."""

TYPES = (
    *(pa.string(), pa.large_string(), pa.binary(), pa.int8(), pa.int64(), pa.uint64()),
    *(pa.float32(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("s"), pa.timestamp("ns")),
    *(pa.timestamp("us", "UTC"), pa.time64("us"), pa.duration("ms"), pa.decimal128(20, 3)),
    *(pa.null(), pa.list_(pa.string()), pa.struct([("a", pa.int64())]), pa.string_view()),
)


KINDS = ("list", "json", "csv", "parquet", "frame", "arrow", "bytes", "own") * 2
"""What an input lies in; one in 17 is noise."""


@dataclass(frozen=True)
class Seed:
    """A fixture: its bytes, its records, and the ending of its file."""

    blob: bytes
    records: list[dict[str, Any]]
    suffix: str


# ---------------------------------------------------------------- seeds


def seeds(schema: str) -> list[Seed]:
    """Return the fixtures of a schema; the canonical one has a log of its own."""
    if schema == "canonical":
        rows = [
            {
                "event_id": f"e{n}",
                "event_time": f"2026-11-{16 + n % 5}T09:00:00Z",
                "sku": f"A{n % 3}",
            }
            | {"event_type": kind, "quantity": "2", "unit_price": "9.5", "currency": "EUR"}
            | {"user_key": f"u{n % 4}", "in_stock": "1", "ingest_time": "2026-11-22T09:00:00Z"}
            for n, kind in enumerate(["view", "cart_add", "purchase", "return", "stock_level"] * 4)
        ]
        return [Seed(as_csv(rows, ","), rows, ".csv")]
    files = sorted(path for path in (FIXTURES / schema).iterdir() if path.is_file())
    return [Seed(path.read_bytes(), read_records(schema, path), path.suffix) for path in files]


def read_records(schema: str, path: Path) -> list[dict[str, Any]]:
    """Return the records of a fixture as dicts."""
    text = path.read_text("utf-8-sig")
    if path.suffix in {".json", ".jsonl"}:
        try:
            found = json.loads(text)
        except ValueError:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        return found if isinstance(found, list) else [found]
    mark = "\t" if path.suffix == ".tsv" else ","
    names = (LAYOUTS[schema].header if schema in LAYOUTS else ()) or None
    return list(csv.DictReader(io.StringIO(text), fieldnames=names, delimiter=mark))


# ---------------------------------------------------------------- damage


def damage_value(value: Any, rng: random.Random, seed: Seed) -> Any:
    """Return an odd value, another value of the fixture, or a part of it damaged."""
    if isinstance(value, dict) and value and rng.random() < 0.7:
        return damage_record(value, rng, seed)
    if isinstance(value, list) and value and rng.random() < 0.7:
        place = rng.randrange(len(value))
        part = damage_value(value[place], rng, seed)
        return [*value[:place], *([part] * rng.choice([0, 1, 1, 3])), *value[place + 1 :]]
    if isinstance(value, str) and value and rng.random() < 0.3:
        place = rng.randrange(len(value))
        return value[:place] + rng.choice(["", "\n", '"', ";", ",", "^", "\\", "é"]) + value[place:]
    if rng.random() < 0.2:
        other = rng.choice(seed.records)
        return rng.choice(list(other.values())) if other else None
    return rng.choice(ODD)


def damage_record(record: dict[str, Any], rng: random.Random, seed: Seed) -> dict[str, Any]:
    """Return a record with a few fields changed, lost, renamed or added."""
    found = dict(record)
    for _ in range(rng.choice([1, 1, 2, 5])):
        if not found:
            break
        name = rng.choice(list(found))
        action = rng.random()
        if action < 0.7:
            found[name] = damage_value(found[name], rng, seed)
        elif action < 0.8:
            del found[name]
        elif action < 0.9:
            value = found.pop(name)
            found[rng.choice([*found, "renamed"])] = value
        else:
            found[rng.choice(["", "sku", "event_time", "\ud800", "a.b", name.upper()])] = name
    return found


def damage_records(seed: Seed, rng: random.Random) -> list[Any]:
    """Return some records of a fixture, some of them damaged, some twice, in another order."""
    start = rng.randrange(len(seed.records))
    chosen: list[Any] = seed.records[start : start + rng.choice([1, 3, 10, 40])]
    found = [damage_record(one, rng, seed) if rng.random() < 0.6 else one for one in chosen]
    if rng.random() < 0.2:
        found += found[: rng.randrange(len(found) + 1)]
    if rng.random() < 0.2:
        rng.shuffle(found)
    if rng.random() < 0.1:
        found.insert(0, rng.choice(ODD))
    return found


def damage_bytes(blob: bytes, rng: random.Random) -> bytes:
    """Return bytes with pieces changed, cut out, doubled or put in."""
    found = bytearray(blob)
    for _ in range(rng.choice([1, 1, 2, 8])):
        place = rng.randrange(len(found) + 1)
        stop = min(len(found), place + rng.choice([1, 1, 4, 50, 500]))
        action = rng.randrange(6)
        if action == 0:
            found[place:stop] = rng.randbytes(stop - place)
        elif action == 1:
            del found[place:stop]
        elif action == 2:
            found[place:place] = found[place:stop]
        elif action == 3:
            marks = [b'"', b"\n", b"\r", b",", b"\t", b"\x00", b"\xff\xfe", b"{", b"]", b"\\"]
            found[place:place] = rng.choice(marks) * rng.choice([1, 1, 3, 2_000])
        elif action == 4:
            del found[place:]
        elif place < len(found):
            found[place] ^= 1 << rng.randrange(8)
    return bytes(found)


# ---------------------------------------------------------------- inputs


def plain(records: list[Any]) -> list[dict[str, Any]]:
    """Return the records that are objects, so that a table can be made of them."""
    return [one for one in records if isinstance(one, dict)] or [{}]


def as_text(value: Any) -> str:
    """Return a value as a field of a CSV file."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=repr)


def as_csv(records: list[dict[str, Any]], mark: str, *, header: bool = True) -> bytes:
    """Return records as a CSV file."""
    names = list(dict.fromkeys(str(name) for record in records for name in record))
    text = io.StringIO()
    rows = csv.writer(text, delimiter=mark)
    if header:
        rows.writerow(names)
    for record in records:
        rows.writerow([as_text(record.get(name)).replace("\x00", "") for name in names])
    return text.getvalue().encode("utf-8", "surrogatepass")


def as_table(records: list[dict[str, Any]], rng: random.Random) -> pa.Table:
    """Return records as an Arrow table, some columns of which have another type."""
    names = list(dict.fromkeys(str(name) for record in records for name in record)) or ["x"]
    arrays, kept = [], []
    for name in names:
        values = [record.get(name) for record in records]
        try:
            array = pa.array(values)
        except (pa.ArrowException, OverflowError, UnicodeError, TypeError, ValueError):
            array = pa.array([as_text(one).encode("utf-8", "replace").decode() for one in values])
        if rng.random() < 0.15:
            try:
                array = array.cast(rng.choice(TYPES), safe=False)
            except pa.ArrowException:
                array = pa.nulls(len(values), rng.choice(TYPES))
        if rng.random() < 0.1 and pa.types.is_string(array.type):
            array = array.dictionary_encode()
        arrays.append(array)
        kept.append(name if name.isascii() else "other")
    return pa.table(arrays, names=kept)


def parquet_bytes(table: pa.Table, rng: random.Random) -> bytes:
    """Return a table as a parquet file, with small row groups."""
    file = io.BytesIO()
    try:
        pq.write_table(table, file, row_group_size=rng.choice([1, 5, 100]))
    except pa.ArrowException:  # a type that parquet has not
        pq.write_table(pa.table({"x": [1]}), file)
    return file.getvalue()


def make_input(schema: str, all_seeds: list[Seed], rng: random.Random, folder: Path) -> object:
    """Return one malformed log: a path, or a table or list in memory."""
    seed = rng.choice(all_seeds)
    kind = rng.choice([*KINDS, "noise"])
    if kind in {"list", "frame", "arrow"}:
        return in_memory(kind, damage_records(seed, rng), rng)
    if kind == "noise":
        suffix = rng.choice([seed.suffix, ".csv", ".json", ".jsonl", ".parquet", ".tsv", ".csv.gz"])
        start = rng.choice([b"", b"PAR1", b"{", b"[", b"\x1f\x8b", seed.blob[:100]])
        return write(folder, suffix, start + rng.randbytes(rng.choice([0, 10, 3_000])))
    if kind == "bytes":
        return write(folder, seed.suffix, damage_bytes(seed.blob, rng))
    if kind == "own":
        kind = {".json": "json", ".jsonl": "json"}.get(seed.suffix, "csv")
    records = damage_records(seed, rng)
    if kind == "json":
        blob, suffix = json_bytes(records, rng), rng.choice([".jsonl", ".json"])
    elif kind == "csv":
        mark = "\t" if seed.suffix == ".tsv" else rng.choice(",,,,,,,;")
        header = not (schema in LAYOUTS and LAYOUTS[schema].header)
        suffix = ".tsv" if mark == "\t" else ".csv"
        blob = as_csv(plain(records), mark, header=header)
    else:
        blob, suffix = parquet_bytes(as_table(plain(records), rng), rng), ".parquet"
    return write(folder, suffix, damage_bytes(blob, rng) if rng.random() < 0.3 else blob)


def in_memory(kind: str, records: list[Any], rng: random.Random) -> object:
    """Return a log that lies in no file."""
    if kind == "list":
        return records
    if kind == "arrow":
        return as_table(plain(records), rng)
    try:
        return pd.DataFrame(plain(records))
    except UnicodeError:  # no frame has such a name
        return records


def json_bytes(records: list[Any], rng: random.Random) -> bytes:
    """Return records as an array of JSON, or one a line."""
    lines = [json.dumps(one, default=repr) for one in records]
    text = "\n".join(lines) if rng.random() < 0.7 else f"[{','.join(lines)}]"
    return text.encode()


def write(folder: Path, suffix: str, blob: bytes) -> Path:
    """Write an input where `c2m.read_events` finds it."""
    path = folder / f"log{suffix}"
    path.write_bytes(blob)
    return path
