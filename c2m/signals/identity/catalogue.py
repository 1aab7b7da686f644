"""What a shop sells: SKUs, what they belong to, and what other systems call them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError, DataError
from c2m.frames import name_list, read_frame
from c2m.signals.identity.crosswalk import Crosswalk
from c2m.signals.identity.levels import LEVELS, word
from c2m.signals.identity.spelling import check_ways
from c2m.signals.identity.succession import LINK_COLUMNS, add_links
from c2m.signals.identity.tables import (
    ID_COLUMNS,
    IdColumns,
    check_ids,
    check_level,
    check_nesting,
    check_variants,
    plain_ids,
    read_codes,
)

_ANY: Final = "*"
"""Stands for every source in `Catalogue.normalise`."""


@dataclass(frozen=True, eq=False, repr=False)
class Catalogue:
    """SKUs with their attributes, and the crosswalk from foreign ids to them.

    Make one with `Catalogue.from_frame` and hand it to `c2m.build_panel`.

    Parameters
    ----------
    frame : DataFrame, n_skus rows
        ``sku`` and, where there are such, ``variant_id``, ``product_id``, ``style`` as text; then
        the attributes.
    ids : DataFrame
        The crosswalk: ``source``, ``level``, ``id``, ``code``.
    links : DataFrame
        Replaced SKUs: ``old``, ``new``, ``from_date`` (NaT: always).
    normalise : mapping of str to tuple of str
        Source, or ``"*"`` for all of them -> ways of spelling that make no difference.
    shared_variants : bool
        Whether a variant may hold several SKUs.

    Examples
    --------
    >>> catalogue = Catalogue.from_frame(
    ...     pd.DataFrame({
    ...         "sku": ["0042-S", "0042-M"], "product_id": "77", "size": ["S", "M"],
    ...         "web_id": ["w1", "w2"],
    ...     }),
    ...     ids={"ga4": "web_id"},
    ... )
    >>> catalogue
    Catalogue(2 SKUs, 1 product, ids of 'ga4', attributes 'size')
    """

    frame: pd.DataFrame
    ids: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ID_COLUMNS)))
    links: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LINK_COLUMNS)))
    normalise: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared_variants: bool = False

    @classmethod
    def from_frame(
        cls,
        frame: object,
        *,
        sku: str = "sku",
        product_id: str | None = None,
        variant_id: str | None = None,
        style: str | None = None,
        colour: str | None = None,
        size: str | None = None,
        design: str | None = None,
        attributes: Sequence[str] | None = None,
        ids: IdColumns | None = None,
        normalise: Sequence[str] | Mapping[str, Sequence[str]] = (),
        shared_variants: bool = False,
    ) -> "Catalogue":
        """Read a table with a row a SKU.

        Parameters
        ----------
        frame : DataFrame or other Arrow table
            The table. Codes are text with their leading zeros; whole numbers become their digits.
        sku : str
            Column of the SKUs, one row each.
        product_id, variant_id, style : str, optional
            Columns of what a SKU belongs to; those of the same names where there are such, unless
            given. A SKU may have none.
        colour, size, design : str, optional
            Columns that become the attributes of these names.
        attributes : sequence of str, optional
            Other columns that become attributes; all that no argument names unless given.
        ids : mapping, optional
            What other systems call things. ``{"ga4": "item_id"}``: column ``item_id`` holds the
            ids by which events of the source ``"ga4"`` name a SKU.
            ``{"ga4": {"product_id": "item_id"}}``: they name a product, so its views stay views
            of the product. Several columns: ``{"shopify": {"sku": ["id", "inventory_item_id"]}}``.
            A source without an entry uses the catalogue's own SKUs, variant and product ids.
        normalise : sequence of str, or mapping of source to sequence of str
            Differences of spelling to overlook: ``"blanks"`` around an id, ``"case"``, leading
            ``"zeros"``, a ``"prefix"`` up to the last ``/``, ``_`` or ``:``. None unless given:
            ids match to the letter.
        shared_variants : bool
            Whether a variant id may stand for several SKUs: a colour with its sizes.

        Returns
        -------
        Catalogue
            The catalogue.

        Raises
        ------
        DataError
            With every problem at once: repeated SKUs, a SKU with two styles, a variant id of two
            SKUs, ids that mean two things.
        ArgumentError
            If a level or a way of spelling is not known.
        """
        table = read_frame(frame, "catalogue")
        check = Check("catalogue", table)
        given = {"variant_id": variant_id, "product_id": product_id, "style": style}
        levels = {"sku": sku} | {
            name: column or name
            for name, column in given.items()
            if column is not None or name in table.columns
        }
        looks = {"colour": colour, "size": size, "design": design}
        renamed = {name: column for name, column in looks.items() if column is not None}
        foreign = plain_ids(ids, [level for level in LEVELS if level in levels])
        needed = [*levels.values(), *renamed.values(), *(attributes or ())]
        needed += [column for _, _, column in foreign]
        if not (check.columns(list(dict.fromkeys(needed))) and check.not_empty()):
            check.done()
        codes = {
            name: read_codes(check, column, missing=name != "sku")
            for name, column in levels.items()
        }
        check.unique([sku])
        check_nesting(
            check, {k: v for k, v in codes.items() if k != "variant_id" or shared_variants}
        )
        if "variant_id" in codes and not shared_variants:
            check_variants(check, codes["sku"], codes["variant_id"])
        crosswalk = _read_ids(check, codes, foreign)
        check.done()
        if attributes is None:
            named = {*needed} - {*codes}
            attributes = [name for name in table.columns if name not in named | {*levels.values()}]
        others = {name: table[column] for name, column in renamed.items()}
        others |= {name: table[name] for name in attributes if name not in others}
        ways = {_ANY: normalise} if not isinstance(normalise, Mapping) else normalise
        return cls(
            pd.DataFrame(codes | {str(name): values for name, values in others.items()}),
            crosswalk,
            normalise={source: check_ways(each) for source, each in ways.items()},
            shared_variants=shared_variants,
        )._checked()

    def with_ids(self, source: str, ids: Mapping[str, str], *, level: str = "sku") -> "Catalogue":
        """Add what a system calls things, from a table of its own.

        Parameters
        ----------
        source : str
            The system, as ``source_system`` of its events has it.
        ids : mapping of str to str
            Its id -> our code.
        level : {"sku", "variant_id", "product_id", "style"}
            What the codes name.

        Returns
        -------
        Catalogue
            The catalogue with these ids added.

        Raises
        ------
        DataError
            If a code is not in the catalogue, or an id means two things.
        """
        check_level(level, self.levels)
        own = set(self.frame[level].dropna())
        unknown = [code for code in ids.values() if code not in own]
        if unknown:
            problem = (
                f"{len(unknown):,} of {len(ids):,} ids lead to no {word(level)} "
                f"(first {unknown[0]!r})"
            )
            raise DataError(
                "catalogue", [problem], "add the codes to the catalogue, or correct them"
            )
        rows = pd.DataFrame(
            [(source, level, key, code) for key, code in ids.items()], columns=list(ID_COLUMNS)
        )
        joined = pd.concat([self.ids, rows]) if len(self.ids) else rows
        joined = joined.drop_duplicates(ignore_index=True)
        check = Check("catalogue", joined)
        check_ids(check, joined)
        check.done()
        return replace(self, ids=joined)._checked()

    def replaced(
        self, successors: Mapping[str, str], *, from_date: str | pd.Timestamp | None = None
    ) -> "Catalogue":
        """Say which SKUs were renamed or replaced; their events count for the successor.

        Parameters
        ----------
        successors : mapping of str to str
            Old SKU -> new SKU. The old one need not be in the catalogue; the new one is, or is
            replaced itself. Chains are followed.
        from_date : date, optional
            First day on which the old code means the new SKU; before it the old SKU keeps its
            events. Always unless given, so that the histories of both are one series.

        Returns
        -------
        Catalogue
            The catalogue with these successors added.

        Raises
        ------
        DataError
            If a chain runs in a circle or leads nowhere, or a SKU has two successors.

        Examples
        --------
        >>> catalogue = Catalogue.from_frame(pd.DataFrame({"sku": ["B2", "C"]}))
        >>> catalogue.replaced({"A": "B", "B": "B2"})
        Catalogue(2 SKUs, 2 replaced)
        >>> catalogue.replaced({"B2": "C", "C": "B2"})
        Traceback (most recent call last):
            ...
        c2m.errors.DataError: `catalogue` has 1 problem:
          - SKUs replace each other in a circle: 'B2', 'C'
        Fix: let every chain of successors end in a SKU of the catalogue
        """
        return replace(self, links=add_links(self.links, successors, from_date, self.frame["sku"]))

    # ---------------------------------------------------------------- what it holds

    @property
    def levels(self) -> tuple[str, ...]:
        """The levels that things have a name at, from ``"sku"`` on."""
        own = [name for name in LEVELS if name in self.frame.columns]
        return tuple(name for name in own if name != "variant_id" or self.shared_variants)

    @property
    def attributes(self) -> pd.DataFrame:
        """What belongs to each SKU, levels included; its index are the SKUs."""
        return self.frame.set_index(pd.Index(self.frame["sku"], name="sku")).drop(columns="sku")

    def ways(self, source: str | None) -> tuple[str, ...]:
        """Return the differences of spelling that are overlooked in ids of a source.

        Parameters
        ----------
        source : str, optional
            The system.

        Returns
        -------
        tuple of str
            Names of ways, see `from_frame`.
        """
        return self.normalise.get(str(source), self.normalise.get(_ANY, ()))

    def __len__(self) -> int:
        """Return the number of SKUs."""
        return len(self.frame)

    def to_frame(self) -> pd.DataFrame:
        """Return the SKUs, a row each, with a column for the ids of each source and level."""
        frame = self.frame.copy()
        for (source, level), rows in self.ids.groupby(["source", "level"], sort=True):
            listed = rows.groupby("code")["id"].agg(" ".join)
            frame[f"{source} {level}"] = frame[level].map(listed)
        return frame

    def summary(self) -> pd.DataFrame:
        """Count what has a name at each level, and the ids of each source.

        Returns
        -------
        DataFrame, a row a level
            ``codes``, SKUs ``without`` one, and the number of ids of each source.
        """
        rows = {
            level: {
                "codes": self.frame[level].nunique(),
                "without": int(self.frame[level].isna().sum()),
                **self.ids.loc[self.ids["level"] == level, "source"].value_counts().to_dict(),
            }
            for level in self.levels
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("level")

    def __repr__(self) -> str:
        """Say what it is in one line."""
        parts = []
        for level in self.levels:
            count = self.frame[level].nunique()
            parts.append(f"{count:,} {word(level, count)}")
        sources = sorted(set(self.ids["source"]))
        others = [name for name in self.frame.columns if name not in LEVELS]
        parts += [f"ids of {name_list(sources)}"] if sources else []
        parts += [f"{len(self.links):,} replaced"] if len(self.links) else []
        parts += [f"attributes {name_list(others)}"] if others else []
        return f"Catalogue({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Show the first rows."""
        return f"<p>{self!r}</p>{self.frame.head(8).to_html(index=False)}"

    # ---------------------------------------------------------------- inside

    def _checked(self) -> "Catalogue":
        """Refuse ids that a way of spelling makes one."""
        if any(self.normalise.values()):
            Crosswalk(self).check_spelling()
        return self


def read_catalogue(catalogue: object, attributes: object) -> Catalogue | None:
    """Check what a caller passes as ``catalogue=``.

    Parameters
    ----------
    catalogue : Catalogue, optional
        What was passed.
    attributes : object
        What was passed as ``attributes=`` beside it.

    Returns
    -------
    Catalogue, optional
        The same.

    Raises
    ------
    ArgumentError
        If it is something else, or both are given.
    """
    if catalogue is None:
        return None
    if not isinstance(catalogue, Catalogue):
        raise ArgumentError(
            f"Expected a catalogue from Catalogue.from_frame, got a {type(catalogue).__name__}; "
            "a plain table of attributes goes to attributes=."
        )
    if attributes is not None:
        raise ArgumentError(
            "Expected attributes= or catalogue=, got both; add the columns to the catalogue."
        )
    return catalogue


def _read_ids(
    check: Check, codes: Mapping[str, "pd.Series[str]"], foreign: Sequence[tuple[str, str, str]]
) -> pd.DataFrame:
    """Read the columns of foreign ids."""
    tables = [pd.DataFrame(columns=list(ID_COLUMNS), dtype="str")]
    for source, level, column in foreign:
        found = read_codes(check, column, missing=True)
        table = pd.DataFrame({"source": source, "level": level, "id": found, "code": codes[level]})
        tables.append(table.dropna().drop_duplicates())
    ids = pd.concat(tables, ignore_index=True).drop_duplicates(ignore_index=True)
    check_ids(check, ids)
    return ids
