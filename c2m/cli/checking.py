"""``c2m check``: everything that is wrong with a project, or with a factory's file."""

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from c2m.cli.config import Config, read_config
from c2m.cli.findings import Findings
from c2m.cli.history import load_factory, optional_table, read_panel
from c2m.cli.progress import Steps
from c2m.cli.template import NAME
from c2m.errors import DataError, warn
from c2m.frames import did_you_mean, name_list, plural, share_of

if TYPE_CHECKING:
    from c2m.panel import Panel
    from c2m.production import Factory

N_STEPS: Final = 3


def is_factory(path: Path) -> bool:
    """Say whether a file is to be checked as one of a factory, not as settings of a project.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    bool
        False for a ``c2m.toml``, and for another TOML file with a section of a project.
    """
    from c2m.cli.settings import Settings

    if path.suffix.lower() != ".toml":
        return True
    if path.name == NAME or not path.is_file():
        return path.name != NAME
    try:
        names = set(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return True
    return not names & set(Settings.__dataclass_fields__)


def check_project(path: Path, changes: Sequence[str], step: Steps) -> list[str]:
    """Read a project's settings and every file that they name, and compare them.

    Parameters
    ----------
    path : Path
        Its ``c2m.toml``.
    changes : sequence of str
        See `c2m.cli.config.read_config`.
    step : Steps
        Shows the steps.

    Returns
    -------
    list of str
        What was read, a line each.

    Raises
    ------
    ManyProblemsError
        If anything is wrong; all of it is listed.
    """
    config = read_config(path, changes)
    found = Findings(config)
    step("Reading the factory")
    factory = found.look(lambda: load_factory(config.root / config.settings.files.factory))
    step("Reading the past")
    panel = found.look(lambda: read_panel(config, step.stage))
    found.lines += [repr(one) for one in (factory, panel) if one is not None]
    step("Reading the other tables")
    for name, check in (("stock", _check_stock), ("on_order", _check_on_order),
                        ("future", _check_future), ("firm", None)):  # fmt: skip
        _look_at(config, found, name, check, panel)
    if panel is not None:
        found.look(lambda: _check_settings(config, panel))
        _note_of_length(config, panel)
        if factory is not None:
            found.look(lambda: _compare(config, panel, factory))
    found.stop()
    return found.lines


def _look_at(
    config: Config,
    found: Findings,
    name: str,
    check: "Callable[[Config, Any, Panel], object] | None",
    panel: "Panel | None",
) -> None:
    """Read one table, and check it where there is enough to check it with."""
    table = found.look(lambda: optional_table(config, name))
    if table is None:
        return
    found.lines.append(f"{name}: {plural(len(table), 'row')}")
    if check is not None and panel is not None:
        found.look(lambda: check(config, table, panel))


def _check_stock(config: Config, table: Any, panel: "Panel") -> object:
    from c2m.production.supply import read_stock

    return read_stock(table, list(dict.fromkeys(panel.skus)))


def _check_on_order(config: Config, table: Any, panel: "Panel") -> object:
    from c2m.production.supply import read_on_order

    skus, first = list(dict.fromkeys(panel.skus)), panel.first + panel.n_periods
    return read_on_order(table, skus, panel.calendar, first, config.settings.forecast.horizon)


def _check_future(config: Config, table: Any, panel: "Panel") -> object:
    return panel.with_future(table)


def _check_settings(config: Config, panel: "Panel") -> None:
    """Refuse settings that name what the panel, or c2m, does not have."""
    from c2m.forecast.selection.candidates import NAMES

    own, problems = config.settings, []
    named = {"forecast.candidates": own.forecast.candidates or (), "backtest.models":
             own.backtest.models}  # fmt: skip
    for setting, models in named.items():
        problems += [
            f"{setting} has {name!r}{did_you_mean(name, NAMES)}; there are {', '.join(NAMES)}"
            for name in models
            if name not in NAMES
        ]
    attributes = [str(name) for name in panel.attributes.columns]
    problems += [
        f"report.describe has {name!r}{did_you_mean(name, attributes)}; the attributes are "
        f"{name_list(attributes) or 'none'}"
        for name in own.report.describe
        if name not in attributes
    ]
    if problems:
        raise DataError(NAME, problems, "correct these settings")


def _note_of_length(config: Config, panel: "Panel") -> None:
    """Say where the past is too short to try models on as many periods as are to be forecast."""
    horizon, word = config.settings.forecast.horizon, panel.calendar.word
    need = 2 * horizon + 1
    if panel.n_periods < need:
        warn(
            f"The past has {plural(panel.n_periods, word)}, and {plural(horizon, word)} are to be "
            f"forecast (forecast.horizon): so many can be held back to try models on from "
            f"{plural(need, word)} on. Add older sales, or forecast fewer."
        )


def _compare(config: Config, panel: "Panel", factory: "Factory") -> None:
    """Refuse a panel that the factory could not be planned for."""
    made, skus = set(factory.products["sku"]), list(dict.fromkeys(panel.skus))
    problems, fixes = [], []
    if panel.calendar != factory.calendar:
        problems.append(
            f"the panel's freq is {panel.freq!r}, the factory's is {factory.calendar.freq!r}"
        )
        fixes.append('set panel.freq = "factory", or the freq in the factory\'s file')
    others = [sku for sku in skus if sku not in made]
    if others:
        problems.append(
            f"{share_of(len(others), len(skus), 'SKU', 'is')} no product of the factory (first: "
            f"{others[0]!r}{did_you_mean(others[0], made)})"
        )
        fixes.append("spell the SKUs alike, add the products, or set panel.only_made = true")
    if problems:
        raise DataError(config.settings.files.factory, problems, "; ".join(fixes))
