"""What policies were warned of again and again, said once."""

import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from c2m.errors import C2MWarning, warn
from c2m.frames import name_list

_LIKE: Final = 60
"""Letters by which warnings are told apart, numbers aside."""


@dataclass
class Warned:
    """Warnings by what they say; it fills through `hear`, and `say` empties it.

    Parameters
    ----------
    heard : dict of str to list of (str, str)
        Policy and text of each, by kind.
    said : set of str
        Kinds that were said, and are not said again.
    """

    heard: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def hear(self, name: str, caught: Iterable[warnings.WarningMessage]) -> None:
        """Note what was warned of; what is not from c2m passes on.

        Parameters
        ----------
        name : str
            Of the policy; empty for what is no policy's.
        caught : iterable of WarningMessage
            As `warnings.catch_warnings` records them.
        """
        for each in caught:
            text = str(each.message)
            if issubclass(each.category, C2MWarning):
                kind = re.sub(r"[\d,.'-]+", "#", text)[:_LIKE]
                self.heard.setdefault(kind, []).append((name, text))
            else:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)

    def say(self) -> None:
        """Warn once of each kind: whom, how often, and the first of them."""
        for kind, found in self.heard.items():
            names = list(dict.fromkeys(name for name, _ in found if name))
            often = "" if len(found) == 1 else f" ({len(found)} times, first)"
            if kind not in self.said:
                whom = f"While {name_list(names)} decided{often}: " if names else ""
                warn(f"{whom}{found[0][1]}")
        self.said |= self.heard.keys()
        self.heard.clear()
