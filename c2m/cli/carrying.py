"""What people set in the forecast of the last plan, set in the next forecast as well."""

from typing import TYPE_CHECKING, Final

import pandas as pd

from c2m.errors import DataError, warn
from c2m.frames import share_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c2m.demand import Demand
    from c2m.demand.overriding import DemandOverrides
    from c2m.plan import Plan

INPUT: Final = "demand_overrides"
"""The input of a plan that keeps what people set in its forecast."""

_WHAT: Final = "demand override of the last plan"


def carried(before: "Plan | None", demand: "Demand") -> "DemandOverrides | None":
    """Set again what people set in the forecast of the last plan.

    Left out, with a note, is what has passed, and units that were meant for periods of which some
    have passed: nobody knows how much of them has come.

    Parameters
    ----------
    before : Plan, optional
        The last plan.
    demand : Demand
        The forecast of the next plan.

    Returns
    -------
    DemandOverrides, optional
        None where nothing is set.

    Warns
    -----
    C2MWarning
        With the count of what is set again, and of what is not.
    """
    from c2m.demand.overriding import override_demand

    rows = overrides_of(before)
    if before is None or rows.empty or before.calendar != demand.calendar:
        return None
    kept = rows[_lies_ahead(rows, demand)]
    left = rows.drop(index=kept.index)
    if len(left):
        _tell(left, len(rows), "not applied", "its periods have passed, or some of its units have")
    if kept.empty:
        return None
    try:
        found = override_demand(demand, kept.reset_index(drop=True))
    except DataError as error:
        _tell(kept, len(rows), "not applied", error.problems[0])
        return None
    drop = "to be without it, empty its row on the sheet Demand overrides and run c2m plan "
    _tell(kept, len(rows), "applied again", f"{drop}--overrides")
    return found


def overrides_of(plan: "Plan | None") -> pd.DataFrame:
    """Return what people set in the forecast of a plan.

    Parameters
    ----------
    plan : Plan, optional
        The plan.

    Returns
    -------
    DataFrame
        Without rows where nothing was set.
    """
    rows = None if plan is None else plan.inputs.get(INPUT)
    return pd.DataFrame() if rows is None else rows.reset_index(drop=True)


def _lies_ahead(rows: pd.DataFrame, demand: "Demand") -> pd.Series:
    """Say which rows still mean what they meant."""
    start = demand.periods[0]
    ahead = pd.to_datetime(rows["last"]) >= start
    if "units" not in rows:
        return ahead
    begun = pd.to_datetime(rows["first"]) < start
    return ahead & ~(begun & rows["units"].notna())


def _tell(rows: pd.DataFrame, of: int, what: str, why: str) -> None:
    first = rows.iloc[0]
    days = f"{first['first']:%Y-%m-%d} to {first['last']:%Y-%m-%d}"
    chosen = [str(first[name]) for name in _choosing(rows) if str(first[name]) not in {"", "nan"}]
    share = share_of(len(rows), of, _WHAT, "is")
    warn(f"{share} {what} (first: {', '.join([*chosen, days])}): {why}.")


def _choosing(rows: pd.DataFrame) -> "Sequence[str]":
    """Return the columns that choose the series of a row."""
    from c2m.demand.overriding import TOLD

    others = {*TOLD, "month", "from", "to", "units", "change", "remark"}
    return [str(name) for name in rows.columns if name not in others]
