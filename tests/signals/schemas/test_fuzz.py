"""Five hundred malformed logs; ``tests/benchmarks/fuzz.py`` feeds a hundred thousand."""

import importlib
import sys
from collections import Counter
from pathlib import Path

import pytest

INPUTS = 500


@pytest.fixture(scope="module")
def fuzz():
    folder = str(Path(__file__).parents[2] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("fuzz")
    finally:
        sys.path.remove(folder)


def test_nothing_but_an_error_of_c2m_or_a_reported_bad_row_comes_out(fuzz):
    reports = fuzz.run(INPUTS, seed=7)
    failures = [
        f"{failure} (python tests/benchmarks/fuzz.py --seed 7 --only {name}:{numbers[0]})"
        for name, report in reports.items()
        for failure, numbers in report.failures.items()
    ]
    assert not failures, "\n".join(failures)
    assert max(report.peak for report in reports.values()) < fuzz.MOST_MEMORY


def test_every_schema_is_fed_and_the_damage_goes_deep(fuzz):
    reports = fuzz.run(320, seed=8)
    total = sum((report.counts for report in reports.values()), Counter())
    assert {"segment", "snowplow", "adobe", "ga4", "canonical"} <= set(reports)
    assert all(report.counts.total() >= 10 for report in reports.values())
    assert min(total[outcome] for outcome in ("read", "set aside", "refused")) >= 20


def test_the_same_seed_makes_the_same_inputs(fuzz):
    first, again = ([fuzz.run_one("adobe", n, 1) for n in range(12)] for _ in range(2))
    assert first == again


def test_a_fault_is_found(fuzz, monkeypatch):
    def _broken(table):
        raise KeyError(table.num_rows)

    monkeypatch.setattr(fuzz, "check_events", _broken)
    outcomes = {fuzz.run_one("segment", number, 0).partition(":")[0] for number in range(20)}
    assert "failed" in outcomes


def test_what_takes_too_long_is_found(fuzz, monkeypatch):
    def _endless(table):
        while table is not None:
            pass

    monkeypatch.setattr(fuzz, "check_events", _endless)
    monkeypatch.setattr(fuzz, "LIMIT", 0.3)
    outcomes = [fuzz.run_one("segment", number, 0) for number in range(8)]
    assert any("TimeoutError" in outcome for outcome in outcomes)
