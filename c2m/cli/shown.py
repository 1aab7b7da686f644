"""What a command shows beside its results: warnings as notes, and a plan's main figures."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from c2m.cli.logfile import LOG
from c2m.cli.wording import in_settings
from c2m.errors import C2MWarning

if TYPE_CHECKING:
    from c2m.plan import Plan


@contextmanager
def warnings_as_notes() -> Iterator[set[str]]:
    """Show c2m's warnings as notes on stderr, each text once, without files and line numbers.

    Yields
    ------
    set of str
        The texts shown so far.

    Examples
    --------
    >>> from c2m.errors import warn
    >>> with warnings_as_notes():  # on stderr: "note: 3 rows were left out"
    ...     warn("3 rows were left out")
    """
    plain = warnings.formatwarning
    told: set[str] = set()

    def _show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        own = issubclass(category, C2MWarning)
        said = in_settings(str(message))
        text = f"note: {said}\n" if own else plain(message, category, filename, lineno, line)
        if text not in told:
            LOG.warning(said)
            (file or sys.stderr).write(text)
        told.add(text)

    with warnings.catch_warnings():
        warnings.simplefilter("always", C2MWarning)
        warnings.showwarning = _show
        yield told


def main_figures(plan: "Plan") -> str:
    """Return the figures of a plan that people ask for first.

    Parameters
    ----------
    plan : Plan
        A plan, with its costs and its outlook or without.

    Returns
    -------
    str
        A line each: runs, units made, and, where known, expected profit and fill rate.
    """
    value = plan.summary()["value"]
    rows = [("Runs", f"{value['runs']:,.0f}"), ("Units made", f"{value['units made']:,.0f}")]
    if plan.expected_profit is not None:
        money = plan.currency or "(money)"
        rows.append(("Expected profit", f"{plan.expected_profit:,.0f} {money}"))
    if "fill rate" in value.index:
        rows.append(("Expected fill rate", f"{value['fill rate']:.1%} of units wanted"))
    return "\n".join(f"{name + ':':<20}{text}" for name, text in rows)


def os_text(error: OSError) -> str:
    """Say what the system refused, and for which file.

    Parameters
    ----------
    error : OSError
        The refusal.

    Returns
    -------
    str
        Without a number.

    Examples
    --------
    >>> os_text(FileNotFoundError(2, "No such file or directory", "stock.csv"))
    'No such file or directory: stock.csv'
    """
    if not error.strerror:
        return str(error)
    return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
