"""The whole road on the data that ship with c2m: events, panel, demand, plan, report, workbook."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from c2m.cli.input_settings import Files
from c2m.cli.saved import BACKTEST, DEMAND, MODEL, PANEL, PLAN
from c2m.cli.template import NAME
from c2m.errors import ArgumentError, C2MWarning

if TYPE_CHECKING:
    from c2m.datasets import Journey
    from c2m.demand import Demand
    from c2m.forecast import Selection
    from c2m.panel import Panel
    from c2m.plan import Plan

HORIZON: Final = 8
"""Weeks that are forecast and planned; so many are held back from the data."""

N_STEPS: Final = 7

OUTPUT: Final = Files.output
"""Where commands write unless told, the demo as those of a project."""

_OF_PROJECTS: Final = (NAME, PANEL, MODEL, DEMAND, BACKTEST, PLAN)

_STOCK_WEEKS: Final = 1.0
_RECENT_WEEKS: Final = 8

_ASSUMED: Final = (
    "Sales, prices, displays and mailers come from the Complete Journey of 84.51/dunnhumby: about "
    "2,300 households of one grocery chain. The factory does not: its costs, times, lots and "
    "capacity are assumed, as its file says.",
    "Opening stock is assumed: one week of each SKU's mean sales of the last eight weeks.",
    "Displays and mailers of the planned weeks are known ahead; prices are not.",
)


def check_place(folder: Path) -> None:
    """Stop where the demo would replace what a project has written.

    Parameters
    ----------
    folder : Path
        Where the demo will write.

    Raises
    ------
    ArgumentError
        If the folder holds results of a project, or is where a project beside it writes.
    """
    held = next((name for name in _OF_PROJECTS if (folder / name).exists()), None)
    settings = folder.absolute().parent / NAME
    if held is not None:
        why = f"it holds the results of a project ({held})"
    elif folder.name == OUTPUT and settings.is_file():
        why = f"there a project writes, whose {NAME} is beside it"
    else:
        return
    raise ArgumentError(
        f"The demo would write in {folder}, but {why}. Choose another folder, such as "
        "--out c2m-demo"
    )


def run_demo(folder: Path, step: Callable[[str], None]) -> tuple["Plan", Path, Path]:
    """Run the road and leave a report and a workbook.

    Parameters
    ----------
    folder : Path
        Where; it is made if it is not there.
    step : callable
        Called with the name of each of `N_STEPS` steps when it begins.

    Returns
    -------
    plan : Plan
        What to make.
    report, workbook : Path
        What was written.
    """
    # said before the imports, which take a moment
    step("Reading the events of the Complete Journey")
    from c2m.datasets import load_journey
    from c2m.forecast import select_model
    from c2m.production import Factory, plan_production
    from c2m.report import write_report, write_workbook
    from c2m.signals import build_panel, read_events

    journey = load_journey()
    events = read_events(journey.events_path)
    step("Counting them into weeks")
    attributes = journey.products[["sku", "category", "product_type", "package_size"]]
    panel = build_panel(
        events, freq=journey.calendar, tz=journey.tz, attributes=attributes, complete=True
    )
    panel = with_exposure(panel, journey)
    panel = panel.upto(panel.periods[-1 - HORIZON])
    step("Testing models on weeks held back")
    selection = select_model(panel, HORIZON)
    step(f"Forecasting {HORIZON} weeks with the best of them")
    demand = forecast(panel, selection)
    step("Planning the runs")
    factory = Factory.from_toml(journey.factory_path)
    plan = plan_production(demand, factory, stock=opening_stock(panel))
    step("Writing the report")
    describe = ("product_type", "package_size")
    report = write_report(
        folder / "report.html",
        panel=panel,
        demand=demand,
        plan=plan,
        backtest=selection.backtest,
        title="Production plan: private labels of the Complete Journey",
        describe=describe,
        assumed=[*_ASSUMED, *_new_products(panel)],
    )
    step("Writing the workbook")
    return plan, report, write_workbook(folder / "plan.xlsx", plan, demand, describe=describe)


def forecast(panel: "Panel", selection: "Selection") -> "Demand":
    """Forecast the panel; what the products without sales are given, the report says.

    Parameters
    ----------
    panel : Panel
        Up to the cutoff.
    selection : Selection
        The models that were tested on it.

    Returns
    -------
    Demand
        Of the planned weeks.
    """
    from c2m.forecast import forecast_demand

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".* series have no known 'sales'", C2MWarning)
        return forecast_demand(panel, HORIZON, selection=selection)


def _new_products(panel: "Panel") -> Sequence[str]:
    """Say what is assumed of the products that were not sold before the cutoff."""
    count = int(np.isnan(panel["sales"]).all(axis=1).sum())
    if not count:
        return ()
    return (
        f"{count:,} of {panel.n_series:,} products were not sold before the planned weeks: they "
        "are forecast as products like them sell.",
    )


def with_exposure(panel: "Panel", journey: "Journey") -> "Panel":
    """Add the display and the mailer of every week, which the chain plans ahead.

    Parameters
    ----------
    panel : Panel
        The weeks of the journey.
    journey : Journey
        The sample.

    Returns
    -------
    Panel
        With the channels ``display`` and ``mailer``, known ahead.
    """
    aligned = {
        name: journey.exposure.pivot(index="sku", columns="period", values=name)
        .reindex(index=panel.skus, columns=panel.periods)
        .to_numpy()
        for name in ("display", "mailer")
    }
    return panel.with_channels(aligned, known=("display", "mailer"))


def opening_stock(panel: "Panel") -> pd.DataFrame:
    """Assume what is on hand at the cutoff.

    Parameters
    ----------
    panel : Panel
        Up to the cutoff.

    Returns
    -------
    DataFrame
        ``sku`` and ``on_hand``: one week of mean sales, in whole units.
    """
    recent = panel["sales"][:, -_RECENT_WEEKS:].astype(np.float64)
    known = ~np.isnan(recent)
    total = np.where(known, recent, 0.0).sum(axis=1)
    mean = total / np.maximum(known.sum(axis=1), 1)
    return pd.DataFrame({"sku": panel.skus, "on_hand": np.round(_STOCK_WEEKS * mean)})
