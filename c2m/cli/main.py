"""The command ``c2m``: its exit codes, and how it shows results and errors."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from c2m.cli.logfile import LOG, log_to
from c2m.cli.outcome import Outcome
from c2m.cli.shown import os_text, warnings_as_notes
from c2m.cli.verbs import make_parser
from c2m.cli.wording import in_settings
from c2m.errors import C2MError, InfeasiblePlanError

OK: Final = 0
BAD_INPUT: Final = 2
INFEASIBLE: Final = 3
STOPPED: Final = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the process's own unless given.

    Returns
    -------
    int
        0 done, 2 bad input, 3 infeasible, 130 stopped from the keyboard.
    """
    parser = make_parser()
    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help(sys.stderr)
        return BAD_INPUT
    arguments = parser.parse_args(argv)
    try:
        with log_to(arguments.log_file), warnings_as_notes():
            return _run(arguments)
    except OSError as error:  # the log file itself
        return _fail(error, BAD_INPUT)


def _run(arguments: argparse.Namespace) -> int:
    """Run a command, and turn what stops it into an exit code."""
    LOG.info("c2m %s", arguments.command)
    try:
        outcome: Outcome = arguments.run(arguments)
    except InfeasiblePlanError as error:
        return _fail(error, INFEASIBLE)
    except (C2MError, OSError) as error:
        return _fail(error, BAD_INPUT)
    except KeyboardInterrupt:
        return _fail("stopped", STOPPED)
    except Exception:
        LOG.exception("c2m %s failed", arguments.command)
        raise
    _tell(outcome, quiet=arguments.quiet)
    return OK


def _tell(outcome: Outcome, *, quiet: bool) -> None:
    """Show the results, then in one line what was written."""
    lines = [*"\n".join(outcome.lines).splitlines(), outcome.last]
    for line in lines:
        LOG.info(line)
    try:
        sys.stdout.write("\n".join(lines[-1:] if quiet else lines) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has read enough, and all is written
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: object, code: int) -> int:
    """Write what went wrong, without a traceback."""
    text = os_text(error) if isinstance(error, OSError) else in_settings(str(error))
    LOG.error("exit %d: %s", code, text)
    sys.stderr.write(f"c2m: {text}\n")
    return code
