"""Known demand up to some hundred SKUs: kernels of set-ups, planned anew by HiGHS."""

from c2m.production.lotsizing.kernel.solve import solve_kernel
from c2m.production.lotsizing.kernel.strict import one_path, serve_all_demand

__all__ = ["one_path", "serve_all_demand", "solve_kernel"]
