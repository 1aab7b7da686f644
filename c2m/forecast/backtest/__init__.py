"""Backtest: what each model would have said at earlier cutoffs, and how it would have scored."""
