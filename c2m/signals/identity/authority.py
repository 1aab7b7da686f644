"""Which of several systems is believed about a kind of event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list
from c2m.signals.counting.coding import kind_numbers, user_ids
from c2m.signals.schema import EVENT_TYPES, KINDS

Orders = NDArray[np.uint64]
"""Sorted numbers of orders: pseudonyms, or hashes of text."""

RETURN: Final = KINDS.index("return")


@dataclass(frozen=True)
class Authority:
    """Kind of event -> the sources that are believed about it, the first one most.

    Parameters
    ----------
    by_kind : mapping of int to tuple of str
        Number of the kind -> sources. A later source is believed about orders that no earlier one
        has.
    """

    by_kind: Mapping[int, tuple[str, ...]]

    @classmethod
    def of(
        cls, authority: Mapping[str, str | Sequence[str]], sources: Sequence[str]
    ) -> "Authority":
        """Check what a caller passes as ``authority=``.

        Parameters
        ----------
        authority : mapping of str to (str or sequence of str)
            Kind -> source, or sources.
        sources : sequence of str
            The sources there are.

        Returns
        -------
        Authority
            The same, by number.

        Raises
        ------
        ArgumentError
            If a kind or a source is not known.
        """
        by_kind = {}
        for kind, named in authority.items():
            believed = (named,) if isinstance(named, str) else tuple(named)
            if kind not in EVENT_TYPES:
                raise ArgumentError(
                    f"Expected kinds of c2m.EVENT_TYPES in authority=, got {kind!r}"
                    f"{did_you_mean(kind, EVENT_TYPES)}."
                )
            unknown = [name for name in believed if name not in sources]
            if unknown or not believed or len(set(believed)) < len(believed):
                hint = did_you_mean(unknown[0], sources) if unknown else ""
                raise ArgumentError(
                    f"Expected authority={{{kind!r}: ...}} to name sources once each, of "
                    f"{name_list(sources)}, got {named!r}{hint}."
                )
            by_kind[KINDS.index(kind)] = believed
        return cls(by_kind)

    def with_orders(self) -> list[str]:
        """Return the sources whose order ids decide what later ones may add."""
        earlier = [name for named in self.by_kind.values() for name in named[:-1]]
        return list(dict.fromkeys(earlier))

    def by_orders(self) -> list[str]:
        """Return every source whose order ids are compared."""
        return list(
            dict.fromkeys(
                name for named in self.by_kind.values() if len(named) > 1 for name in named
            )
        )


@dataclass
class Verdict:
    """What became of the events of several sources.

    Parameters
    ----------
    authority : Authority
        Who is believed.
    orders : mapping of str to ndarray of uint64
        Source -> its orders, sorted.
    placed : mapping of str to ndarray of uint64
        Source -> those of which it has more than returns. Goods that come back tell nothing of
        who saw their sale: it may lie before the first day of the log.
    seen : dict of (str, int) to int
        Source and kind -> its events, whether they count or not.
    left_out : dict of (str, int) to int
        Source and kind -> events of which another source has the authority.
    known, added, nameless : dict of (str, int) to int
        Source and kind -> events of orders that an earlier source has, of those that it has not,
        and without an order id.
    """

    authority: Authority
    orders: Mapping[str, Orders] = field(default_factory=dict)
    placed: Mapping[str, Orders] = field(default_factory=dict)
    seen: dict[tuple[str, int], int] = field(default_factory=dict)
    left_out: dict[tuple[str, int], int] = field(default_factory=dict)
    known: dict[tuple[str, int], int] = field(default_factory=dict)
    added: dict[tuple[str, int], int] = field(default_factory=dict)
    nameless: dict[tuple[str, int], int] = field(default_factory=dict)

    def keep(self, source: str, table: Any) -> BoolArray:
        """Say which events of a source count.

        Parameters
        ----------
        source : str
            The source.
        table : pyarrow.Table
            Its events, with ``order_id`` where that decides.

        Returns
        -------
        ndarray of bool, shape (n_rows,)
            True where an event counts.
        """
        kinds = kind_numbers(table)
        kept = np.ones(table.num_rows, dtype=bool)
        for kind in np.flatnonzero(np.bincount(kinds, minlength=len(KINDS))).tolist():
            rows = np.flatnonzero(kinds == kind)
            _add(self.seen, (source, kind), len(rows))
            believed = self.authority.by_kind.get(kind, (source,))
            if source not in believed:
                _add(self.left_out, (source, kind), len(rows))
                kept[rows] = False
            elif source != believed[0]:
                kept[rows] = self._fills(source, kind, believed, table, rows)
        return kept

    def _fills(
        self, source: str, kind: int, believed: Sequence[str], table: Any, rows: NDArray[np.intp]
    ) -> BoolArray:
        """Say which events are of orders that no source before this one has."""
        ids, named = user_ids(table.column("order_id"))
        ids, named = ids[rows], named[rows]
        has = np.zeros(len(rows), dtype=bool)
        for earlier in believed[: believed.index(source)]:
            orders = (self.orders if kind == RETURN else self.placed)[earlier]
            at = np.minimum(np.searchsorted(orders, ids), max(len(orders) - 1, 0))
            has |= (orders[at] == ids) if len(orders) else False
        fresh = named & ~has
        _add(self.known, (source, kind), int(np.count_nonzero(named & has)))
        _add(self.added, (source, kind), int(np.count_nonzero(fresh)))
        _add(self.nameless, (source, kind), int(np.count_nonzero(~named)))
        return fresh

    def refuse_doubt(self) -> None:
        """Refuse kinds that several sources have and nobody decides.

        Raises
        ------
        ArgumentError
            With the kinds, their counts by source, and what to pass.
        """
        open_kinds: dict[int, dict[str, int]] = {}
        for (source, kind), count in self.seen.items():
            if kind not in self.authority.by_kind:
                open_kinds.setdefault(kind, {})[source] = count
        doubtful = {kind: counts for kind, counts in open_kinds.items() if len(counts) > 1}
        if not doubtful:
            return
        listed = "; ".join(
            f"{KINDS[kind]} ({', '.join(f'{name} {count:,}' for name, count in counts.items())})"
            for kind, counts in sorted(doubtful.items())
        )
        typed = ", ".join(
            f"{KINDS[kind]!r}: {' or '.join(map(repr, counts))}"
            for kind, counts in sorted(doubtful.items())
        )
        raise ArgumentError(
            "Expected authority= to say whose events count where several sources have a kind, so "
            f"that what two saw counts once; it names none for {listed}. Add {typed}, or a pair "
            "such as ('shopify', 'ga4') to take orders from the second that the first has not."
        )

    def sentences(self) -> Iterator[str]:
        """Say what is left out, and what an earlier source did not have."""
        for (source, kind), count in self.left_out.items():
            believed = self.authority.by_kind[kind]
            yield (
                f"{count:,} {KINDS[kind]} events of {source!r} are left out: "
                f"{name_list(believed)} {'has' if len(believed) == 1 else 'have'} the authority"
                f"{self._nothing(believed, kind)}."
            )
        for source, kind in dict.fromkeys([*self.known, *self.added, *self.nameless]):
            yield self._about_orders(source, kind)

    def _nothing(self, believed: Sequence[str], kind: int) -> str:
        """Say so where those who are believed have nothing to say."""
        if any(self.seen.get((name, kind)) for name in believed):
            return ""
        return f", and no {KINDS[kind]} event"

    def _about_orders(self, source: str, kind: int) -> str:
        known, added, nameless = (
            counts.get((source, kind), 0) for counts in (self.known, self.added, self.nameless)
        )
        believed = self.authority.by_kind[kind]
        earlier = name_list(believed[: believed.index(source)])
        sentence = (
            f"Of the {KINDS[kind]} events of {source!r}, {known:,} are of orders that {earlier} "
            f"has and are left out, {added:,} are of orders that it has not and count"
        )
        if nameless:
            sentence += f", {nameless:,} have no order_id and are left out"
        if added and not known:
            sentence += (
                ". No order is in both: if the two write order ids differently, or were read with "
                "different keys, every sale counts twice"
            )
        return f"{sentence}."


def _add(counts: dict[tuple[str, int], int], key: tuple[str, int], count: int) -> None:
    if count:
        counts[key] = counts.get(key, 0) + count
