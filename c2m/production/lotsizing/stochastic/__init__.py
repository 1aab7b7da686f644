"""Uncertain demand: run sizes over scenarios, where runs go, and a bound that is proved."""
