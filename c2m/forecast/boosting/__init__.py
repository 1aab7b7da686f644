"""Boosting: one direct model for all series and all steps ahead."""
