"""Errors and warnings that c2m raises on purpose.

* C2MError
  + DataError (ValueError)            an input table breaks its contract
  + ArgumentError (ValueError)        an argument is out of its range
  + InfeasiblePlanError               no plan fits the factory's limits, or none was found
  + MissingEngineError (ImportError)  an optional package cannot be imported
* C2MWarning (UserWarning)            something was left out or assumed, with its count
"""

import sys
import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType


class C2MError(Exception):
    """Base class, so that a service can catch everything c2m raises."""


class ArgumentError(C2MError, ValueError):
    """An argument is out of its range; the message says what was expected and what came."""


class DataError(C2MError, ValueError):
    """An input table breaks its contract.

    Parameters
    ----------
    table : str
        Name of the table, as in the docs: ``"events"``, ``"panel"``, ...
    problems : sequence of str
        Every problem found, not only the first one.
    fix : str
        What the caller can type to repair it.
    """

    def __init__(self, table: str, problems: Sequence[str], fix: str) -> None:
        self.table, self.problems, self.fix = table, list(problems), fix
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"`{table}` has {len(self.problems)} {noun}:\n{lines}\nFix: {fix}")

    def __reduce__(self) -> tuple[type["DataError"], tuple[str, list[str], str]]:
        """Let a worker process send it back."""
        return DataError, (self.table, self.problems, self.fix)


class InfeasiblePlanError(C2MError):
    """No plan fits the factory's hard limits, or none was found.

    Parameters
    ----------
    reasons : sequence of str
        One sentence for each limit that cannot be held: line, period, hours or units short.
    relief : str
        The cheapest change that would make a plan possible.
    claim : str
        What is the matter, as the message begins.
    proved : bool
        Whether it is certain that no plan fits; otherwise a longer search may find one.
    """

    def __init__(
        self,
        reasons: Sequence[str],
        relief: str,
        claim: str = "No plan fits the limits",
        *,
        proved: bool = True,
    ) -> None:
        self.reasons, self.relief = list(reasons), relief
        self.claim, self.proved = claim, proved
        lines = "\n".join(f"  - {reason}" for reason in self.reasons)
        helps = "Cheapest relief" if proved else "What may help"
        super().__init__(f"{claim}:\n{lines}\n{helps}: {relief}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a worker process send it back."""
        again = partial(InfeasiblePlanError, proved=self.proved)
        return again, (self.reasons, self.relief, self.claim)


class MissingEngineError(C2MError, ImportError):
    """A package that this call needs cannot be imported; the message says what to install."""


class C2MWarning(UserWarning):
    """Something was left out, filled or assumed; the message carries the count."""


def warn(message: str) -> None:
    """Issue a `C2MWarning` that points at the first line outside c2m.

    Parameters
    ----------
    message : str
        What was left out or assumed, how often, and what to type instead.
    """
    warnings.warn(message, C2MWarning, stacklevel=_levels_to_caller())


def _levels_to_caller() -> int:
    """Count the stack levels from `warn` to the code that called into c2m."""
    level = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "c2m":
        frame, level = frame.f_back, level + 1
    return level
