"""What the commands leave in the output folder, and how the next command finds it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pandas as pd

from c2m.cli.config import Config
from c2m.engines import engine
from c2m.errors import ArgumentError, DataError
from c2m.storage import Folder, read_folder, write_folder

if TYPE_CHECKING:
    from c2m.demand import Demand
    from c2m.forecast import Backtest
    from c2m.panel import Panel
    from c2m.plan import Plan

PANEL: Final = "panel"
MODEL: Final = "model"
DEMAND: Final = "demand"
BACKTEST: Final = "backtest"
PLAN: Final = "plan"
PREVIOUS: Final = "previous-plan"
"""Folders in the output folder."""

_MADE_BY: Final = {PANEL: "panel", DEMAND: "forecast", MODEL: "forecast", PLAN: "plan"}

_WORKBOOK: Final = ("xlsxwriter", "Workbooks")
_REPORT: Final = (("matplotlib.figure", "Figures"), ("jinja2", "Reports"))


def check_output(folder: Path, *, workbook: bool = False, report: bool = False) -> None:
    """Stop before any work where its result could not be written; make the folder.

    Parameters
    ----------
    folder : Path
        Where a command will write.
    workbook, report : bool
        Whether it will write one.

    Raises
    ------
    ArgumentError
        If a file is in the way, or nothing may be written there.
    MissingEngineError
        If a package that the report or the workbook needs is not installed.
    """
    for module, purpose in (*_REPORT * report, *(_WORKBOOK,) * workbook):
        engine(module, purpose)
    in_the_way = next((path for path in (folder, *folder.parents) if path.is_file()), None)
    if in_the_way is not None:
        raise ArgumentError(f"Expected a folder, got the file {in_the_way}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _no_room(folder, str(error.strerror), error)
    if not os.access(folder, os.W_OK | os.X_OK):
        _no_room(folder, "it may not be written to")


def _no_room(folder: Path, why: str, error: OSError | None = None) -> NoReturn:
    raise ArgumentError(
        f"Nothing can be written in {folder}: {why}. Choose another folder with --out"
    ) from error


def load_panel(config: Config) -> "Panel":
    """Read the panel that ``c2m panel`` wrote.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Panel
        What was known.
    """
    from c2m.panel import Panel

    return Panel.load(made(config, PANEL))


def load_demand(config: Config) -> "Demand":
    """Read the forecast that ``c2m forecast`` wrote.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Demand
        The forecast.
    """
    from c2m.demand import Demand

    return Demand.load(made(config, DEMAND))


def load_plan(config: Config, folder: Path | None = None) -> "Plan":
    """Read the plan that ``c2m plan`` wrote, or another one.

    Parameters
    ----------
    config : Config
        The project.
    folder : Path, optional
        Of another plan.

    Returns
    -------
    Plan
        The plan.
    """
    from c2m.plan import Plan

    return Plan.load(made(config, PLAN) if folder is None else folder)


def save_backtest(path: Path, found: "Backtest") -> Path:
    """Write the scores of a backtest to a folder; its forecasts are not kept.

    Parameters
    ----------
    path : Path
        The folder.
    found : Backtest
        The scores.

    Returns
    -------
    Path
        The folder.
    """
    facts = {
        "horizon": found.horizon,
        "step": found.step,
        "levels": list(found.levels),
        "target": found.target,
    }
    return write_folder(path, BACKTEST, Folder(facts, tables={"scores": found.scores}))


def load_backtest(config: Config) -> "Backtest | None":
    """Read the scores that the last ``c2m backtest`` or ``c2m forecast`` wrote.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Backtest, optional
        The scores; None where there are none.

    Raises
    ------
    DataError
        If the folder is incomplete, changed or no backtest.
    """
    from c2m.forecast import Backtest

    path = config.output / BACKTEST
    if not path.exists():
        return None
    folder = read_folder(path, BACKTEST)
    try:
        facts: dict[str, Any] = {
            "horizon": int(folder.facts["horizon"]),
            "step": int(folder.facts["step"]),
            "levels": tuple(float(level) for level in folder.facts["levels"]),
            "target": str(folder.facts["target"]),
        }
        return Backtest(scores=folder.tables["scores"], **facts)
    except (KeyError, TypeError, ValueError) as error:
        problem = f"its facts are not those of a backtest: {error!r}"
        raise DataError(str(path), [problem], "run c2m backtest again") from error


def write_table(path: Path, table: pd.DataFrame, *, index: bool = False) -> Path:
    """Write a CSV file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file, ending in ``.csv``.
    table : DataFrame
        What it holds.
    index : bool
        Whether the index is its first column.

    Returns
    -------
    Path
        The file.
    """
    from c2m.report.files import whole_file

    with whole_file(path, ".csv") as draft:
        table.to_csv(draft, index=index, lineterminator="\n")
    return path


def made(config: Config, name: str) -> Path:
    """Return where an earlier command left its result.

    Parameters
    ----------
    config : Config
        The project.
    name : str
        `PANEL`, `MODEL`, `DEMAND` or `PLAN`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError
        If it is not there; the message names the command that makes it.
    """
    path = config.output / name
    if not path.exists():
        what = "forecast" if name == DEMAND else name
        raise ArgumentError(
            f"Expected a saved {what} in {path}, but there is none. Run first: c2m {_MADE_BY[name]}"
        )
    return path
