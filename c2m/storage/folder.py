"""What a folder on disk holds, in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd
from numpy.typing import NDArray

from c2m.errors import DataError

_CONTENTS: Final = ("arrays", "tables", "texts")


@dataclass(frozen=True)
class Folder:
    """What a folder holds.

    Parameters
    ----------
    facts : mapping
        Small values that JSON can hold.
    arrays : mapping of str to ndarray
        Numbers or fixed-width text; no objects.
    tables : mapping of str to DataFrame
        Tables; their index is not kept.
    texts : mapping of str to str
        Long texts, such as a LightGBM model.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def with_part(self, name: str, part: "Folder") -> "Folder":
        """Return the folder with another one in it.

        Parameters
        ----------
        name : str
            What to call it: a word without a dot.
        part : Folder
            The other.

        Returns
        -------
        Folder
            Its facts stand under `name`, and `name` and a dot stand before its files.

        Examples
        --------
        >>> both = Folder({"a": 1}).with_part("inner", Folder({"b": 2}, texts={"trees": "..."}))
        >>> both.facts, list(both.texts)
        ({'a': 1, 'inner': {'b': 2}}, ['inner.trees'])
        >>> both.part("inner").facts
        {'b': 2}
        """
        dotted = {
            kind: {**getattr(self, kind)}
            | {f"{name}.{file}": content for file, content in getattr(part, kind).items()}
            for kind in _CONTENTS
        }
        return Folder({**self.facts, name: dict(part.facts)}, **dotted)

    def part(self, name: str) -> "Folder":
        """Return a folder that `with_part` put in.

        Parameters
        ----------
        name : str
            What it was called.

        Returns
        -------
        Folder
            The same folder.

        Raises
        ------
        DataError
            If there is none.
        """
        facts = self.facts.get(name)
        if not isinstance(facts, dict):
            raise DataError(
                "folder", [f"it has no part {name!r}"], "restore the folder or save it again"
            )
        start = f"{name}."
        inner = {
            kind: {
                file.removeprefix(start): content
                for file, content in getattr(self, kind).items()
                if file.startswith(start)
            }
            for kind in _CONTENTS
        }
        return Folder(facts, **inner)
