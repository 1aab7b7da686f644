"""The tables of a catalogue, and everything that can be wrong with them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list, text_codes
from c2m.signals.identity.levels import LEVELS, word

ID_COLUMNS: Final = ("source", "level", "id", "code")
"""Of a crosswalk: a source calls by `id` what the catalogue calls `code` at a level."""

IdColumns = Mapping[str, str | Mapping[str, str | Sequence[str]]]
"""Source -> the column of its ids of SKUs; or level -> column, or columns, of its ids."""

_FIX_CODES: Final = "correct the codes; a code names one thing"


def read_codes(check: Check, name: str, *, missing: bool) -> "pd.Series[str]":
    """Read a column of codes and note what is wrong with it.

    Parameters
    ----------
    check : Check
        The table's check.
    name : str
        A column of it.
    missing : bool
        Whether a row may have none.

    Returns
    -------
    Series of str
        The codes; NaN where there is none.
    """
    known = check.frame[name].notna().to_numpy(dtype=bool)
    if not missing or known.all():
        check.codes(name)
    elif known.any():
        rows = np.flatnonzero(known)
        own = Check(
            check.table,
            check.frame.iloc[rows].reset_index(drop=True),
            lambda row: check.place(int(rows[row])),
        )
        own.codes(name)
        for problem in own.problems:
            check.add(problem, own.fixes[0])
    return text_codes(check.frame[name])


def check_nesting(check: Check, codes: Mapping[str, "pd.Series[str]"]) -> None:
    """Note what belongs to several things at once: a SKU with two styles, and its like.

    Parameters
    ----------
    check : Check
        The table's check.
    codes : mapping of str to Series
        Level -> its codes, a row a SKU; from the finest level to the coarsest.
    """
    levels = [level for level in LEVELS if level in codes]
    for place, fine in enumerate(levels):
        for coarse in levels[place + 1 :]:
            _one_each(check, codes[fine], codes[coarse], fine, coarse)


def _one_each(check: Check, fine: Any, coarse: Any, fine_name: str, coarse_name: str) -> None:
    """Note codes of the finer level that stand beside several codes of the coarser."""
    pairs = pd.DataFrame({"fine": fine, "coarse": coarse}).dropna().drop_duplicates()
    torn = pairs[pairs["fine"].duplicated(keep=False)]
    if len(torn):
        first = torn["fine"].iloc[0]
        count = torn["fine"].nunique()
        verb = "has" if count == 1 else "have"
        check.add(
            f"{count:,} {word(fine_name, count)} {verb} several {word(coarse_name, 2)} (first "
            f"{first!r}: {name_list(torn['coarse'][torn['fine'] == first])})",
            _FIX_CODES,
        )


def check_variants(check: Check, skus: Any, variants: Any) -> None:
    """Note variant ids that stand for several SKUs.

    Parameters
    ----------
    check : Check
        The table's check.
    skus, variants : Series of str, a row a SKU
        SKUs and their variant ids.
    """
    pairs = pd.DataFrame({"sku": skus, "variant": variants}).dropna().drop_duplicates()
    torn = pairs[pairs["variant"].duplicated(keep=False)]
    if len(torn):
        first = torn["variant"].iloc[0]
        count = torn["variant"].nunique()
        verb = "stands" if count == 1 else "stand"
        check.add(
            f"{count:,} variant {'id' if count == 1 else 'ids'} {verb} for several SKUs (first "
            f"{first!r}: {name_list(torn['sku'][torn['variant'] == first])})",
            "correct the ids, or pass shared_variants=True if a variant is a colour with its sizes",
        )


def plain_ids(ids: IdColumns | None, levels: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return (source, level, column) of every column of foreign ids.

    Parameters
    ----------
    ids : mapping, optional
        What a caller passes as ``ids=``.
    levels : sequence of str
        The levels that the catalogue has.

    Returns
    -------
    list of (str, str, str)
        A column each.

    Raises
    ------
    ArgumentError
        If a level is not there.
    """
    plain = []
    for source, columns in (ids or {}).items():
        by_level = {"sku": columns} if isinstance(columns, str) else dict(columns)
        for level, names in by_level.items():
            check_level(level, levels)
            plain += [
                (source, level, name) for name in ([names] if isinstance(names, str) else names)
            ]
    return plain


def check_level(level: str, levels: Sequence[str]) -> None:
    """Refuse a level that a catalogue does not have.

    Parameters
    ----------
    level : str
        What a caller passed.
    levels : sequence of str
        The levels that there are.

    Raises
    ------
    ArgumentError
        With the levels that there are.
    """
    if level not in levels:
        raise ArgumentError(
            f"Expected a level of the catalogue, one of {name_list(levels)}, got {level!r}"
            f"{did_you_mean(level, levels)}."
        )


def check_ids(check: Check, ids: pd.DataFrame) -> None:
    """Note ids that mean several things in one source.

    Parameters
    ----------
    check : Check
        Where to note it.
    ids : DataFrame
        The columns of `ID_COLUMNS`, each row once.
    """
    torn = ids[ids.duplicated(["source", "id"], keep=False)]
    for source, rows in torn.groupby("source", sort=True):
        count, first = rows["id"].nunique(), rows["id"].iloc[0]
        own = rows[rows["id"] == first]
        meant = name_list(
            f"{word(level)} {code}" for level, code in zip(own["level"], own["code"], strict=True)
        )
        verb = "stands" if count == 1 else "stand"
        check.add(
            f"{count:,} {'id' if count == 1 else 'ids'} of {source!r} {verb} for several things "
            f"(first {first!r}: {meant})",
            "correct the ids, or name the level that they stand for: "
            f"ids={{{source!r}: {{'product_id': '...'}}}}",
        )
