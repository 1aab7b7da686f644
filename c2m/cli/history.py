"""``c2m panel``: from the project's events, or its table of past sales, to the panel."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from c2m.cli.config import Config
from c2m.cli.outcome import Outcome
from c2m.cli.progress import Steps
from c2m.cli.saved import PANEL, check_output
from c2m.cli.tables import read_table
from c2m.errors import ArgumentError, warn
from c2m.frames import share_of

if TYPE_CHECKING:
    from c2m.panel import Panel
    from c2m.periods import Calendar
    from c2m.production import Factory
    from c2m.signals import Events

N_STEPS = 2


def make_panel(config: Config, step: Steps) -> Outcome:
    """Count what happened, and save the panel.

    Parameters
    ----------
    config : Config
        The project.
    step : Steps
        Shows the steps.

    Returns
    -------
    Outcome
        The panel in one line, and where it is.
    """
    check_output(config.output)
    panel = read_panel(config, step)
    step("Saving the panel")
    panel.save(config.output / PANEL)
    return Outcome([repr(panel)], [config.output / PANEL])


def read_panel(config: Config, step: Callable[[str], None]) -> "Panel":
    """Read the project's past.

    Parameters
    ----------
    config : Config
        The project.
    step : callable
        Called with the name of the step.

    Returns
    -------
    Panel
        What was known.

    Raises
    ------
    ArgumentError
        If neither events nor a history are set, or both.
    """
    files = config.settings.files
    if (files.events is None) == (files.history is None):
        got = "neither" if files.events is None else "both"
        raise ArgumentError(
            f"Expected files.events or files.history to be set, got {got}. Below [files] in the "
            'settings write one of them, such as: history = "history.csv"'
        )
    calendar = read_calendar(config)
    if files.events is not None:
        step("Counting the events")
        panel = _count(config, calendar)
    else:
        step("Reading the history")
        panel = _read_history(config, calendar)
    return _only_made(panel, read_factory(config)) if config.settings.panel.only_made else panel


def read_calendar(config: Config) -> "Calendar":
    """Return the periods of the project.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Calendar
        Those of `panel.freq`, or of the factory.
    """
    from c2m.periods import Calendar

    freq = config.settings.panel.freq
    return read_factory(config).calendar if freq == "factory" else Calendar.of(freq)


def read_factory(config: Config) -> "Factory":
    """Read the project's factory.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Factory
        What can be made.
    """
    return load_factory(config.root / config.settings.files.factory)


def load_factory(path: Path) -> "Factory":
    """Read a factory from its workbook or TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Factory
        What can be made.

    Raises
    ------
    ArgumentError
        If its name has another ending.
    """
    from c2m.production import Factory

    readers = {".xlsx": Factory.from_excel, ".xlsm": Factory.from_excel, ".toml": Factory.from_toml}
    read = readers.get(path.suffix.lower())
    if read is None:
        known = ", ".join(readers)
        raise ArgumentError(f"Expected a factory file ending in one of {known}, got {path}.")
    return read(path)


def open_events(config: Config) -> "Events":
    """Open the project's log of events.

    Parameters
    ----------
    config : Config
        The project.

    Returns
    -------
    Events
        The log; nothing but its schema is read.
    """
    from c2m.signals import read_events

    own = config.settings.events
    key_file = config.file("key_file")
    return read_events(
        str(config.file("events")),
        own.schema,
        columns={name: theirs or None for name, theirs in own.columns.items()} or None,
        event_types={theirs: kind or None for theirs, kind in own.event_types.items()} or None,
        time_zone=own.time_zone,
        time_format=own.time_format,
        key=None if key_file is None else key_file.read_bytes(),
        consent="all" if own.consent == ("all",) else own.consent,
        on_bad=own.on_bad,
        delimiter=own.delimiter,
        encoding=own.encoding,
    )


def optional_table(
    config: Config, name: str, codes: tuple[str, ...] = (), **more: Any
) -> pd.DataFrame | None:
    """Read a table of the project where it has one.

    Parameters
    ----------
    config : Config
        The project.
    name : str
        A setting of the section ``files``.
    codes : tuple of str
        Columns that are text.
    **more : object
        Passed to `c2m.cli.tables.read_table`.

    Returns
    -------
    DataFrame, optional
        The table; None where it is not set.
    """
    path = config.file(name)
    return None if path is None else read_table(path, config.settings.csv, codes, **more)


def _count(config: Config, calendar: "Calendar") -> "Panel":
    from c2m.signals import build_panel

    own = config.settings.panel
    return build_panel(
        open_events(config),
        freq=calendar,
        tz=own.tz,
        kinds=own.kinds,
        key=own.key,
        attributes=optional_table(config, "products"),
        target=own.target,
        complete=own.complete,
        as_of=own.as_of,
        span=_span(own.span),
        partial_period=own.partial_period,
        stock=own.stock,
    )


def _span(days: tuple[str, ...] | None) -> tuple[str, str] | None:
    if days is None:
        return None
    if len(days) != 2:
        raise ArgumentError(f"Expected two days in panel.span, first and last, got {len(days)}.")
    return days[0], days[1]


def _read_history(config: Config, calendar: "Calendar") -> "Panel":
    from c2m.panel import Panel

    own = config.settings.history
    named = (own.sku, own.channel, own.location, own.currency, *own.attributes)
    codes = tuple(name for name in named if name is not None)
    table = optional_table(config, "history", codes, dates=(own.period,))
    return Panel.from_frame(
        table,
        freq=calendar,
        sku=own.sku,
        period=own.period,
        target=own.target,
        channel=own.channel,
        location=own.location,
        signals=own.signals,
        known=own.known,
        attributes=own.attributes,
        gaps=own.gaps,
        currency=own.currency,
        tz=config.settings.panel.tz,
    )


def _only_made(panel: "Panel", factory: "Factory") -> "Panel":
    """Leave out what the factory does not make."""
    made = set(factory.products["sku"])
    skus = list(dict.fromkeys(panel.skus))
    kept = [sku for sku in skus if sku in made]
    if not kept:
        raise ArgumentError(
            f"None of the {len(skus):,} SKUs (first {skus[0]!r}) is made by the factory. Spell "
            "them as its file does, leading zeros included."
        )
    if len(kept) < len(skus):
        left = share_of(len(skus) - len(kept), len(skus), "SKU", "is")
        warn(f"{left} not made by the factory and left out (panel.only_made).")
    return panel.select(kept)
