"""Settings of what is read: files, and how they are written. See `c2m.cli.settings`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


def unset(example: Any) -> Any:
    """Return a field that is not set.

    Parameters
    ----------
    example : object
        A value to show in its place.

    Returns
    -------
    dataclasses.Field
        Of None.
    """
    return field(default=None, metadata={"example": example})


def number(default: Any, least: float, most: float | None = None, *, example: Any = None) -> Any:
    """Return a field of a number, or of a list of numbers, within bounds.

    Parameters
    ----------
    default : object
        What it is unless set.
    least, most : float
        The bounds, both allowed; no upper one unless given.
    example : object, optional
        A value to show in its place, where it is not set.

    Returns
    -------
    dataclasses.Field
        Of the default.
    """
    facts = {"least": least, "most": most, "example": example}
    return field(default=default, metadata=facts)


@dataclass(frozen=True)
class Files:
    """What is read, and the folder that is written to. Paths are relative to this file.

    Parameters
    ----------
    events : str, optional
        A log of consumer events: a parquet, CSV or JSON file, a folder, or a pattern. Set this or
        `history`.
    history : str, optional
        A table with a row for each SKU and period: CSV, .xlsx or .parquet.
    products : str, optional
        A table with a row for each sku; its other columns become attributes of the SKUs (events
        only).
    future : str, optional
        A table of what is planned ahead: period, sku where it differs between SKUs, and price,
        promotion, holidays.
    key_file : str, optional
        A file of 16 to 64 random bytes, from which pseudonyms are made. Keep it out of the data.
    factory : str
        What can be made, and at which cost: a workbook (.xlsx) or a .toml file.
    stock : str, optional
        A table: sku, on_hand; as of the end of the last period of the panel.
    on_order : str, optional
        A table of purchase-order lines on the way: sku, ordered, received, due.
    firm : str, optional
        A table of runs that are settled, for replan: sku, line, period, quantity.
    opening_stock : str, optional
        A table for rehearse: sku, on_hand; as of the end of the last period before it begins.
    output : str
        The folder of everything that is written.
    """

    events: str | None = unset("events/*.parquet")
    history: str | None = unset("history.csv")
    products: str | None = unset("products.csv")
    future: str | None = unset("future.csv")
    key_file: str | None = unset("secret/c2m.key")
    factory: str = "factory.xlsx"
    stock: str | None = unset("stock.csv")
    on_order: str | None = unset("on_order.csv")
    firm: str | None = unset("firm.csv")
    opening_stock: str | None = unset("opening_stock.csv")
    output: str = "c2m-output"


@dataclass(frozen=True)
class Csv:
    """How tables in CSV files are written. Codes are text: 00123 keeps its zeros.

    Parameters
    ----------
    delimiter : str, optional
        Between fields. Not set: the sign that divides the first line most often.
    decimal : "." or ",", optional
        Decimal sign. Not set: a comma where fields are divided by semicolons, else a point.
    date_format : str, optional
        Of dates that are not written 2026-11-22.
    encoding : str
        Of the text.
    """

    delimiter: str | None = unset(";")
    decimal: Literal[".", ","] | None = unset(",")
    date_format: str | None = unset("%d.%m.%Y")
    encoding: str = "utf-8-sig"


@dataclass(frozen=True)
class EventSettings:
    """How the log of events is read (c2m.read_events).

    Parameters
    ----------
    schema : str
        The layout of the log: canonical, ga4, shopify_orders, ... (c2m.describe_schema).
    columns : mapping
        Canonical column = column of the log, where the names differ; "" where there is none.
    event_types : mapping
        Type in the log = type of c2m; "" leaves events of a type out.
    time_zone : str, optional
        Where times that carry no zone were written down.
    time_format : str, optional
        Of times that are text but not ISO; s, ms, us or ns for numbers since 1970.
    consent : list of text, optional
        Purposes that a person must have granted; ["all"] reads every event.
    on_bad : "set_aside" or "error"
        What happens to rows that cannot be used.
    delimiter : str, optional
        Between fields of a CSV log.
    encoding : str
        Of a CSV log.
    """

    schema: str = "canonical"
    columns: Mapping[str, str] = field(default_factory=dict)
    event_types: Mapping[str, str] = field(default_factory=dict)
    time_zone: str | None = unset("UTC")
    time_format: str | None = unset("%d/%m/%Y %H:%M")
    consent: tuple[str, ...] | None = unset(("all",))
    on_bad: Literal["set_aside", "error"] = "set_aside"
    delimiter: str | None = unset(",")
    encoding: str = "utf8"


@dataclass(frozen=True)
class PanelSettings:
    """How events are counted (c2m.build_panel). freq, tz and only_made are for a history too.

    Parameters
    ----------
    freq : str
        Length of a period: D, W (Monday to Sunday), W-SUN and its like, MS (months), or factory
        (as the factory's file says, its own periods included).
    tz : str, optional
        The shop's zone, whose days are counted.
    only_made : true or false
        Whether SKUs that the factory does not make are left out, and counted.
    target : str
        The channel to forecast.
    key : list of text
        What makes a series: sku, and where wished channel and location. A plan needs sku alone.
    kinds : list of text, optional
        Types of events to count. Not set: all that occur.
    complete : true or false, optional
        Whether the log holds all events of its span, so that no event means 0.
    as_of : str, optional
        Count only what was known at this time.
    span : list of text, optional
        First and last day that the log covers. Not set: those of its first and last event.
    partial_period : "drop" or "keep"
        What to do with a first or last period that is not whole.
    stock : "observed" or "changes"
        Whether in_stock is seen now and then, or a state that holds until it changes.
    """

    freq: str = "W"
    tz: str | None = unset("Europe/Paris")
    only_made: bool = False
    target: str = "sales"
    key: tuple[str, ...] = ("sku",)
    kinds: tuple[str, ...] | None = unset(("view", "purchase"))
    complete: bool | None = unset(True)
    as_of: str | None = unset("2026-11-22")
    span: tuple[str, ...] | None = unset(("2026-01-05", "2026-11-22"))
    partial_period: Literal["drop", "keep"] = "drop"
    stock: Literal["observed", "changes"] = "observed"


@dataclass(frozen=True)
class HistorySettings:
    """What the columns of `files.history` mean (c2m.Panel.from_frame).

    Parameters
    ----------
    sku : str
        Column of the SKUs.
    period : str
        Column of the periods' first days.
    target : str
        Column to forecast, in units.
    channel : str, optional
        Column that names a series together with the SKU.
    location : str, optional
        Column that names a series together with the SKU.
    signals : list of text
        Observed columns: views, carts, price as it was, in_stock.
    known : list of text
        Columns known ahead: planned price, promotion, holidays.
    attributes : list of text
        Columns that do not change: style, colour, category.
    gaps : "zero" or "unknown", optional
        What a missing row means: nothing was sold, or nobody recorded it.
    currency : str, optional
        Such as EUR, or the column that holds it.
    """

    sku: str = "sku"
    period: str = "period"
    target: str = "sales"
    channel: str | None = unset("channel")
    location: str | None = unset("store")
    signals: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    gaps: Literal["zero", "unknown"] | None = unset("zero")
    currency: str | None = unset("EUR")
