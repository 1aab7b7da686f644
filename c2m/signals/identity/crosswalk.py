"""From the ids of events to what the catalogue calls it: one number for each thing it names."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.errors import DataError
from c2m.signals.identity.levels import EVENT_IDS
from c2m.signals.identity.spelling import WORDS, spell

if TYPE_CHECKING:
    from c2m.signals.identity.catalogue import Catalogue

Things = NDArray[np.int64]
"""Numbers of SKUs, variants, products and styles, one sequence for all; -1 for nothing."""

_ALWAYS: Final = np.iinfo(np.int64).min


class Crosswalk:
    """The things of a catalogue by number, the ids that lead to them, and who succeeds whom.

    The things of a level follow those of the finer one. SKUs that were replaced and are no longer
    in the catalogue have a number too, after those that are.

    Parameters
    ----------
    catalogue : Catalogue
        The catalogue.
    """

    def __init__(self, catalogue: "Catalogue") -> None:
        self.catalogue, self.levels = catalogue, catalogue.levels
        frame, links = catalogue.frame, catalogue.links
        gone = pd.unique(links["old"][~links["old"].isin(frame["sku"])])
        self.n_skus = len(frame)
        self.codes = {level: pd.Index(frame[level].dropna().unique()) for level in self.levels}
        self.codes["sku"] = pd.Index([*frame["sku"], *gone])
        sizes = [len(self.codes[level]) for level in self.levels]
        self.starts = np.concatenate([[0], np.cumsum(sizes)])
        self.names = pa.array(
            [str(code) for level in self.levels for code in self.codes[level]], pa.string()
        )
        self.parents = self._find_parents(frame)
        self._tables: dict[tuple[str | None, str], tuple[Any, Things]] = {}
        self._links = self._find_links()
        self._successors: dict[int, Things] = {}

    def __len__(self) -> int:
        """Return how many things there are."""
        return int(self.starts[-1])

    # ---------------------------------------------------------------- numbers

    def number(self, level: str, codes: Iterable[object]) -> Things:
        """Return the numbers of codes.

        Parameters
        ----------
        level : str
            What the codes name.
        codes : iterable
            The codes.

        Returns
        -------
        ndarray of int64
            Things; -1 for codes that are not there.
        """
        found = self.codes[level].get_indexer(pd.Index(list(codes), dtype="object"))
        return np.where(found < 0, -1, found + self.starts[self.levels.index(level)])

    def level_of(self, things: Things) -> NDArray[np.int64]:
        """Return the level of each thing.

        Parameters
        ----------
        things : ndarray of int64
            Things.

        Returns
        -------
        ndarray of int64
            Places in `levels`; that of -1 is past the last.
        """
        place = np.searchsorted(self.starts, things, side="right") - 1
        return np.where(things < 0, len(self.levels), place)

    def _find_parents(self, frame: pd.DataFrame) -> Things:
        """Return what each thing belongs to at each level: (n_things, n_levels), -1 if unknown."""
        parents = np.full((len(self), len(self.levels)), -1, dtype=np.int64)
        rows = {level: self.number(level, frame[level]) for level in self.levels}
        for place, level in enumerate(self.levels):
            own = slice(self.starts[place], self.starts[place + 1])
            parents[own, place] = np.arange(self.starts[place], self.starts[place + 1])
            for coarser in range(place + 1, len(self.levels)):
                both = (rows[level] >= 0) & (rows[self.levels[coarser]] >= 0)
                parents[rows[level][both], coarser] = rows[self.levels[coarser]][both]
        return parents

    # ---------------------------------------------------------------- ids

    def find(self, source: str | None, column: str, texts: Any) -> Things:
        """Return what each id stands for.

        Parameters
        ----------
        source : str, optional
            The system that the ids are of.
        column : {"sku", "variant_id", "product_id"}
            The column of the event that they stand in.
        texts : pyarrow.Array of str
            Ids.

        Returns
        -------
        ndarray of int64
            Things; -1 where the catalogue does not know the id.
        """
        if (source, column) not in self._tables:
            known = self.known_ids(source, column)
            ways = self.catalogue.ways(source)
            self._tables[source, column] = _table(known, ways)
        keys, things = self._tables[source, column]
        spelt = spell(texts.cast(pa.string()), self.catalogue.ways(source), of_event=True)
        found = pc.index_in(spelt, value_set=keys).fill_null(len(keys))
        return np.asarray(things[found.to_numpy(zero_copy_only=False)], dtype=np.int64)

    def known_ids(self, source: str | None, column: str) -> pd.DataFrame:
        """Return the ids that a source may use in a column.

        Parameters
        ----------
        source : str, optional
            The system.
        column : {"sku", "variant_id", "product_id"}
            The column of the event.

        Returns
        -------
        DataFrame
            ``id``, ``thing``; of equal ids the first counts.
        """
        own = self.catalogue.ids
        foreign = [
            pd.DataFrame({"id": rows["id"], "thing": self.number(str(level), rows["code"])})
            for level, rows in own[own["source"] == str(source)].groupby("level")
        ]
        return pd.concat([*foreign, self.own_ids(column)], ignore_index=True)

    def own_ids(self, column: str) -> pd.DataFrame:
        """Return the catalogue's own ids of a column.

        Parameters
        ----------
        column : {"sku", "variant_id", "product_id"}
            The column.

        Returns
        -------
        DataFrame
            ``id``, ``thing``; no row where the catalogue has no such column.
        """
        if column in self.levels:
            codes = self.codes[column]
            return pd.DataFrame({"id": codes, "thing": self.number(column, codes)})
        if column not in self.catalogue.frame.columns:
            return pd.DataFrame({"id": pd.Series(dtype="str"), "thing": pd.Series(dtype="int64")})
        ids = self.catalogue.frame[column]  # variants that hold one SKU each
        return pd.DataFrame({"id": ids, "thing": np.arange(self.n_skus)}).dropna()

    def check_spelling(self) -> None:
        """Refuse ways of spelling that make ids of different things the same.

        Raises
        ------
        DataError
            With the sources and counts.
        """
        named = {*self.catalogue.ids["source"], *self.catalogue.normalise} - {"*"}
        sources: list[str | None] = [None, *sorted(named)]
        problems = [
            problem
            for source in sources
            for column in (EVENT_IDS if self.catalogue.ways(source) else ())
            for problem in self._spelling_problems(source, column)
        ]
        if problems:
            fix = "leave that way out, or name the source that needs it: normalise={'...': [...]}"
            raise DataError("catalogue", list(dict.fromkeys(problems)), fix)

    def _spelling_problems(self, source: str | None, column: str) -> Iterator[str]:
        """Say which ids a source's way of spelling makes one, the catalogue's and its own."""
        ways = self.catalogue.ways(source)
        own, every = self.own_ids(column), self.known_ids(source, column)
        foreign = every.iloc[: len(every) - len(own)]
        for table, whose in ((own, "the catalogue"), (foreign, repr(source))):
            count, first = _collisions(table, ways)
            if count:
                words = " and ".join(WORDS[way] for way in ways)
                yield (
                    f"after {words}, {count:,} ids of {whose} mean several things (first {first!r})"
                )

    # ---------------------------------------------------------------- successors

    def successors(self, day: int) -> Things:
        """Return what each thing is on a day: itself, or what replaced it.

        Parameters
        ----------
        day : int
            Days since 1970-01-01.

        Returns
        -------
        ndarray of int64, shape (n_things,)
            Things; -1 for a SKU that is in no catalogue until it is replaced. A product whose
            SKUs were all replaced by those of one other product is that product.
        """
        old, new, dates = self._links
        count = int(np.searchsorted(dates, day, side="right"))
        if count not in self._successors:
            self._successors[count] = self._follow(old[:count], new[:count])
        return self._successors[count]

    def always(self) -> Things:
        """Return what each thing is where only successors without a date count."""
        return self.successors(_ALWAYS)

    def _find_links(self) -> tuple[Things, Things, NDArray[np.int64]]:
        """Return old SKUs, new SKUs and days from which they hold, in the order of the days."""
        links = self.catalogue.links
        dates = pd.to_datetime(links["from_date"])
        days = np.where(
            dates.isna(), _ALWAYS, dates.to_numpy().astype("datetime64[D]").astype(np.int64)
        )
        order = np.argsort(days, kind="stable")
        old, new = (self.number("sku", links[name]) for name in ("old", "new"))
        return old[order], new[order], days[order]

    def _follow(self, old: Things, new: Things) -> Things:
        now = np.arange(len(self))
        now[old] = new
        while not np.array_equal(further := now[now], now):
            now = further
        result = now.copy()
        for place in range(1, len(self.levels)):
            self._follow_level(place, now, result)
        result[(result >= self.n_skus) & (result < self.starts[1])] = -1
        return result

    def _follow_level(self, place: int, now: Things, result: Things) -> None:
        """Let a product whose SKUs all went to one other product be that product."""
        own = self.parents[: self.n_skus, place]
        moved = np.unique(own[(now[: self.n_skus] != np.arange(self.n_skus)) & (own >= 0)])
        for thing in moved:
            ends = np.unique(self.parents[now[: self.n_skus][own == thing], place])
            if len(ends) == 1 and ends[0] >= 0:
                result[thing] = ends[0]


def _table(known: pd.DataFrame, ways: Sequence[str]) -> tuple[Any, Things]:
    """Return the keys of a lookup, and their things with -1 at the end for what is not there."""
    keys = spell(pa.array(known["id"].to_numpy(dtype=object), pa.string()), ways, of_event=False)
    first = ~pd.Series(keys.to_pylist(), dtype="object").duplicated().to_numpy()
    things = known["thing"].to_numpy(dtype=np.int64)[first]
    return keys.filter(pa.array(first)), np.append(things, -1)


def _collisions(known: pd.DataFrame, ways: Sequence[str]) -> tuple[int, str]:
    """Count the spellings that stand for several things."""
    keys = spell(pa.array(known["id"].to_numpy(dtype=object), pa.string()), ways, of_event=False)
    pairs = pd.DataFrame({"key": keys.to_pylist(), "thing": known["thing"].to_numpy()})
    torn = pairs.drop_duplicates()["key"].duplicated(keep="first")
    return int(torn.sum()), str(pairs.drop_duplicates()["key"][torn].iloc[0]) if torn.any() else ""
