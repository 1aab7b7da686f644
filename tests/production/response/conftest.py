import numpy as np
import pandas as pd
import pytest

from c2m.demand import Demand
from c2m.distribution import GammaPoisson
from c2m.periods import Calendar


@pytest.fixture
def demand():
    """Return weekly demand of three SKUs whose levels are uncertain, six weeks ahead."""
    mean = np.outer([20.0, 40.0, 60.0], np.ones(6))
    keys = pd.DataFrame({"sku": ["A", "B", "C"]})
    return Demand(keys, Calendar.of("W"), 2900, GammaPoisson(mean, 0.4, 0.3))
