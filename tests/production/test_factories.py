"""Five hundred random factories; ``tests/benchmarks/factories.py`` plays ten thousand."""

import importlib
import sys
import warnings
from pathlib import Path

import pytest

from c2m.errors import C2MWarning

FACTORIES = 500


@pytest.fixture(scope="module")
def report():
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        factories = importlib.import_module("factories")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", C2MWarning)
            return factories.run(FACTORIES, seed=3)
    finally:
        sys.path.remove(folder)


def test_on_random_factories_what_is_stated_is_what_playing_gives_and_every_limit_holds(report):
    again = "(python tests/benchmarks/factories.py --only <the first number>)"
    assert not report.failures, "\n".join([*report.failures, again])
    assert report.factories.total() >= FACTORIES - report.refused.total()


def test_absurd_factories_are_among_them_and_some_are_planned_alone(report):
    absurd = ("no capacity", "MOQ above demand", "lead time past the horizon", "negative margin")
    assert all(report.factories[kind] >= 10 for kind in absurd)
    assert report.plans > report.factories.total() // 100 + 5
    assert report.runs > 300
