"""Robots that say so: the user agent of a visit, looked up in a list of known robots.

The list is that of the package ``is-bot`` (Apache-2.0, a port of the ``isbot`` of JavaScript).
Most visits share few user agents, so each is looked up once. A robot that calls itself a browser
is not found here: `c2m.signals.trust.score_trust` looks at what it does.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa

from c2m.checks import BoolArray
from c2m.engines import engine
from c2m.errors import ArgumentError

_LONGEST: Final = 1000
"""Characters that are looked at: a user agent is what a stranger sent."""


def is_bot(user_agent: str | None) -> bool:
    """Tell whether a user agent names a robot.

    Parameters
    ----------
    user_agent : str, optional
        The header ``User-Agent``; its first 1,000 characters are looked at.

    Returns
    -------
    bool
        True for crawlers, the fetchers of assistants, headless browsers and programming
        libraries; also for ``okhttp``, by which Android apps call their own server: do not ask it
        of an app's events. False for browsers, and where the user agent is unknown or empty.

    Raises
    ------
    MissingEngineError
        If the package ``is-bot`` is not installed.

    Examples
    --------
    >>> is_bot("Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)")
    True
    >>> is_bot("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Gecko/20100101 Firefox/131.0")
    False
    """
    return bool(user_agent) and _found(str(user_agent)[:_LONGEST])


def are_bots(user_agents: Any) -> BoolArray:
    """Tell of many user agents which name a robot; each distinct one is looked up once.

    Parameters
    ----------
    user_agents : pyarrow array, chunked array or sequence of str
        User agents; None where unknown.

    Returns
    -------
    ndarray of bool, shape (n_rows,)
        See `is_bot`.

    Raises
    ------
    MissingEngineError
        If the package ``is-bot`` is not installed.
    ArgumentError
        If it is not text.

    Examples
    --------
    >>> are_bots(["curl/8.5.0", None, "curl/8.5.0"])
    array([ True, False,  True])
    """
    encoded = _as_text(user_agents).combine_chunks().dictionary_encode()
    found = [is_bot(agent) for agent in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)
    return np.asarray(np.append(np.array(found, dtype=bool), False)[places], dtype=np.bool_)


def _as_text(user_agents: Any) -> Any:
    """Return user agents as a chunked array of text."""
    given: Any = user_agents
    if not isinstance(given, str | pa.Array | pa.ChunkedArray):
        try:
            given = pa.array(list(given), pa.string())
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            given = None
    if isinstance(given, pa.Array):
        given = pa.chunked_array([given])
    kind = given.type if isinstance(given, pa.ChunkedArray) else None
    kind = kind.value_type if kind is not None and pa.types.is_dictionary(kind) else kind
    if kind is None or not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise ArgumentError(
            f"Expected user agents as text, got a {type(user_agents).__name__}; pass a list or a "
            "pyarrow array of str and None."
        )
    return given.cast(pa.string())


@lru_cache(maxsize=16_384)
def _found(user_agent: str) -> bool:
    return _list()(user_agent)


@lru_cache(maxsize=1)
def _list() -> Callable[[str], bool]:
    found: Callable[[str], bool] = engine("is_bot", "Declared robots", extra="bots").Bots().is_bot
    return found
