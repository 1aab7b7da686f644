"""The forecast: mean, quantiles and joint paths of what will be wanted."""

from c2m.demand.demand import Demand
from c2m.demand.overriding import DemandOverrides, override_demand

__all__ = ["Demand", "DemandOverrides", "override_demand"]
