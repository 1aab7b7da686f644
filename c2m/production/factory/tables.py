"""The tables of a factory: what one row of each holds.

Every field carries its kind, unit and range, and the docstring says what it means. The checks,
the TOML file, the Excel template and its help sheet all read them from here.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from inspect import cleandoc
from types import MappingProxyType
from typing import ClassVar, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["code", "choice", "number", "whole", "date"]
"""What a cell holds. A whole number counts pieces or periods."""

ALL_LINES: Final = "*"
"""Stands for every line in `Shutdown` and `Limit`."""

_INFINITE: Final = float("inf")


@dataclass(frozen=True)
class Column:
    """What one column of a factory table holds.

    Parameters
    ----------
    kind : str
        ``"code"``, ``"choice"``, ``"number"``, ``"whole"`` or ``"date"``.
    unit : str
        Unit of a number.
    at_least : float, optional
        Smallest number allowed; it may be negative where this is left out.
    above : float, optional
        Numbers must be greater than this.
    infinite : bool
        Whether ``inf`` (no limit) is allowed.
    choices : tuple of str
        The values of a choice.
    name : str
        Name of the column. This and the rest is filled in by `columns`.
    help : str
        What the column means: its entry in the docstring of the row.
    required : bool
        Whether every row needs a value.
    default : object
        Value where none is given.
    """

    kind: Kind
    unit: str = ""
    at_least: float | None = None
    above: float | None = None
    infinite: bool = False
    choices: tuple[str, ...] = ()
    name: str = ""
    help: str = ""
    required: bool = True
    default: object = None


_CODE: Final = {"column": Column("code")}
_DATE: Final = {"column": Column("date")}


def _choice(*choices: str) -> Mapping[str, Column]:
    return {"column": Column("choice", choices=choices)}


def _number(
    unit: str, at_least: float | None = 0.0, above: float | None = None
) -> Mapping[str, Column]:
    return {"column": Column("number", unit, at_least, above)}


def _whole(unit: str, at_least: float) -> Mapping[str, Column]:
    return {"column": Column("whole", unit, at_least)}


def _max_lot(unit: str) -> Mapping[str, Column]:
    return {"column": Column("whole", unit, at_least=1.0, infinite=True)}


@dataclass(frozen=True)
class Product:
    """One article that can be sold.

    Parameters
    ----------
    sku : str
        Code of the article.
    price : float
        Money that one unit sold brings in.
    unit_cost : float
        Money that making one unit costs, without set-up and overtime.
    end_value : float
        Worth of one unit left at the end of the plan: its salvage value for a season, its unit
        cost for a running article. Negative where disposal costs money.
    holding_cost : float
        Cost of keeping one unit in stock for one period.
    lost_sale_penalty : float
        Harm of one unit of demand not met, beyond the margin that is lost anyway.
    """

    key: ClassVar = ("sku",)

    sku: str = field(metadata=_CODE)
    price: float = field(metadata=_number("money per unit"))
    unit_cost: float = field(metadata=_number("money per unit"))
    end_value: float = field(metadata=_number("money per unit", at_least=None))
    holding_cost: float = field(default=0.0, metadata=_number("money per unit and period"))
    lost_sale_penalty: float = field(default=0.0, metadata=_number("money per unit"))


@dataclass(frozen=True)
class Line:
    """One production line, or one supplier whose capacity is booked.

    Parameters
    ----------
    line : str
        Code of the line.
    capacity : float
        What the line can do in one full period at the normal cost.
    unit : str
        What the capacity counts: minutes or pieces.
    overtime_limit : float
        Capacity that can be added in one full period.
    overtime_cost : float
        Extra cost of one unit of capacity in overtime.
    """

    key: ClassVar = ("line",)

    line: str = field(metadata=_CODE)
    capacity: float = field(metadata=_number("minutes or pieces"))
    unit: str = field(metadata=_choice("minutes", "pieces"))
    overtime_limit: float = field(default=0.0, metadata=_number("minutes or pieces"))
    overtime_cost: float = field(default=0.0, metadata=_number("money per minute or piece"))


@dataclass(frozen=True)
class Routing:
    """One way to make a SKU: on which line, how fast, in which lots.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    line : str
        Code of the line, as in the lines.
    unit_time : float
        Capacity that one unit takes: minutes, or pieces on a line that counts pieces.
    setup_time : float
        Capacity that starting a run takes, in the line's unit.
    setup_cost : float
        Cost of starting a run.
    moq : int
        Smallest run; a run of nothing is always allowed.
    lot_multiple : int
        A run is a whole multiple of this.
    max_lot : float
        Largest run; inf means no limit.
    lead_time_periods : int
        Periods from the run to the first period in which its units can be sold.
    """

    key: ClassVar = ("sku", "line")

    sku: str = field(metadata=_CODE)
    line: str = field(metadata=_CODE)
    unit_time: float = field(
        default=1.0, metadata=_number("minutes or pieces", at_least=None, above=0.0)
    )
    setup_time: float = field(default=0.0, metadata=_number("minutes or pieces"))
    setup_cost: float = field(default=0.0, metadata=_number("money per run"))
    moq: int = field(default=0, metadata=_whole("pieces", at_least=0))
    lot_multiple: int = field(default=1, metadata=_whole("pieces", at_least=1))
    max_lot: float = field(default=_INFINITE, metadata=_max_lot("pieces"))
    lead_time_periods: int = field(default=0, metadata=_whole("periods", at_least=0))


@dataclass(frozen=True)
class Shutdown:
    """Days on which a line, or the whole factory, stands still.

    Parameters
    ----------
    line : str
        Code of the line; * means every line.
    first_day : date
        First day without work.
    last_day : date
        Last day without work, included.
    """

    key: ClassVar = ("line", "first_day", "last_day")

    line: str = field(metadata=_CODE)
    first_day: date = field(metadata=_DATE)
    last_day: date = field(metadata=_DATE)


@dataclass(frozen=True)
class Limit:
    """One limit on the runs of a SKU, a group of SKUs or a pre-pack, in one period.

    Parameters
    ----------
    scope : str
        What is limited: a group (sum of its SKUs' pieces), a prepack (counted in packs) or a sku
        (on top of its routing; the tighter limit wins, set-ups add).
    name : str
        Code of the group, pre-pack or SKU.
    line : str
        Code of the line; * means each line by itself.
    moq : int
        Smallest quantity in a period; nothing at all is always allowed.
    lot_multiple : int
        The quantity is a whole multiple of this.
    max_lot : float
        Largest quantity in a period; inf means no limit.
    setup_time : float
        Capacity taken once in a period in which anything of it runs, in the line's unit.
    setup_cost : float
        Cost paid once in a period in which anything of it runs.
    """

    key: ClassVar = ("scope", "name", "line")

    scope: str = field(metadata=_choice("group", "prepack", "sku"))
    name: str = field(metadata=_CODE)
    line: str = field(default=ALL_LINES, metadata=_CODE)
    moq: int = field(default=0, metadata=_whole("pieces or packs", at_least=0))
    lot_multiple: int = field(default=1, metadata=_whole("pieces or packs", at_least=1))
    max_lot: float = field(default=_INFINITE, metadata=_max_lot("pieces or packs"))
    setup_time: float = field(default=0.0, metadata=_number("minutes or pieces"))
    setup_cost: float = field(default=0.0, metadata=_number("money"))


@dataclass(frozen=True)
class Group:
    """A SKU's place in a group; it can be in several: its style, its style and colour.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    group : str
        Code of a group it belongs to.
    """

    key: ClassVar = ("sku", "group")

    sku: str = field(metadata=_CODE)
    group: str = field(metadata=_CODE)


@dataclass(frozen=True)
class Prepack:
    """How many units of a SKU one pack holds; such a SKU is made in whole packs only.

    Parameters
    ----------
    prepack : str
        Code of the pack.
    sku : str
        Code of the article, as in the products.
    units : int
        Units of the article in one pack.
    """

    key: ClassVar = ("prepack", "sku")

    prepack: str = field(metadata=_CODE)
    sku: str = field(metadata=_CODE)
    units: int = field(metadata=_whole("pieces", at_least=1))


@dataclass(frozen=True)
class Period:
    """One row of a period table, for factories whose freq is "table".

    Parameters
    ----------
    start : date
        First day of the period.
    end : date
        Last day of the period, included.
    """

    key: ClassVar = ("start",)

    start: date = field(metadata=_DATE)
    end: date = field(metadata=_DATE)


@dataclass(frozen=True)
class Settings:
    """What holds for the whole factory.

    Parameters
    ----------
    name : str
        Name of the factory.
    freq : str
        Length of a period: D, W (Monday to Sunday), W-SUN and its like (weeks that start on that
        day), MS (months), or table (the periods are listed one by one).
    currency : str
        Currency of every amount of money; empty where it does not matter.
    """

    key: ClassVar = ("name",)

    name: str = field(default="factory", metadata=_CODE)
    freq: str = field(default="W", metadata=_CODE)
    currency: str | None = field(default=None, metadata=_CODE)


Row: TypeAlias = Product | Line | Routing | Shutdown | Limit | Group | Prepack | Period | Settings
"""One row of any factory table."""

TABLES: Final[Mapping[str, type[Row]]] = MappingProxyType(
    {
        "lines": Line,
        "products": Product,
        "routings": Routing,
        "shutdowns": Shutdown,
        "groups": Group,
        "prepacks": Prepack,
        "limits": Limit,
    }
)
"""The tables that `Factory` holds, in the order in which a person fills them in."""

REQUIRED_TABLES: Final = ("lines", "products", "routings")
"""The tables without which there is no factory."""


def columns(row: type[Row]) -> tuple[Column, ...]:
    """Return the columns of a table, in their order.

    Parameters
    ----------
    row : type
        The dataclass of its rows.

    Returns
    -------
    tuple of Column
        One per field, with its name and default.

    Examples
    --------
    >>> [column.name for column in columns(Line) if column.required]
    ['line', 'capacity', 'unit']
    """
    described = _descriptions(row)
    return tuple(
        replace(
            each.metadata["column"],
            name=each.name,
            help=described.get(each.name, ""),
            required=each.default is MISSING,
            default=None if each.default is MISSING else each.default,
        )
        for each in fields(row)
    )


def _descriptions(row: type[Row]) -> dict[str, str]:
    """Read what the fields mean from the numpydoc section "Parameters" of the class."""
    entries = re.findall(
        r"^(\w+) : .*\n((?: {4}.*\n?)+)", cleandoc(row.__doc__ or ""), re.MULTILINE
    )
    return {name: " ".join(text.split()) for name, text in entries}
