"""Features: what a row (series, cutoff, step) may know, from running sums."""
