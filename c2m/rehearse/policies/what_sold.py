"""Order again what was sold since the last decision."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from c2m.rehearse.policies.release import release
from c2m.rehearse.policies.shelves import history
from c2m.rehearse.policy import Known


@dataclass(frozen=True)
class OrderWhatSold:
    """Order again what customers took since the last decision: stock and orders stay level.

    Parameters
    ----------
    name : str
        What it is called.
    """

    name: str = "order what sold"

    def decide(self, known: Known) -> pd.DataFrame:
        """Decide what is made.

        Parameters
        ----------
        known : Known
            What is known now.

        Returns
        -------
        DataFrame
            Runs.
        """
        recent = np.nan_to_num(history(known)[:, -known.review :])
        return release(known, recent.sum(axis=1), recent.mean(axis=1))
