"""Heads: from a mean to a distribution."""
