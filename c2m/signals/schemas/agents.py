"""What a user agent says of a visit, before it is forgotten: whether it names a robot."""

from typing import Any

from c2m.errors import MissingEngineError, warn


class Agents:
    """The user agents of one file. They are looked up and go no further.

    Without the package that knows robots, no event gets a trust; a warning says so once.
    """

    def __init__(self) -> None:
        self._missing = False

    def trust(self, user_agent: Any) -> float | None:
        """Return what is known of a visit by its user agent.

        Parameters
        ----------
        user_agent : object
            The header, or whatever the log holds in its place.

        Returns
        -------
        float or None
            0 for a robot that says so; None for all others.
        """
        if self._missing or not isinstance(user_agent, str) or not user_agent:
            return None
        from c2m.signals.trust.agents import is_bot

        try:
            return 0.0 if is_bot(user_agent) else None
        except MissingEngineError as error:
            self._missing = True
            warn(f"Robots that say so by their user agent are not told apart: {error}")
            return None
