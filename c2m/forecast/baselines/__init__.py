"""Baselines: forecasts that every other model must beat."""
