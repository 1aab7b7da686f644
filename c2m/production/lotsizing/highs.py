"""HiGHS as this wing runs it: one thread, silent from its first breath, errors of ours."""

from functools import cache
from typing import Any

from c2m.errors import C2MError


def silent_solver(options: dict[str, Any] | None = None) -> Any:
    """Return a new solver of one thread that prints nothing.

    Parameters
    ----------
    options : dict of str to Any, optional
        Options of HiGHS besides.

    Returns
    -------
    highspy.Highs
    """
    solver = _silent_class()()
    for name, option in {"output_flag": False, "threads": 1, **(options or {})}.items():
        solver.setOptionValue(name, option)
    return solver


def run(solver: Any, task: str) -> None:
    """Let a solver work.

    Parameters
    ----------
    solver : highspy.Highs
        A solver with its model.
    task : str
        What it is to do, for the error: "size runs".

    Raises
    ------
    C2MError
        If HiGHS cannot work at all. A model without a solution is not an error: ask its status.
    """
    import highspy

    if solver.run() == highspy.HighsStatus.kError:
        highspy.Highs.resetGlobalScheduler(True)  # another thread count was used before
        if solver.run() == highspy.HighsStatus.kError:
            raise C2MError(f"HiGHS could not {task}: {solver.getModelStatus()}.")


@cache
def _silent_class() -> Any:
    import highspy

    class Silent(highspy.Highs):  # type: ignore[misc]  # highspy has no types for mypy here
        # Since 1.16 the constructor prints a banner when it registers the callbacks, before any
        # option can be set from outside; what a service prints belongs to the service.
        def enableCallbacks(self) -> None:  # noqa: N802
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Silent
