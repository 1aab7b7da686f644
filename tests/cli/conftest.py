import shutil
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from c2m.cli import main
from c2m.cli.template import template_text

FACTORY = """\
freq = "W"
currency = "EUR"
lines = [{ line = "SEW", capacity = 400.0, unit = "pieces" }]
products = [
  { sku = "001", price = 20.0, unit_cost = 8.0, end_value = 4.0 },
  { sku = "002", price = 20.0, unit_cost = 8.0, end_value = 4.0 },
  { sku = "003", price = 20.0, unit_cost = 8.0, end_value = 4.0 },
]
routings = [
  { sku = "001", line = "SEW", moq = 20 },
  { sku = "002", line = "SEW", moq = 20 },
  { sku = "003", line = "SEW", moq = 20 },
]
"""
SET = {
    '# history = "history.csv"': 'history = "history.csv"',
    'factory = "factory.xlsx"': 'factory = "factory.toml"',
    '# stock = "stock.csv"': 'stock = "stock.csv"',
    "horizon = 12": "horizon = 4",
    '# candidates = ["SES", "DirectBoosting"]': 'candidates = ["SES"]',
    'models = ["SES", "TSB", "DirectBoosting"]': 'models = ["SES"]',
    "n_scenarios = 200": "n_scenarios = 20",
}
WEEKS = 40


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]


def run_in(folder: Path, *arguments: object) -> Ran:
    """Run a command in a folder, in this process."""
    out, err = StringIO(), StringIO()
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    return Ran(code, out.getvalue(), err.getvalue())


def history(weeks: int = WEEKS) -> pd.DataFrame:
    """Return what three SKUs sold, week by week."""
    periods = pd.date_range("2026-01-05", periods=WEEKS, freq="7D")
    units = np.random.default_rng(1).poisson([[30.0], [50.0], [80.0]], size=(3, WEEKS))
    rows = [
        {"sku": sku, "period": f"{period:%Y-%m-%d}", "sales": int(sold)}
        for sku, series in zip(("001", "002", "003"), units, strict=True)
        for period, sold in zip(periods[:weeks], series[:weeks], strict=True)
    ]
    return pd.DataFrame(rows)


def write_project(folder: Path) -> None:
    """Write a small project."""
    text = template_text()
    for default, own in SET.items():
        assert default in text, default
        text = text.replace(default, own, 1)
    (folder / "c2m.toml").write_text(text, "utf-8")
    (folder / "factory.toml").write_text(FACTORY, "utf-8")
    history().to_csv(folder / "history.csv", index=False)
    stock = pd.DataFrame({"sku": ["001", "002", "003"], "on_hand": [10, 20, 30]})
    stock.to_csv(folder / "stock.csv", index=False)


@pytest.fixture(scope="session")
def walked(tmp_path_factory) -> tuple[Path, dict[str, Ran]]:
    """Return a project in which every command ran once, and what each did."""
    folder = tmp_path_factory.mktemp("project") / "Łódź en été"
    folder.mkdir()
    write_project(folder)
    verbs = ("check", "panel", "backtest", "forecast", "plan", "report")
    return folder, {verb: run_in(folder, verb) for verb in verbs}


@pytest.fixture
def project(walked, tmp_path) -> Path:
    """Return a copy of that project, to change."""
    folder = tmp_path / "project"
    shutil.copytree(walked[0], folder)
    return folder


@pytest.fixture
def new_project(tmp_path) -> Path:
    """Return a project in which nothing ran yet."""
    write_project(tmp_path)
    return tmp_path


@pytest.fixture
def no_book(monkeypatch):
    """Leave the workbook out, where a test is not about it."""
    monkeypatch.setattr("c2m.report.write_workbook", lambda path, *plans, **how: path)
