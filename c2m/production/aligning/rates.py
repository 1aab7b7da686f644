"""What money of other currencies is worth in each period."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError
from c2m.production.factory import Factory
from c2m.production.problem import FloatArray


@dataclass(frozen=True)
class Rates:
    """Exchange rates by period.

    Parameters
    ----------
    paths : dict of str to ndarray, shape (n_periods,)
        Units of the factory's currency for one of the currency.
    plain : ndarray, shape (n_periods,)
        Ones: the factory's own currency.
    """

    paths: dict[str, FloatArray]
    plain: FloatArray

    def of(self, currency: object) -> FloatArray:
        """Return the rate of a currency in each period.

        Parameters
        ----------
        currency : str or missing
            Its code; the factory's own currency where it is missing.

        Returns
        -------
        ndarray, shape (n_periods,)
            The rate.
        """
        return self.paths.get(currency, self.plain) if isinstance(currency, str) else self.plain


def read_rates(factory: Factory, labels: NDArray[np.datetime64]) -> Rates:
    """Return the rates of all currencies that a factory's tables name.

    A period has the rate of its first day.

    Parameters
    ----------
    factory : Factory
        The factory.
    labels : ndarray of datetime64, shape (n_periods,)
        First days of the periods.

    Returns
    -------
    Rates
        By currency.

    Raises
    ------
    DataError
        If a currency has no rate yet on the first day of the plan.
    """
    named = pd.concat([each["currency"] for each in (factory.routings, factory.materials)])
    used = set(pd.concat([named, factory.lanes["currency"]]).dropna()) - {factory.currency}
    table = factory.rates.sort_values("from_day")
    days = labels.astype("datetime64[s]")
    paths, problems = {}, []
    for currency in sorted(used):
        rows = table[table["currency"] == currency]
        place = np.searchsorted(rows["from_day"].to_numpy("datetime64[s]"), days, side="right") - 1
        if place[0] < 0:
            start = f"{rows['from_day'].iloc[0]:%Y-%m-%d}"
            begin = np.datetime_as_string(labels[0], "D")
            problems.append(f"{currency!r} has no rate before {start}; the plan starts on {begin}")
            continue
        paths[str(currency)] = rows["rate"].to_numpy(dtype=np.float64)[place]
    if problems:
        raise DataError("rates", problems, "add the rate that held when the plan starts")
    return Rates(paths, np.ones(len(labels)))
