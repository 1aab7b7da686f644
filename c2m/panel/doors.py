"""How a panel goes out as a long table, and how plans for the future come in."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.checks import Check
from c2m.errors import warn
from c2m.frames import did_you_mean, name_list, read_frame, text_codes
from c2m.panel.channels import channel as channel_rule
from c2m.panel.checks import check_rounding, stored
from c2m.periods import Ordinals, read_periods
from c2m.series import KEY_COLUMNS, Positions

if TYPE_CHECKING:
    from c2m.panel.panel import Panel


def to_long(panel: "Panel", *, ahead: bool) -> pd.DataFrame:
    """Return a panel as a long table; see `Panel.to_frame`."""
    width = panel.n_periods + (panel.n_ahead if ahead else 0)
    repeated = panel.keys.loc[panel.keys.index.repeat(width)].reset_index(drop=True)
    labels = panel.calendar.labels(panel.first, width)
    columns: dict[str, Any] = {"period": np.tile(labels.to_numpy(), panel.n_series)}
    for name, array in panel.channels.items():
        padded = np.full((panel.n_series, width), np.nan, dtype=np.float32)
        kept = min(width, array.shape[1])
        padded[:, :kept] = array[:, :kept]
        columns[name] = padded.reshape(-1)
    for name in panel.attributes.columns:
        columns[str(name)] = panel.attributes[name].repeat(width).to_numpy()
    return pd.concat([repeated, pd.DataFrame(columns)], axis=1)


def read_future(panel: "Panel", frame: object) -> dict[str, Any]:
    """Turn a plan for the periods ahead into changed fields; see `Panel.with_future`."""
    table = read_frame(frame, "future")
    check = Check("future", table)
    if not (check.columns(["period"]) and check.not_empty()):
        check.done()
    keys = [name for name in panel.keys.columns if name in table.columns]
    values = [str(name) for name in table.columns if name not in {"period", *KEY_COLUMNS}]
    if keys and len(keys) < len(panel.keys.columns):
        check.columns(list(panel.keys.columns))
    if not values:
        check.add("it plans nothing", "add a column: price, promotion, holiday")
    foreign = [name for name in KEY_COLUMNS if name in {*table.columns} - {*panel.keys.columns}]
    if foreign:
        check.add(
            f"it has {name_list(foreign)}, which the panel's series do not",
            "plan per series of the panel, or build the panel with these keys",
        )
    measured = [name for name in values if name in {panel.target, "sales"}]
    if measured:
        check.add(
            f"it holds {name_list(measured)}, which is not known ahead",
            "drop what is to be forecast from the plan",
        )
    for name in values:
        rule = channel_rule(name)
        check.numbers(name, at_least=rule.at_least, at_most=rule.at_most, unknown=True)
    ordinals = read_periods(check, "period", panel.calendar, tz=panel.tz)
    check.done()
    last = panel.first + panel.n_periods - 1
    check.rows(
        ordinals <= last,
        f"does not lie after the cutoff {panel.cutoff.date()}",
        "keep only the periods after the cutoff; the past is the panel's",
    )
    check.unique([*keys, "period"], {"period": ordinals})
    for name in values:
        check_rounding(check, name, _numbers(table, name))
    series = _match_series(panel, check, keys)
    check.done()
    return {
        "channels": _extend(panel, table, values, series, ordinals),
        "known": (*{*panel.known, *values},),
    }


def _match_series(panel: "Panel", check: Check, keys: list[str]) -> Positions | None:
    """Return the series of each row; None when the plan holds for every series."""
    if not keys:
        return None
    for name in keys:
        check.codes(name, each=True)
    own = pd.MultiIndex.from_frame(panel.keys)
    rows = pd.MultiIndex.from_arrays([text_codes(check.frame[name]) for name in keys])
    series = own.get_indexer(rows)
    unknown = series < 0
    hint = ""
    if unknown.any():
        hint = did_you_mean(str(check.frame["sku"].iloc[int(unknown.argmax())]), panel.skus)
    check.rows(
        unknown,
        f"names a series that the panel does not have{hint}",
        "drop these rows, or add the series to the panel",
        lambda row: str(check.frame[keys[0]].iloc[row]),
    )
    return np.asarray(series, dtype=np.intp)


def _extend(
    panel: "Panel",
    table: pd.DataFrame,
    values: list[str],
    series: Positions | None,
    ordinals: Ordinals,
) -> dict[str, NDArray[Any]]:
    n_ahead = max(panel.n_ahead, int(ordinals.max()) - panel.first - panel.n_periods + 1)
    width = panel.n_periods + n_ahead
    at = (ordinals - panel.first).astype(np.intp)
    channels: dict[str, NDArray[Any]] = dict(panel.channels)
    for name in dict.fromkeys([*panel.known, *values]):
        past = None if name not in panel else stored(panel[name])
        one = (past is None or past.ndim == 1) and (name not in values or series is None)
        wide = np.full((1 if one else panel.n_series, width), np.nan, dtype=np.float32)
        if past is None:
            warn(
                f"The planned channel {name!r} has no past in the panel: models learn nothing "
                "from it. Add its history as a channel."
            )
        else:
            wide[:, : past.shape[-1]] = past
        if name in values:
            with np.errstate(over="ignore"):  # what becomes infinite is refused by the panel
                wide[slice(None) if series is None else series, at] = _numbers(table, name)
        open_cells = int(np.isnan(wide[:, panel.n_periods :]).sum()) * panel.n_series // len(wide)
        if open_cells and (name in values or n_ahead > panel.n_ahead):
            warn(
                f"{open_cells:,} of {panel.n_series * n_ahead:,} series-periods ahead have no "
                f"planned {name!r}; they stay unknown."
            )
        wide.setflags(write=False)
        channels[name] = wide[0] if one else wide
    return channels


def _numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers
