"""What a person may want to know of a schema before handing over a log."""

from dataclasses import dataclass, field
from html import escape
from typing import Final, overload

import pandas as pd

from c2m.signals.reading.consent import PURPOSES
from c2m.signals.reading.pseudonyms import ROLES
from c2m.signals.schema import COLUMNS, REQUIRED
from c2m.signals.schemas import LAYOUTS, find_layout
from c2m.signals.schemas.layout import Layout

_KEY: Final = "key=, 16 to 64 random bytes: secrets.token_bytes(32), kept outside the data"
_CONSENT: Final = (
    f'consent="all", or purposes that a person must have granted: {", ".join(PURPOSES)}'
)
_ZONE: Final = "time_zone=, because its times carry no zone"

CANONICAL: Final = Layout(
    name="canonical",
    title="The events of c2m, an event a row",
    source="c2m.signals.COLUMNS",
    formats=("parquet", "csv", "json"),
    reads={name: f"{name} (required)" if name in REQUIRED else name for name in COLUMNS},
    event_types={},
    traps=(
        "Other names are given in columns=, other kinds of events in event_types=.",
        "Ids stay as they are unless key= is passed: then users, sessions, orders, events and "
        "referrers are replaced by pseudonyms.",
        "A column `consent` holds bits (see Consent), and needs consent=: 'all', or purposes, "
        "without which events are left out.",
        "Times without a zone need time_zone=.",
    ),
    has_users=False,
)


@dataclass(frozen=True, repr=False)
class SchemaDescription:
    """What is read of a log of one layout, and what is not. See `describe_schema`.

    Parameters
    ----------
    name : str
        What ``schema=`` takes.
    title : str
        What it is.
    source : str
        Address of its public description.
    formats : tuple of str
        What it may lie in.
    reads : DataFrame
        ``column`` (canonical), ``comes from``, and ``kept as``: ``"pseudonym"`` or ``"it is"``.
    event_types : DataFrame
        ``in the source`` and ``event_type``.
    drops : tuple of str
        Personal fields, which are never read. What is named nowhere is not read either.
    traps : tuple of str
        What is easy to get wrong, and what is done about it.
    needs : tuple of str
        Arguments of `c2m.read_events` that must be passed.
    """

    name: str
    title: str
    source: str
    formats: tuple[str, ...]
    reads: pd.DataFrame = field(repr=False)
    event_types: pd.DataFrame = field(repr=False)
    drops: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return all of it as one table.

        Returns
        -------
        DataFrame
            ``part`` (read, kind, dropped, trap, needed), ``what`` and ``how``.
        """
        rows = [("needed", need, "") for need in self.needs]
        rows += [("read", column, origin) for column, origin in self._pairs(self.reads)]
        rows += [("kind", own, kind) for own, kind in self._pairs(self.event_types)]
        rows += [("dropped", name, "") for name in self.drops]
        rows += [("trap", trap, "") for trap in self.traps]
        return pd.DataFrame(rows, columns=["part", "what", "how"])

    def __repr__(self) -> str:
        """Write it for a terminal."""
        lines = [f"{self.name}: {self.title}", f"  described at {self.source}"]
        lines.append(f"  lies in {' or '.join(self.formats)}")
        lines += ["needs", *(f"  {need}" for need in self.needs)] if self.needs else []
        lines += ["reads", *(f"  {own:<12} <- {how}" for own, how in self._pairs(self.reads))]
        if len(self.event_types):
            kinds = self._pairs(self.event_types)
            lines += ["kinds of events", *(f"  {kind:<15} <- {own}" for own, kind in kinds)]
        lines += ["never reads", *(f"  {name}" for name in self.drops)] if self.drops else []
        lines += ["traps", *(f"  - {trap}" for trap in self.traps)] if self.traps else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        lists = {"Needs": self.needs, "Never reads": self.drops, "Traps": self.traps}
        parts = [f"<h4>{escape(self.name)}: {escape(self.title)}</h4>"]
        parts.append(f"<p>{escape(self.source)}; {escape(' or '.join(self.formats))}</p>")
        parts += [table.to_html(index=False) for table in (self.reads, self.event_types)]
        for head, entries in lists.items():
            if entries:
                items = "".join(f"<li>{escape(entry)}</li>" for entry in entries)
                parts.append(f"<p>{head}</p><ul>{items}</ul>")
        return f"<div>{''.join(parts)}</div>"

    @staticmethod
    def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
        return list(zip(table.iloc[:, 0], table.iloc[:, 1], strict=True))


@overload
def describe_schema(name: str) -> SchemaDescription: ...  # numpydoc ignore=GL08
@overload
def describe_schema(name: None = None) -> pd.DataFrame: ...  # numpydoc ignore=GL08
def describe_schema(name: str | None = None) -> SchemaDescription | pd.DataFrame:
    """Tell what `c2m.read_events` reads of a layout, and what it drops.

    Parameters
    ----------
    name : str, optional
        What ``schema=`` takes; a table of all of them unless given.

    Returns
    -------
    SchemaDescription or DataFrame
        One layout; or a row a layout: ``schema``, ``what``, ``lies in``, ``needs``.

    Raises
    ------
    ArgumentError
        If there is no such schema.

    Examples
    --------
    >>> described = describe_schema("ga4")
    >>> described.reads.set_index("column")["comes from"]["sku"]
    'items[].item_id'
    >>> [need.partition("=")[0] for need in described.needs]
    ['key', 'consent']
    >>> describe_schema().loc[0, "schema"]
    'canonical'
    """
    if name is None:
        layouts = [CANONICAL, *LAYOUTS.values()]
        rows = [
            (one.name, one.title, " or ".join(one.formats), ", ".join(_arguments(one)))
            for one in layouts
        ]
        return pd.DataFrame(rows, columns=["schema", "what", "lies in", "needs"])
    return _describe(find_layout(name) or CANONICAL)


def _arguments(layout: Layout) -> list[str]:
    return [need.partition("=")[0] + "=" for need in _needs(layout)]


def _needs(layout: Layout) -> tuple[str, ...]:
    local = layout.flat and layout.name != "canonical" and not layout.time_zone
    zoneless = local and layout.time_format not in {"s", "ms", "us", "ns", None}
    zoneless &= not (layout.time_format or "").endswith(("%z", "%Z", "UTC"))
    asked = ((_KEY, layout.has_users), (_CONSENT, layout.has_consent), (_ZONE, zoneless))
    return tuple(need for need, wanted in asked if wanted)


def _describe(layout: Layout) -> SchemaDescription:
    rows = [
        (column, layout.reads[column], _kept(layout, column))
        for column in COLUMNS
        if column in layout.reads
    ]
    return SchemaDescription(
        layout.name,
        layout.title,
        layout.source,
        tuple(layout.formats),
        pd.DataFrame(rows, columns=["column", "comes from", "kept as"]),
        pd.DataFrame(layout.event_types.items(), columns=["in the source", "event_type"]),
        tuple(layout.drops),
        tuple(layout.traps),
        _needs(layout),
    )


def _kept(layout: Layout, column: str) -> str:
    return "pseudonym" if column in ROLES and layout.has_users else "it is"
