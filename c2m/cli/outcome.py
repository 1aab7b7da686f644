"""What a command has to say when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """The results of a command, and what it wrote.

    Parameters
    ----------
    lines : sequence of str
        Its main results.
    written : sequence of Path
        What it wrote.
    verdict : str
        The last line of a command that writes nothing.
    """

    lines: Sequence[str]
    written: Sequence[Path]
    verdict: str = ""

    @property
    def last(self) -> str:
        """The last line: what was written."""
        paths = [str(path.resolve()) for path in self.written]
        if not paths:
            return self.verdict
        return f"Wrote {', '.join(paths[:-1])}{' and ' * (len(paths) > 1)}{paths[-1]}"
