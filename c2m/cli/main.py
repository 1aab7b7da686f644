"""The command ``c2m``: its verbs, its exit codes, and how it shows errors."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from c2m import __version__
from c2m.cli.progress import Steps
from c2m.cli.shown import main_figures, warnings_as_notes
from c2m.errors import ArgumentError, C2MError, InfeasiblePlanError

OK: Final = 0
BAD_INPUT: Final = 2
INFEASIBLE: Final = 3
STOPPED: Final = 130

_EPILOG: Final = """\
exit codes:
  0    done
  2    an argument, a file or its contents are wrong; the message says what to change
  130  stopped from the keyboard
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; the process's own unless given.

    Returns
    -------
    int
        0 done, 2 bad input, 3 infeasible.
    """
    arguments = _parser().parse_args(argv)
    try:
        with warnings_as_notes():
            return int(arguments.run(arguments))
    except InfeasiblePlanError as error:
        return _fail(error, INFEASIBLE)
    except (C2MError, OSError) as error:
        return _fail(error, BAD_INPUT)
    except KeyboardInterrupt:
        return _fail("stopped", STOPPED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="c2m",
        description="From what consumers do to what the factory makes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"c2m {__version__}")
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    demo = verbs.add_parser(
        "demo",
        help="run the whole road on the data that ship with c2m",
        description="Forecast and plan 310 grocery products, and leave a report and a workbook.",
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("c2m-output"),
        metavar="FOLDER",
        help="where to write report.html and plan.xlsx (default: %(default)s)",
    )
    demo.add_argument("--quiet", action="store_true", help="show no progress")
    demo.set_defaults(run=_demo)

    init = verbs.add_parser(
        "init",
        help="write an empty factory workbook to fill in",
        description="Write a workbook with a sheet for each table of a factory, and a help sheet.",
    )
    init.add_argument("path", type=Path, metavar="FACTORY.xlsx", help="the file to write")
    init.add_argument("--force", action="store_true", help="replace a file that is there")
    init.set_defaults(run=_init)

    check = verbs.add_parser(
        "check",
        help="say everything that is wrong with a factory file",
        description="Read a factory from a workbook or a TOML file and list every problem in it.",
    )
    check.add_argument("path", type=Path, metavar="FACTORY", help="an .xlsx or a .toml file")
    check.set_defaults(run=_check)
    return parser


def _demo(arguments: argparse.Namespace) -> int:
    from c2m.cli.demo import N_STEPS, check_ready, run_demo

    check_ready(arguments.out)
    with Steps(N_STEPS, quiet=arguments.quiet) as step:
        plan, report, workbook = run_demo(arguments.out, step)
    _say(main_figures(plan))
    _say(f"Wrote {report.resolve()} and {workbook.resolve()}")
    return OK


def _init(arguments: argparse.Namespace) -> int:
    from c2m.production import Factory
    from c2m.report.files import whole_file

    path: Path = arguments.path
    if path.exists() and not arguments.force:
        raise ArgumentError(f"{path} is there already; pass --force to replace it.")
    with whole_file(path, ".xlsx") as draft:
        Factory.write_template(draft)
    _say(f"Fill in its sheets, then run: c2m check {path}")
    _say(f"Wrote {path.resolve()}")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    from c2m.frames import plural
    from c2m.production import Factory

    path: Path = arguments.path
    readers = {".xlsx": Factory.from_excel, ".xlsm": Factory.from_excel, ".toml": Factory.from_toml}
    read = readers.get(path.suffix.lower())
    if read is None:
        known = ", ".join(readers)
        raise ArgumentError(f"Expected a factory file ending in one of {known}, got {path}.")
    with warnings_as_notes() as notes:
        factory = read(path)
    _say(repr(factory))
    found = f"No errors, {plural(len(notes), 'note')} in" if notes else "Nothing is wrong with"
    _say(f"{found} {path}")
    return OK


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(error: object, code: int) -> int:
    """Write what went wrong, without a traceback."""
    text = str(error)
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    sys.stderr.write(f"c2m: {text}\n")
    return code
