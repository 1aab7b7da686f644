"""The forecast: mean, quantiles and joint paths of what will be wanted."""

from c2m.demand.demand import Demand

__all__ = ["Demand"]
