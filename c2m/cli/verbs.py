"""The commands of ``c2m``, their arguments, and what each calls."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from c2m import __version__
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.shown import main_figures, warnings_as_notes
from c2m.cli.template import NAME
from c2m.errors import ArgumentError

if TYPE_CHECKING:
    from c2m.cli.config import Config

Arguments = argparse.Namespace
Run = Callable[[Arguments], Outcome]

_EPILOG: Final = """\
exit codes:
  0    done; the last line names what was written
  2    an argument, a file or its contents are wrong; the message says what to change
  3    no plan fits the limits of the factory; the message says what is short, and what helps
  130  stopped from the keyboard

A project is a folder with c2m.toml, which c2m init writes. Every file is written whole or not at
all. Notes of what was left out or assumed, progress and errors go to stderr.
"""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Returns
    -------
    ArgumentParser
        Each command sets ``run``, from the arguments to an `Outcome`.
    """
    parser = argparse.ArgumentParser(
        prog="c2m",
        description="From what consumers do to what the factory makes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"c2m {__version__}")
    verbs = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, dest="command"
    )
    _add_demo(verbs)
    _add_init(verbs)
    _add_check(verbs)
    _add(verbs, "panel", _panel, "count events, or read past sales, into the panel", project=True)
    _add(verbs, "forecast", _forecast, "pick a model by its trials and forecast", project=True)
    _add(verbs, "backtest", _backtest, "compare models on periods held back", project=True)
    plan = _add(verbs, "plan", _plan, "plan the runs, and write them as a workbook", project=True)
    plan.add_argument(
        "--overrides",
        type=Path,
        metavar="PLAN.xlsx",
        help="take the plan of this workbook with what was set in it by hand, checked and costed, "
        "in place of planning",
    )
    replan = _add(
        verbs, "replan", _replan, "plan again, and change no more than pays", project=True
    )
    replan.add_argument(
        "--old",
        type=Path,
        metavar="FOLDER",
        help="the saved plan to start from (default: plan in the output folder)",
    )
    past = "play the past: what c2m and simpler policies would have cost"
    _add(verbs, "rehearse", _rehearse, past, project=True)
    _add(verbs, "report", _report, "write panel, forecast and plan as one page", project=True)
    _add(verbs, "serve", _serve, "answer with forecasts and plans over HTTP", project=True)
    return parser


def _add(
    verbs: Any, name: str, run: Run, what: str, *, project: bool, description: str = ""
) -> argparse.ArgumentParser:
    """Add a command with the arguments that all have."""
    verb: argparse.ArgumentParser = verbs.add_parser(
        name, help=what, description=description or f"{what[0].upper()}{what[1:]}."
    )
    verb.add_argument("--quiet", action="store_true", help="show no progress and no figures")
    verb.add_argument("--log-file", type=Path, metavar="FILE", help="append what is done to FILE")
    if project:
        _add_project(verb)
        verb.add_argument(
            "--out",
            metavar="FOLDER",
            help="the output folder, in place of files.output of the settings",
        )
    verb.set_defaults(run=run)
    return verb


def _add_project(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--config",
        type=Path,
        default=Path(NAME),
        metavar="FILE",
        help="the settings of the project (default: %(default)s)",
    )
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.NAME=VALUE",
        help="a setting in place of the file's, such as forecast.horizon=8; may be repeated",
    )


def _add_demo(verbs: Any) -> None:
    demo = _add(
        verbs,
        "demo",
        _demo,
        "run the whole road on the data that ship with c2m",
        project=False,
        description="Forecast and plan 310 grocery products, and leave a report and a workbook.",
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("c2m-output"),
        metavar="FOLDER",
        help="where to write report.html and plan.xlsx (default: %(default)s)",
    )


def _add_init(verbs: Any) -> None:
    init = _add(
        verbs,
        "init",
        _init,
        "begin a project: its settings, and an empty factory workbook to fill in",
        project=False,
        description=(
            f"Write {NAME}, with every setting, its default and what it means, and factory.xlsx, "
            "with a sheet for each table of a factory."
        ),
    )
    init.add_argument(
        "path",
        type=Path,
        nargs="?",
        default=Path(),
        metavar="PATH",
        help="a folder (default: this one), or FACTORY.xlsx for the workbook alone",
    )
    init.add_argument("--force", action="store_true", help="replace files that are there")


def _add_check(verbs: Any) -> None:
    check = _add(
        verbs,
        "check",
        _check,
        "say everything that is wrong with a project, or with a factory's file",
        project=False,
        description="Read the settings and every file that they name, and list every problem.",
    )
    check.add_argument(
        "path",
        type=Path,
        nargs="?",
        metavar="PATH",
        help=f"{NAME}, or a factory's .xlsx or .toml file (default: the project's settings)",
    )
    _add_project(check)


