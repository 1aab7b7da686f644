"""How a plan comes in and goes out: anyone's table of runs, and folders."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError
from c2m.frames import read_frame, share_of, text_codes
from c2m.periods import Calendar, Ordinals, read_periods
from c2m.plan.tables import COLUMNS, empty_table, typed_table, with_unknown
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.plan.plan import Plan

_FACTS = (
    "first",
    "n_periods",
    "currency",
    "bound",
    "bound_kind",
    "bound_from",
    "method",
    "seed",
    "n_scenarios",
)


@dataclass(frozen=True)
class Names:
    """Which columns of a table of runs mean what; see `Plan.from_frame`."""

    sku: str
    line: str
    period: str
    quantity: str
    lead_time_periods: str | int | None
    available: str | None

    @property
    def needed(self) -> list[str]:
        """Every column that the arguments name."""
        named = [self.sku, self.line, self.period, self.quantity]
        if isinstance(self.lead_time_periods, str):
            named.append(self.lead_time_periods)
        return named + ([self.available] if self.available is not None else [])


def read_runs(
    frame: object, names: Names, calendar: Calendar, *, first: object, horizon: int | None
) -> dict[str, Any]:
    """Turn a table of runs into the fields of a plan.

    Parameters
    ----------
    frame, first, horizon
        See `Plan.from_frame`.
    names : Names
        The columns.
    calendar : Calendar
        The periods.

    Returns
    -------
    dict
        Arguments of `Plan`.

    Raises
    ------
    DataError
        If the table is wrong; every problem is listed.
    """
    if (names.lead_time_periods is None) == (names.available is None):
        raise ArgumentError("Expected one of lead_time_periods and available, got both or none.")
    table = read_frame(frame, "plan")
    check = Check("plan", table)
    if not (check.columns(names.needed) and check.not_empty()):
        check.done()
    check.codes(names.sku)
    check.codes(names.line)
    check.numbers(names.quantity, at_least=1, whole=True)
    made = read_periods(check, names.period, calendar, tz=None)
    ready = _read_available(check, names, calendar, made)
    check.done()
    runs = pd.DataFrame(
        {
            "sku": text_codes(table[names.sku]),
            "line": text_codes(table[names.line]),
            "period": calendar.label(made).astype("datetime64[s]"),
            "quantity": table[names.quantity].to_numpy(dtype=np.float64).astype(np.int64),
            "available": calendar.label(ready).astype("datetime64[s]"),
        }
    )
    start, count = _span(calendar, made, ready, first, horizon)
    return {
        "skus": tuple(sorted(set(runs["sku"]))),
        "calendar": calendar,
        "first": start,
        "n_periods": count,
        "tables": {"runs": name_runs(_with_days(runs).assign(capacity_used=np.nan))},
    }


def _with_days(runs: pd.DataFrame) -> pd.DataFrame:
    """Return runs with the days that follow from when they are made and sold."""
    return runs.assign(order_by=runs["period"], in_warehouse=runs["available"])


def _read_available(check: Check, names: Names, calendar: Calendar, made: Ordinals) -> Ordinals:
    """Return the period from which each run can be sold."""
    lead = names.lead_time_periods
    if names.available is not None:
        return read_periods(check, names.available, calendar, tz=None)
    if isinstance(lead, str):
        check.numbers(lead, at_least=0, whole=True)
        check.done()
        return made + check.frame[lead].to_numpy(dtype=np.float64).astype(np.int64)
    if lead is None or lead < 0:
        raise ArgumentError(f"Expected lead_time_periods >= 0, got {lead}.")
    return made + lead


def _span(
    calendar: Calendar, made: Ordinals, ready: Ordinals, first: object, horizon: int | None
) -> tuple[int, int]:
    """Return the first planned period and how many there are."""
    start = int(made.min())
    if first is not None:
        start = int(calendar.ordinal([np.datetime64(pd.Timestamp(str(first)), "D")])[0])
    count = int(ready.max()) - start + 1 if horizon is None else horizon
    outside = (made < start) | (made >= start + count)
    if outside.any():
        label = calendar.label(made[outside][:1])[0]
        told = share_of(int(outside.sum()), len(made), "run", "is")
        problem = f"{told} outside the horizon, first {label}"
        raise DataError("plan", [problem], "correct `first` and `horizon`, or drop those runs")
    return start, count


def name_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs in the order period, line, SKU, with a name each.

    Parameters
    ----------
    runs : DataFrame
        The columns of `RUNS` without ``run``; those that a plan may lack can be left out.

    Returns
    -------
    DataFrame
        The columns of `RUNS`; names are ``"R0001"`` and so on.
    """
    runs = runs.sort_values(["period", "line", "sku"], kind="stable").reset_index(drop=True)
    width = max(4, len(str(len(runs))))
    names = [f"R{number:0{width}d}" for number in range(1, len(runs) + 1)]
    return typed_table("runs", dict(with_unknown("runs", runs.assign(run=names))))


def to_folder(plan: "Plan") -> Folder:
    """Return what `Plan.save` writes."""
    facts = {name: getattr(plan, name) for name in _FACTS}
    facts |= {
        "freq": plan.calendar.freq,
        "bounds": list(plan.calendar.bounds),
        "costs": dict(plan.costs),
        "inputs": list(plan.inputs),
        "outlook": list(plan.outlook),
    }
    tables = dict(plan.tables)
    tables["skus"] = pd.DataFrame({"sku": pd.Series(plan.skus, dtype="str")})
    tables |= {f"input-{number}": table for number, table in enumerate(plan.inputs.values())}
    return Folder(facts=facts, arrays=dict(plan.outlook), tables=tables)


def from_folder(folder: Folder) -> dict[str, Any]:
    """Return the arguments of the plan that a folder holds."""
    facts = folder.facts
    return {
        **{name: facts[name] for name in _FACTS},
        "skus": tuple(folder.tables["skus"]["sku"].tolist()),
        "calendar": Calendar(facts["freq"], tuple(facts["bounds"])),
        "tables": {
            name: typed_table(name, dict(with_unknown(name, folder.tables[name])))
            for name in COLUMNS
            if name in folder.tables
        },
        "outlook": {name: folder.arrays[name] for name in facts["outlook"]},
        "costs": facts["costs"],
        "inputs": {
            name: folder.tables[f"input-{number}"] for number, name in enumerate(facts["inputs"])
        },
    }


def plain_input(table: pd.DataFrame) -> pd.DataFrame:
    """Return an input table as it comes back from a file: positions as index, times in ms."""
    times = table.select_dtypes("datetime").columns
    return table.reset_index(drop=True).astype(dict.fromkeys(times, "datetime64[ms]"))


def with_empty(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan, those that were not passed without rows."""
    return {
        name: with_unknown(name, tables[name].reset_index(drop=True))
        if name in tables
        else empty_table(name)
        for name in COLUMNS
    }


def same(one: "Plan", other: "Plan") -> bool:
    """Say whether two plans store the same."""
    plain = ("skus", "calendar", "costs", *_FACTS)
    return (
        all(getattr(one, name) == getattr(other, name) for name in plain)
        and _same_tables(one.tables, other.tables)
        and _same_tables(one.inputs, other.inputs)
        and one.outlook.keys() == other.outlook.keys()
        and all(
            np.array_equal(array, other.outlook[name], equal_nan=True)
            for name, array in one.outlook.items()
        )
    )


def _same_tables(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(one[name].equals(other[name]) for name in one)
