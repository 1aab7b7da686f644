"""Accurate response: make some now, learn from early sales, make the rest."""

from c2m.production.response.batch import BatchTerms, judge_test_batch, size_test_batch
from c2m.production.response.following import (
    SecondSizes,
    cost_of_first_run,
    size_second_run,
)
from c2m.production.response.season import Season
from c2m.production.response.two_runs import TwoRuns, size_two_runs

__all__ = [
    "BatchTerms",
    "Season",
    "SecondSizes",
    "TwoRuns",
    "cost_of_first_run",
    "judge_test_batch",
    "size_second_run",
    "size_test_batch",
    "size_two_runs",
]
