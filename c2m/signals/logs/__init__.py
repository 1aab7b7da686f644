"""Where a log lies: frames, parquet, CSV and JSON files, and records that a layout converts."""