def _config(arguments: Arguments) -> "Config":
    from c2m.cli.config import read_config
    from c2m.cli.template import toml_text

    changes = list(arguments.set)
    if arguments.out is not None:
        changes.append(f"files.output={toml_text(str(Path(arguments.out).absolute()))}")
    return read_config(arguments.config, changes)


def _demo(arguments: Arguments) -> Outcome:
    from c2m.cli.demo import N_STEPS, check_place, run_demo
    from c2m.cli.saved import check_output

    check_place(arguments.out)
    check_output(arguments.out, workbook=True, report=True)
    with Steps(N_STEPS, quiet=arguments.quiet) as step:
        plan, report, workbook = run_demo(arguments.out, step)
    return Outcome([main_figures(plan)], [report, workbook])


def _init(arguments: Arguments) -> Outcome:
    from c2m.cli.template import write_template
    from c2m.production import Factory
    from c2m.report.files import whole_file

    path: Path = arguments.path
    alone = bool(path.suffix) and not path.is_dir()
    book = path if alone else path / "factory.xlsx"
    written = [book] if alone else [path / NAME, book]
    there = [str(one) for one in written if one.exists()]
    if there and not arguments.force:
        verb, them = ("is", "it") if len(there) == 1 else ("are", "them")
        raise ArgumentError(
            f"{' and '.join(there)} {verb} there already; pass --force to replace {them}."
        )
    with whole_file(book, ".xlsx") as draft:
        Factory.write_template(draft)
    if alone:
        return Outcome([f"Fill in its sheets, then run: c2m check {path}"], written)
    write_template(path / NAME)
    return Outcome(
        [
            "Fill in the sheets of factory.xlsx, set files.events or files.history in c2m.toml,",
            "then run: c2m check",
        ],
        written,
    )


def _check(arguments: Arguments) -> Outcome:
    from c2m.cli import checking
    from c2m.cli.history import load_factory
    from c2m.frames import plural

    path: Path = arguments.path if arguments.path is not None else arguments.config
    with warnings_as_notes() as notes:
        if checking.is_factory(path):
            lines = [repr(load_factory(path))]
        else:
            with Steps(checking.N_STEPS, quiet=arguments.quiet) as step:
                lines = checking.check_project(path, arguments.set, step)
    found = f"No errors, {plural(len(notes), 'note')} in" if notes else "Nothing is wrong with"
    return Outcome(lines, [], f"{found} {path}")


def _in_project(arguments: Arguments, n_steps: int, work: Callable[..., Outcome]) -> Outcome:
    """Do the work of a command in the project, and show its steps."""
    from c2m.cli.wording import told_of_files

    config = _config(arguments)
    with Steps(n_steps, quiet=arguments.quiet) as step, told_of_files(config):
        return work(config, step)


def _panel(arguments: Arguments) -> Outcome:
    from c2m.cli.history import N_STEPS, make_panel

    return _in_project(arguments, N_STEPS, make_panel)


def _forecast(arguments: Arguments) -> Outcome:
    from c2m.cli.forecasting import FORECAST_STEPS, make_forecast

    return _in_project(arguments, FORECAST_STEPS, make_forecast)


def _backtest(arguments: Arguments) -> Outcome:
    from c2m.cli.forecasting import BACKTEST_STEPS, run_backtest

    return _in_project(arguments, BACKTEST_STEPS, run_backtest)


def _plan(arguments: Arguments) -> Outcome:
    from c2m.cli.planning import N_STEPS, make_plan, take_overrides

    book = arguments.overrides
    work = make_plan if book is None else partial(take_overrides, book=book)
    return _in_project(arguments, N_STEPS, work)


def _replan(arguments: Arguments) -> Outcome:
    from c2m.cli.planning import N_STEPS, make_replan

    return _in_project(arguments, N_STEPS, partial(make_replan, old=arguments.old))


def _rehearse(arguments: Arguments) -> Outcome:
    from c2m.cli.rehearsing import N_STEPS, make_rehearsal

    return _in_project(arguments, N_STEPS, make_rehearsal)


def _report(arguments: Arguments) -> Outcome:
    from c2m.cli.reporting import N_STEPS, make_report

    return _in_project(arguments, N_STEPS, make_report)


def _serve(arguments: Arguments) -> Outcome:
    from c2m.cli.serving import serve_model

    return serve_model(_config(arguments), quiet=arguments.quiet)
