"""MinTrace of hierarchicalforecast on given base forecasts; run by hierarchy.py in its own Python.

``python peers_hierarchy.py FOLDER`` reads ``nodes.parquet`` (base forecasts, a row a node, the
bottom last) and ``edges.parquet`` (node, series); it writes
``METHOD.parquet`` and ``seconds.json``.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from hierarchicalforecast.methods import MinTraceSparse
from scipy.sparse import csr_matrix

METHODS = {
    "MinTrace ols": ("ols", False),
    "MinTrace wls_struct": ("wls_struct", False),
    "MinTrace wls_struct nonnegative": ("wls_struct", True),
}


def main() -> None:
    """Reconcile by each method."""
    folder = Path(sys.argv[1])
    base = pd.read_parquet(folder / "nodes.parquet").to_numpy()
    edges = pd.read_parquet(folder / "edges.parquet")
    n_series = int(edges["series"].max()) + 1
    sums = csr_matrix(
        (np.ones(len(edges)), (edges["node"], edges["series"])), shape=(len(base), n_series)
    )
    bottom = np.arange(len(base) - n_series, len(base))
    seconds = {}
    for name, (method, nonnegative) in METHODS.items():
        begun = time.process_time()
        model = MinTraceSparse(method=method, nonnegative=nonnegative)
        found = model.fit_predict(S=sums, y_hat=base)["mean"]
        seconds[name] = time.process_time() - begun
        pd.DataFrame(np.asarray(found)[bottom]).rename(columns=str).to_parquet(
            folder / f"{name}.parquet"
        )
    (folder / "seconds.json").write_text(json.dumps(seconds), "utf-8")


if __name__ == "__main__":
    main()
