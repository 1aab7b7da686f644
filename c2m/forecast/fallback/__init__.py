"""Fallback: a baseline for the series where it wins."""
