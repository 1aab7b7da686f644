import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from c2m.signals.counting.sweep import DatedPart, event_micros, sweep
from c2m.signals.logs.sources import Part
from c2m.signals.reading.times import DAY, local_days


def unsorted_batches(n_batches=6, rows=200, days=5):
    rng = np.random.default_rng(3)
    tables = []
    for number in range(n_batches):
        times = rng.integers(0, days * DAY, rows)
        skus = pa.array([f"sku-{number}-{code}" for code in rng.integers(0, 9, rows)])
        tables.append(
            pa.table(
                {
                    "event_time": pa.array(times).cast(pa.timestamp("us", tz="UTC")),
                    "sku": skus.dictionary_encode(),
                }
            )
        )
    return tables


def run(tables, waiting_rows):
    parts = [DatedPart(Part(number, "", 0), None) for number in range(len(tables))]
    return sweep(parts, lambda part: iter([tables[part.number]]), "UTC", waiting_rows)


def as_rows(table):
    return sorted(zip(event_micros(table), table["sku"].to_pylist(), strict=True))


@pytest.fixture
def temp_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_spilling_to_disk_changes_nothing(temp_folder):
    tables = unsorted_batches()
    in_memory = {day: as_rows(table) for day, table in run(tables, 10**9)}
    spilled = {}
    for day, table in run(tables, 300):
        spilled[day] = as_rows(table)
        assert list(temp_folder.iterdir())
    assert spilled == in_memory
    assert list(spilled) == sorted(spilled)
    assert sum(map(len, spilled.values())) == 1200
    assert not list(temp_folder.iterdir())


def test_the_temporary_folder_goes_when_reading_fails(temp_folder):
    tables = unsorted_batches()

    def read(part):
        if part.number == 5:
            assert list(temp_folder.iterdir())
            raise OSError("disk gone")
        yield tables[part.number]

    parts = [DatedPart(Part(number, "", 0), None) for number in range(6)]
    with pytest.raises(OSError, match="disk gone"):
        list(sweep(parts, read, "UTC", 300))
    assert not list(temp_folder.iterdir())


def test_a_day_on_disk_carries_its_own_texts_only(temp_folder):
    days = iter(run(unsorted_batches(), 300))
    next(days)
    for path in temp_folder.glob("*/*.arrow"):
        with pa.ipc.open_file(path) as reader:
            column = reader.read_all()["sku"].combine_chunks()
        assert len(column.dictionary) == len(column.unique())


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_the_temporary_folder_goes_when_the_caller_is_interrupted(temp_folder, error):
    def count():
        with closing(run(unsorted_batches(), 300)) as days:
            for _ in days:
                assert list(temp_folder.iterdir())
                raise error

    with pytest.raises(error):
        count()
    assert not list(temp_folder.iterdir())


def test_the_temporary_folder_goes_when_the_caller_stops(temp_folder):
    with closing(run(unsorted_batches(), 300)) as days:
        next(days)
        assert list(temp_folder.iterdir())
    assert not list(temp_folder.iterdir())


def test_a_day_is_handed_out_before_later_parts_are_read():
    table = unsorted_batches(1, days=1)[0]
    read_parts = []

    def read(part):
        read_parts.append(part.number)
        shifted = pa.array(event_micros(table) + part.number * DAY)
        yield table.set_column(0, "event_time", shifted.cast(pa.timestamp("us", tz="UTC")))

    parts = [DatedPart(Part(number, "", 0), number) for number in (2, 0, 1)]
    for day, _ in sweep(parts, read, "UTC"):
        assert len(read_parts) <= day + 2
    assert read_parts == [0, 1, 2]


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Asia/Kathmandu", "America/Havana", "UTC"]
)
def test_local_days_equal_those_of_pandas_over_a_year_with_changes_of_the_clock(zone):
    times = pd.date_range("2026-01-01", "2027-01-01", freq="17min", tz="UTC")
    micros = times.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)
    expected = times.tz_convert(zone).tz_localize(None).normalize()
    days = local_days(micros, zone).astype("datetime64[D]")
    assert np.array_equal(days, expected.to_numpy(dtype="datetime64[D]"))


def test_nothing_is_left_in_the_folder_of_temporary_files():
    before = set(Path(tempfile.gettempdir()).glob("c2m-events-*"))
    list(run(unsorted_batches(), 300))
    assert set(Path(tempfile.gettempdir()).glob("c2m-events-*")) <= before
