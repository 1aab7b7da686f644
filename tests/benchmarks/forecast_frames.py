"""The long frames of forecast.py, read so that reading does not show in anybody's peak memory."""

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq


def read_columns(path, columns):
    """Return some columns as a frame, read one after the other."""
    read = {}
    for name in columns:
        column = pq.read_table(path, columns=[name]).column(0).to_pandas()
        read[name] = column.copy() if column.dtype.kind in "fiM" else column
        del column  # Arrow's pool would keep what a let-go frame had in it
        pa.default_memory_pool().release_unused()
    return pd.DataFrame(read, copy=False)
