"""Look at several things, and say everything that is wrong with them at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from c2m.cli.config import Config
from c2m.cli.shown import os_text
from c2m.cli.wording import told_of_files
from c2m.errors import C2MError


class ManyProblemsError(C2MError):
    """Several things are wrong at once; the message has them all."""


@dataclass
class Findings:
    """What is in order, a line each, and the messages of what is not.

    Parameters
    ----------
    config : Config
        The project.
    lines : list of str
        What is in order.
    problems : list of str
        What is not.
    """

    config: Config
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def look(self, read: Callable[[], Any]) -> Any:
        """Read one thing.

        Parameters
        ----------
        read : callable
            Reads it.

        Returns
        -------
        object
            What was read; None where it cannot be, with the message kept.
        """
        try:
            with told_of_files(self.config):
                return read()
        except OSError as error:
            self.problems.append(os_text(error))
        except C2MError as error:
            self.problems.append(str(error))
        return None

    def stop(self) -> None:
        """Stop where anything is wrong.

        Raises
        ------
        ManyProblemsError
            With all messages, if there are any.
        """
        if self.problems:
            apart = "\n\n" if any("\n" in text for text in self.problems) else "\n"
            raise ManyProblemsError(apart.join(dict.fromkeys(self.problems)))
