"""What a column of a factory table holds, and how the row classes say it.

Every field of a row carries its kind, unit and range, and the docstring of the row says what it
means. The checks, the TOML file, the Excel template and its help sheet all read them from here.
"""

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from inspect import cleandoc
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["code", "choice", "number", "whole", "date"]
"""What a cell holds. A whole number counts pieces or periods."""


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
    at_most : float, optional
        Largest number allowed.
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
    at_most: float | None = None
    infinite: bool = False
    choices: tuple[str, ...] = ()
    name: str = ""
    help: str = ""
    required: bool = True
    default: object = None

    @property
    def may_be_empty(self) -> bool:
        """Whether a row without a value says something: nothing of the kind."""
        return not self.required and self.default is None


CODE: Final[Mapping[str, Column]] = {"column": Column("code")}
"""Metadata of a field that holds a code."""

DAY: Final[Mapping[str, Column]] = {"column": Column("date")}
"""Metadata of a field that holds a day."""


def choice(*choices: str) -> Mapping[str, Column]:
    """Return the metadata of a field that holds one of a few words.

    Parameters
    ----------
    *choices : str
        The words.

    Returns
    -------
    mapping
        For ``dataclasses.field``.
    """
    return {"column": Column("choice", choices=choices)}


def number(
    unit: str,
    at_least: float | None = 0.0,
    above: float | None = None,
    at_most: float | None = None,
) -> Mapping[str, Column]:
    """Return the metadata of a field that holds a number.

    Parameters
    ----------
    unit : str
        Its unit.
    at_least, above, at_most : float, optional
        Its range, see `Column`.

    Returns
    -------
    mapping
        For ``dataclasses.field``.
    """
    return {"column": Column("number", unit, at_least, above, at_most)}


def whole(unit: str, at_least: float, *, infinite: bool = False) -> Mapping[str, Column]:
    """Return the metadata of a field that holds a whole number.

    Parameters
    ----------
    unit : str
        Its unit.
    at_least : float
        Smallest number allowed.
    infinite : bool
        Whether ``inf`` (no limit) is allowed.

    Returns
    -------
    mapping
        For ``dataclasses.field``.
    """
    return {"column": Column("whole", unit, at_least, infinite=infinite)}


def columns(row: type[Any]) -> tuple[Column, ...]:
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
    >>> from c2m.production.factory.tables import Line
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


def _descriptions(row: type[Any]) -> dict[str, str]:
    """Read what the fields mean from the numpydoc section "Parameters" of the class."""
    entries = re.findall(
        r"^(\w+) : .*\n((?: {4}.*\n?)+)", cleandoc(row.__doc__ or ""), re.MULTILINE
    )
    return {name: " ".join(text.split()) for name, text in entries}
