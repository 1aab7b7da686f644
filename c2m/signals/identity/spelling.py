"""Ways of spelling an id in which two systems may differ, and what makes them one."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from c2m.errors import ArgumentError
from c2m.frames import did_you_mean, name_list


def _without_zeros(texts: Any) -> Any:
    bare = pc.utf8_ltrim(texts, characters="0")
    empty = pc.and_(pc.equal(bare, ""), pc.greater(pc.utf8_length(texts), 0))
    return pc.if_else(empty, pa.scalar("0", bare.type), bare)


def _last_part(texts: Any) -> Any:
    return pc.replace_substring_regex(texts, pattern=r"^.*[/_:]", replacement="")


WAYS: Final[Mapping[str, Callable[[Any], Any]]] = MappingProxyType(
    {
        "blanks": pc.utf8_trim_whitespace,
        "case": lambda texts: pc.utf8_lower(pc.utf8_upper(texts)),
        "zeros": _without_zeros,
        "prefix": _last_part,
    }
)
"""``"blanks"`` around an id, upper and lower ``"case"``, leading ``"zeros"``, and a ``"prefix"``
up to the last ``/``, ``_`` or ``:`` (``shopify_US_77_4411`` is ``4411``)."""

WORDS: Final = {
    "blanks": "trimming blanks",
    "case": "ignoring case",
    "zeros": "stripping zeros",
    "prefix": "taking the part after the last '/', '_' or ':'",
}
"""How messages name the ways."""


def check_ways(ways: Sequence[str]) -> tuple[str, ...]:
    """Return ways of spelling in their order.

    Parameters
    ----------
    ways : sequence of str
        Names of `WAYS`.

    Returns
    -------
    tuple of str
        The same, each once.

    Raises
    ------
    ArgumentError
        If one is not known.
    """
    unknown = [way for way in ways if way not in WAYS]
    if isinstance(ways, str) or unknown:
        hint = did_you_mean(unknown[0], WAYS) if unknown else ""
        raise ArgumentError(
            f"Expected normalise= with some of {name_list(WAYS)}, got {ways!r}{hint}."
        )
    return tuple(way for way in WAYS if way in ways)


def spell(texts: Any, ways: Sequence[str], *, of_event: bool) -> Any:
    """Spell ids in one way.

    Parameters
    ----------
    texts : pyarrow.Array of str
        Ids.
    ways : sequence of str
        What is levelled, see `WAYS`.
    of_event : bool
        Whether they come from events; a prefix is taken from those only, so that the codes of
        the catalogue stay whole.

    Returns
    -------
    pyarrow.Array of str
        The ids, spelt so.

    Examples
    --------
    >>> spell(pa.array([" 0042 ", "Ab"]), ["blanks", "case", "zeros"], of_event=True).to_pylist()
    ['42', 'ab']
    """
    for way in ways:
        if of_event or way != "prefix":
            texts = WAYS[way](texts)
    return texts
