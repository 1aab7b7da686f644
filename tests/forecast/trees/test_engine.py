import builtins

import pytest

from c2m.errors import MissingEngineError
from c2m.forecast import DirectBoosting
from c2m.forecast.trees.engine import load_lightgbm


def refuse(monkeypatch, error):
    usual = builtins.__import__

    def door(name, *rest, **named):
        if name == "lightgbm":
            raise error
        return usual(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", door)


def test_a_missing_libgomp_is_named_with_the_packages_that_bring_it(monkeypatch, make_panel):
    refuse(monkeypatch, OSError("libgomp.so.1: cannot open shared object file"))
    with pytest.raises(MissingEngineError) as raised:
        DirectBoosting(2).fit(make_panel())
    for package in ("apt-get install libgomp1", "dnf install libgomp", "brew install libomp"):
        assert package in str(raised.value)


def test_a_missing_lightgbm_says_how_to_install_it(monkeypatch):
    refuse(monkeypatch, ModuleNotFoundError("No module named 'lightgbm'"))
    with pytest.raises(MissingEngineError, match="pip install lightgbm"):
        load_lightgbm()
