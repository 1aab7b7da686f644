"""From a pool of stock to channels and stores."""

from c2m.production.allocation.allocate import Allocation, allocate
from c2m.production.allocation.push import push_list
from c2m.production.allocation.reserves import compare_reserves

__all__ = ["Allocation", "allocate", "compare_reserves", "push_list"]
