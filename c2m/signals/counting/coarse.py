"""Signals that are known no finer than a product: beside its SKUs, under a name of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError, warn
from c2m.series import common_attributes
from c2m.signals.counting.coding import SeriesCoder
from c2m.signals.counting.ledger import ACTIVE, Ledger
from c2m.signals.identity.crosswalk import Crosswalk
from c2m.signals.identity.levels import PREFIX, word

Links = NDArray[np.int64]
"""For each series the coarse one that it belongs to, -1 for none; shape (n_series,)."""


@dataclass
class Counts:
    """What was counted at a coarse level.

    Parameters
    ----------
    series : SeriesCoder
        The products (times channel, times location).
    ledger : Ledger
        Their counts.
    """

    series: SeriesCoder
    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True)
class Household:
    """All series of a panel, and what each of them belongs to.

    Parameters
    ----------
    keys : DataFrame
        Those that were counted first, in their order; then those that only something coarser
        tells of: the sizes of a product that was looked at.
    levels : mapping of str to (Counts, Links)
        Level -> its counts, and the coarse series of each of `keys`.
    """

    keys: pd.DataFrame
    levels: Mapping[str, tuple[Counts, Links]]


def gather(
    series: SeriesCoder,
    key: Sequence[str],
    coarse: Mapping[str, Counts],
    crosswalk: Crosswalk | None,
    level: str,
) -> Household:
    """Join the series that were counted with what they belong to.

    Parameters
    ----------
    series : SeriesCoder
        The series that were counted.
    key : sequence of str
        Key columns of the panel.
    coarse : mapping of str to Counts
        Level -> what was counted there.
    crosswalk : Crosswalk, optional
        The catalogue; needed where there are coarse counts.
    level : str
        The level of the series.

    Returns
    -------
    Household
        The series.

    Warns
    -----
    C2MWarning
        If something coarse has nothing below it.
    """
    keys = _names(series, key)
    if crosswalk is None or not coarse:
        return Household(keys, {})
    below = {}
    for name, counts in coarse.items():
        above = _names(counts.series, key).assign(coarse=np.arange(len(counts.series)))
        joined = above.rename(columns={"sku": "code"}).merge(
            _members(crosswalk, level, name), "left"
        )
        _tell_childless(joined, counts, name, level)
        below[name] = joined.dropna(subset="sku")
    every = pd.concat([keys, *(table[list(key)] for table in below.values())], ignore_index=True)
    every = every.drop_duplicates(ignore_index=True)
    places = _index(every)
    levels = {}
    for name, table in below.items():
        links = np.full(len(every), -1, dtype=np.int64)
        links[places.get_indexer(_index(table[list(key)]))] = table["coarse"]
        levels[name] = (coarse[name], links)
    return Household(every, levels)


def attributes_at(crosswalk: Crosswalk, level: str) -> pd.DataFrame:
    """Return the attributes that all SKUs below a code share.

    Parameters
    ----------
    crosswalk : Crosswalk
        The catalogue.
    level : str
        The level of the codes.

    Returns
    -------
    DataFrame
        Attributes; its index are the codes.
    """
    frame = crosswalk.catalogue.frame
    if level == "sku":
        return crosswalk.catalogue.attributes
    group, codes = pd.factorize(frame[level], sort=True)
    shared = common_attributes(frame.drop(columns=level), np.asarray(group, dtype=np.intp))
    return shared.set_index(pd.Index(codes, name="sku"))


def check_level_filled(crosswalk: Crosswalk, level: str) -> None:
    """Refuse to count at a level that some SKUs do not have.

    Parameters
    ----------
    crosswalk : Crosswalk
        The catalogue.
    level : str
        The level.

    Raises
    ------
    DataError
        With their number and the first of them.
    """
    frame = crosswalk.catalogue.frame
    without = frame["sku"][frame[level].isna()]
    if len(without):
        raise DataError(
            "catalogue",
            [
                f"{len(without):,} of {len(frame):,} SKUs have no {level!r} "
                f"(first {without.iloc[0]!r})"
            ],
            f"fill {level!r}; a SKU that belongs to nothing is a {word(level)} of its own",
        )


def coarse_name(level: str, channel: str, raw: str) -> str:
    """Return what a channel of a coarse level is called.

    Parameters
    ----------
    level : str
        The level.
    channel : str
        The channel of a SKU that counts the same.
    raw : str
        What its name begins with where it is not weighed by trust.

    Returns
    -------
    str
        Its name.

    Examples
    --------
    >>> coarse_name("product_id", "views", "raw_"), coarse_name("style", "raw_views", "raw_")
    ('product_views', 'raw_style_views')
    """
    if channel.startswith(raw):
        return raw + PREFIX[level] + channel.removeprefix(raw)
    return PREFIX[level] + channel


def _names(series: SeriesCoder, key: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(key, series.names(), strict=True)), dtype="str")


def _index(table: pd.DataFrame) -> pd.Index:
    return pd.MultiIndex.from_frame(table) if len(table.columns) > 1 else pd.Index(table["sku"])


def _members(crosswalk: Crosswalk, level: str, above: str) -> pd.DataFrame:
    """Return the codes of a level, ``sku``, with what they belong to at another, ``code``."""
    fine, coarse = (crosswalk.levels.index(name) for name in (level, above))
    stop = crosswalk.n_skus if level == "sku" else crosswalk.starts[fine + 1]
    things = np.arange(crosswalk.starts[fine], stop)
    things = things[crosswalk.always()[things] == things]
    parents = crosswalk.parents[things, coarse]
    names = crosswalk.names.to_numpy(zero_copy_only=False)
    known = parents >= 0
    return pd.DataFrame({"sku": names[things[known]], "code": names[parents[known]]}, dtype="str")


def _tell_childless(joined: pd.DataFrame, counts: Counts, name: str, level: str) -> None:
    lost = joined[joined["sku"].isna()]
    if len(lost):
        places = lost["coarse"].to_numpy()
        events = sum(
            float(entry.amounts[np.isin(entry.series, places)].sum())
            for entry in counts.ledger.entries.get(ACTIVE, [])
        )
        warn(
            f"{events:,.0f} events of {len(lost):,} {word(name, len(lost))} have no {word(level)} "
            f"in the catalogue to stand beside, and are left out (first {lost['code'].iloc[0]!r})."
        )
