"""How a forecast comes in and goes out: long tables and folders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.distribution import GammaPoisson, LevelSets, PathSet, QuantileCurves
from c2m.errors import ArgumentError, DataError
from c2m.frames import name_list, read_frame, text_codes, warn_of_unnamed
from c2m.periods import Calendar, Ordinals, read_periods
from c2m.series import KEY_COLUMNS, Positions, read_keys, same_table
from c2m.storage import Folder

if TYPE_CHECKING:
    from c2m.demand.demand import Demand

Floats = NDArray[np.float64]

_LEAST_LEVELS: Final = 2
"""Quantiles that it takes to say how wide a forecast is."""

_MOST_WHOLE: Final = 2**24
"""Up to here float32, in which paths are kept, holds every whole number."""


@dataclass(frozen=True)
class Names:
    """Which columns of a long table mean what; see `Demand.from_frame`."""

    sku: str
    period: str
    channel: str | None
    location: str | None
    tz: str | None
    attributes: tuple[str, ...] = ()

    @property
    def keys(self) -> dict[str, str]:
        """Key column of the forecast -> column of the table."""
        named = zip(KEY_COLUMNS, (self.sku, self.channel, self.location), strict=True)
        return {key: column for key, column in named if column is not None}


def check_given(path: str | None, quantiles: Mapping[float, str] | None) -> None:
    """Refuse paths beside quantiles, and neither; see `Demand.from_frame`."""
    if path is not None and quantiles:
        raise ArgumentError("Expected either path= (with value=) or quantiles=, got both.")
    if path is None and not quantiles:
        raise ArgumentError(
            "Expected path= (with value=) or quantiles=, got neither. A mean alone does not say "
            "how far demand may be from it. With a column 'mean', and a column 'sd' of the "
            "forecast's past errors, type\n"
            "low = (frame['mean'] - 1.28 * frame['sd']).clip(lower=0)\n"
            "high = frame['mean'] + 1.28 * frame['sd']\n"
            "frame = frame.assign(low=low, high=high).drop(columns='sd')\n"
            "demand = Demand.from_frame(frame, freq=..., dependence=0.5, "
            "quantiles={0.1: 'low', 0.5: 'mean', 0.9: 'high'})"
        )


def read_paths(
    frame: object, names: Names, calendar: Calendar, *, path: str, value: str
) -> dict[str, Any]:
    """Turn a long table of paths into the fields of a forecast; see `Demand.from_frame`."""
    table = read_frame(frame, "demand")
    check = Check("demand", table)
    ordinals = _read_rows(check, names, calendar, [path, value])
    check.numbers(value, at_least=0)
    check.codes(path, each=True)
    check.done()
    check.unique([*names.keys.values(), names.period, path], {names.period: ordinals})
    amounts = table[value].to_numpy(dtype=np.float64)
    check.rows(
        (amounts > _MOST_WHOLE) & (amounts != amounts.astype(np.float32)),
        f"has units in {value!r} that float32 would round",
        "count in thousands",
    )
    check.done()
    keys, series = read_keys(table, names.keys)
    number, labels = pd.factorize(text_codes(table[path]), sort=True)
    first, horizon = int(ordinals.min()), int(ordinals.max() - ordinals.min()) + 1
    paths = np.full((len(labels), len(keys), horizon), np.nan)
    paths[number, series, ordinals - first] = amounts
    _refuse_holes(np.isnan(paths), "series-periods of the paths have no row")
    attributes = _read_attributes(check, names, series, len(keys))
    parts = {"keys": keys, "calendar": calendar, "first": first, "law": PathSet(paths)}
    return {**parts, "attributes": attributes}


def read_quantiles(
    frame: object,
    names: Names,
    calendar: Calendar,
    quantiles: dict[float, str],
    dependence: float,
) -> dict[str, Any]:
    """Turn a long table of quantiles into the fields of a forecast; see `Demand.from_frame`."""
    _check_quantiles(quantiles, dependence)
    table = read_frame(frame, "demand")
    check = Check("demand", table)
    columns = [quantiles[level] for level in sorted(quantiles)]
    ordinals = _read_rows(check, names, calendar, columns)
    for column in columns:
        check.numbers(column, at_least=0)
    check.done()
    values = table[columns].to_numpy(dtype=np.float64)
    crossing = np.any(np.diff(values, axis=1) < 0, axis=1)
    check.rows(crossing, "has quantiles that cross", "sort the quantiles of each row")
    check.unique([*names.keys.values(), names.period], {names.period: ordinals})
    check.done()
    keys, series = read_keys(table, names.keys)
    first, horizon = int(ordinals.min()), int(ordinals.max() - ordinals.min()) + 1
    dense = np.full((len(keys), horizon, len(columns)), np.nan)
    dense[series, ordinals - first] = values
    _refuse_holes(np.isnan(dense[..., 0]), "series-periods have no row")
    law = QuantileCurves(np.array(sorted(quantiles)), dense, dependence)
    attributes = _read_attributes(check, names, series, len(keys))
    parts = {"keys": keys, "calendar": calendar, "first": first, "law": law}
    return {**parts, "attributes": attributes}


def _read_attributes(check: Check, names: Names, series: Positions, n_series: int) -> pd.DataFrame:
    """Return the attributes of the series, which all rows of a series must share."""
    attributes = {}
    first_row = np.unique(series, return_index=True)[1]
    for column in names.attributes:
        values = check.frame[column].reset_index(drop=True)
        own = values.iloc[first_row[series]].reset_index(drop=True)
        other = (values != own) & ~(values.isna() & own.isna())
        check.rows(
            other.fillna(value=True).to_numpy(dtype=bool),
            f"has another {column!r} than the first row of its series",
            f"give each series one {column!r}",
        )
        attributes[column] = values.iloc[first_row].reset_index(drop=True)
    check.done()
    return pd.DataFrame(attributes, index=range(n_series))


def _check_quantiles(quantiles: dict[float, str], dependence: float) -> None:
    if len(quantiles) < _LEAST_LEVELS:
        raise ArgumentError(
            f"Expected quantiles= of at least {_LEAST_LEVELS} levels, got {quantiles}: one level "
            "says nothing of how far demand may be from it."
        )
    if not isinstance(dependence, int | float | np.number) or not 0 <= dependence <= 1:
        raise ArgumentError(
            "Expected dependence= between 0 (periods err independently) and 1 (a series errs the "
            f"same way in all periods), got {dependence!r}."
        )


def _read_rows(check: Check, names: Names, calendar: Calendar, values: list[str]) -> Ordinals:
    needed = [*names.keys.values(), names.period, *values, *names.attributes]
    if not (check.columns(needed) and check.not_empty()):
        check.done()
    for column in names.keys.values():
        check.codes(column, each=True)
    named = set(needed)
    warn_of_unnamed("demand", check.frame.columns, named)
    return read_periods(check, names.period, calendar, tz=names.tz)


def _refuse_holes(holes: NDArray[np.bool_], what: str) -> None:
    if holes.any():
        problem = f"{holes.sum():,} of {holes.size:,} {what}"
        raise DataError("demand", [problem], "pass every series for every period, 0 where it is 0")


def read_sales(demand: "Demand", frame: object) -> Floats:
    """Return the sales of the first periods of a forecast as an array; see `Demand.given`."""
    table = read_frame(frame, "sales")
    check = Check("sales", table)
    keys = list(demand.keys.columns)
    if not (check.columns([*keys, "period", "sales"]) and check.not_empty()):
        check.done()
    for name in keys:
        check.codes(name, each=True)
    check.numbers("sales", at_least=0)
    ordinals = read_periods(check, "period", demand.calendar, tz=None)
    check.done()
    check.unique([*keys, "period"], {"period": ordinals})
    steps = ordinals - demand.first
    outside = (steps < 0) | (steps >= demand.horizon - 1)
    check.rows(outside, "lies outside the first periods of the forecast", "drop these rows")
    series = match_series(demand.keys, check, keys)
    check.done()
    sold = np.full((demand.n_series, int(steps.max()) + 1), np.nan)
    sold[series, steps] = table["sales"].to_numpy(dtype=np.float64)
    holes = np.isnan(sold)
    if holes.any():
        problem = f"{holes.sum():,} of {holes.size:,} series-periods have no row"
        raise DataError("sales", [problem], "pass every series for every period, 0 where it is 0")
    return sold


def read_array(sales: object) -> Floats:
    """Return sales that came as numbers; see `Demand.given`."""
    try:
        return np.asarray(sales, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"Expected a table of sales, or an array of shape (n_series, k), got {sales!r}."
        ) from None


def match_series(own: pd.DataFrame, check: Check, names: list[str]) -> Positions:
    """Return the series of each row of a table and note the rows that name none."""
    rows = pd.MultiIndex.from_arrays([text_codes(check.frame[name]) for name in names])
    series = pd.MultiIndex.from_frame(own).get_indexer(rows)
    check.rows(
        series < 0,
        "names a series that the forecast does not have",
        "drop these rows",
        lambda row: str(check.frame[names[0]].iloc[row]),
    )
    return np.asarray(series, dtype=np.intp)


def match_periods(fine: Calendar, first: int, horizon: int, coarse: Calendar) -> Ordinals:
    """Return the longer period of each step; see `Demand.resample`."""
    steps = np.arange(first, first + horizon)
    begin = coarse.ordinal(fine.label(steps))
    end = coarse.ordinal(fine.label(steps + 1) - 1)
    if np.any(begin != end):
        cut = fine.label(steps)[begin != end][0]
        raise ArgumentError(
            f"Expected a freq whose periods are whole {fine.freq!r} periods, got {coarse.freq!r}: "
            f"the period of {cut} is cut in two."
        )
    covered = (fine.label(first), fine.label(first + horizon))
    wanted = (coarse.label(begin[0]), coarse.label(begin[-1] + 1))
    if covered != wanted:
        raise ArgumentError(
            f"Expected a horizon of whole {coarse.freq!r} periods ({wanted[0]} up to {wanted[1]}), "
            f"got {covered[0]} up to {covered[1]}."
        )
    return begin


def to_long(demand: "Demand", levels: Floats) -> pd.DataFrame:
    """Return a forecast as a long table; see `Demand.to_frame`."""
    horizon = demand.horizon
    repeated = demand.keys.loc[demand.keys.index.repeat(horizon)].reset_index(drop=True)
    columns: dict[str, Any] = {
        "period": np.tile(demand.periods.to_numpy(), demand.n_series),
        "mean": demand.mean.reshape(-1),
    }
    values = demand.law.quantiles(levels).reshape(-1, len(levels))
    columns |= {f"q{level:.15g}": values[:, place] for place, level in enumerate(levels)}
    for name in demand.attributes.columns:
        columns[str(name)] = demand.attributes[name].repeat(horizon).to_numpy()
    return pd.concat([repeated, pd.DataFrame(columns)], axis=1)


_LAWS: Final[dict[str, type[GammaPoisson | LevelSets | PathSet | QuantileCurves]]] = {
    "gamma-poisson": GammaPoisson,
    "level-sets": LevelSets,
    "quantile-curves": QuantileCurves,
    "paths": PathSet,
}


def to_folder(demand: "Demand") -> Folder:
    """Return what a saved forecast holds."""
    names = [name for name, law in _LAWS.items() if type(demand.law) is law]
    if not names:
        raise ArgumentError(f"Expected a law of c2m.distribution, got {type(demand.law).__name__}.")
    facts = {
        "freq": demand.calendar.freq,
        "bounds": list(demand.calendar.bounds),
        "first": demand.first,
        "law": names[0],
        "notes": list(demand.notes),
    }
    tables = {"keys": demand.keys}
    if len(demand.attributes.columns):
        tables["attributes"] = demand.attributes
    return Folder(facts=facts, arrays=demand.law.arrays(), tables=tables)


def from_folder(folder: Folder) -> dict[str, Any]:
    """Return the arguments of the forecast that a folder holds."""
    facts = folder.facts
    if facts.get("law") not in _LAWS:
        problem = f"its law is {facts.get('law')!r}, not one of {name_list(_LAWS)}"
        raise DataError("demand", [problem], "load it with the version of c2m that saved it")
    return {
        "keys": folder.tables["keys"],
        "calendar": Calendar(facts["freq"], tuple(facts["bounds"])),
        "first": facts["first"],
        "law": _LAWS[facts["law"]].from_arrays(folder.arrays),
        "attributes": folder.tables.get("attributes", pd.DataFrame()),
        "notes": tuple(facts["notes"]),
    }


def same(one: "Demand", other: "Demand") -> bool:
    """Say whether two forecasts store the same."""
    left, right = one.law.arrays(), other.law.arrays()
    return (
        (one.calendar, one.first, one.notes) == (other.calendar, other.first, other.notes)
        and same_table(one.keys, other.keys)
        and same_table(one.attributes, other.attributes)
        and type(one.law) is type(other.law)
        and left.keys() == right.keys()
        and all(np.array_equal(left[name], right[name]) for name in left)
    )
