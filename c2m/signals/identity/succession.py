"""SKUs that were renamed or replaced: whose history is whose."""

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from c2m.checks import Check
from c2m.errors import ArgumentError
from c2m.frames import name_list

LINK_COLUMNS: Final = ("old", "new", "from_date")
"""Of a table of replaced SKUs; a link without a date holds always."""


def add_links(
    links: pd.DataFrame,
    successors: Mapping[str, str],
    from_date: str | pd.Timestamp | None,
    skus: Iterable[str],
) -> pd.DataFrame:
    """Add successors to those that are known.

    Parameters
    ----------
    links : DataFrame
        The columns of `LINK_COLUMNS`.
    successors : mapping of str to str
        Old SKU -> new SKU.
    from_date : date, optional
        First day on which they hold.
    skus : iterable of str
        The SKUs of the catalogue.

    Returns
    -------
    DataFrame
        All links.

    Raises
    ------
    DataError
        If they contradict each other.
    """
    added = pd.DataFrame(
        [(old, new, _day(from_date)) for old, new in successors.items()], columns=list(LINK_COLUMNS)
    ).astype({"from_date": "datetime64[s]"})
    check = Check("catalogue", added)
    for name in ("old", "new"):
        check.codes(name, each=True)
    check.done()
    again = sorted(set(added["old"]) & set(links["old"]))
    if again:
        check.add(
            f"SKUs have two successors: {name_list(again)}", "give each old SKU one successor"
        )
    joined = pd.concat([links, added], ignore_index=True) if len(links) else added
    _check_chains(check, dict(zip(joined["old"], joined["new"], strict=True)), set(skus))
    check.done()
    return joined


def _day(from_date: str | pd.Timestamp | None) -> object:
    try:
        moment = pd.Timestamp(from_date) if from_date is not None else pd.NaT
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"Expected from_date to be a day, got {from_date!r}.") from error
    return moment if pd.isna(moment) else moment.tz_localize(None).normalize()


def _check_chains(check: Check, following: Mapping[str, str], skus: set[str]) -> None:
    """Note chains that run in a circle, and those that end in no SKU of the catalogue."""
    circles: set[str] = set()
    lost: set[str] = set()
    for start in following:
        seen, code = {start}, following[start]
        while code in following and code not in seen:
            seen.add(code)
            code = following[code]
        if code in seen:
            circles |= seen
        elif code not in skus:
            lost.add(code)
    fix = "let every chain of successors end in a SKU of the catalogue"
    if circles:
        check.add(f"SKUs replace each other in a circle: {name_list(sorted(circles))}", fix)
    if lost:
        check.add(f"successors are no SKUs of the catalogue: {name_list(sorted(lost))}", fix)
