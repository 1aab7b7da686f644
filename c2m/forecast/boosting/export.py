"""The feature matrix as a table, for whoever wants to look at it or learn from it elsewhere."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from c2m.forecast.features.rows import Rows
    from c2m.forecast.features.table import FeatureTable
    from c2m.panel import Panel


def feature_frame(panel: "Panel", table: "FeatureTable", rows: "Rows") -> pd.DataFrame:
    """Return the features of some rows.

    Parameters
    ----------
    panel : Panel
        Whose keys and periods are meant.
    table : FeatureTable
        The same panel, made ready.
    rows : Rows
        The rows.

    Returns
    -------
    DataFrame
        See `DirectBoosting.features`.
    """
    at = rows.origin + rows.step
    labels = panel.calendar.labels(table.first, int(at.max(initial=0)) + 1)
    target = np.full(len(rows), np.nan, dtype=np.float32)
    seen = at < table.n_periods
    target[seen] = table.target[rows.series[seen], at[seen]]
    told: dict[str, Any] = {
        name: pd.Categorical.from_codes(codes[rows.series], levels)
        for name in panel.keys.columns
        for codes, levels in [pd.factorize(panel.keys[name])]
    }
    told |= {"cutoff": labels[rows.origin], "period": labels[at], "target": target}
    features = pd.DataFrame(table.matrix(rows), columns=table.names)
    return pd.concat([pd.DataFrame(told), features], axis=1)
