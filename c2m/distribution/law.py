"""What every law of demand offers, and the chance and checks that they share."""

import hashlib
import operator
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from c2m.errors import ArgumentError

Floats = NDArray[np.float64]
Paths = NDArray[np.float32]
Rows = NDArray[np.intp]


class Law(Protocol):
    """The joint distribution of demand: S series over H periods."""

    @property
    def mean(self) -> Floats:
        """Expected demand, shape (S, H), in units."""
        ...

    def quantiles(self, levels: Floats) -> Floats:  # numpydoc ignore=PR01
        """Return quantiles of each period's demand, shape (S, H, L)."""
        ...

    def total(
        self, start: int, stop: int, levels: Floats, codes: Sequence[str]
    ) -> Floats:  # numpydoc ignore=PR01
        """Return quantiles of the demand summed over steps start..stop, shape (S, L)."""
        ...

    def draw(self, n: int, seed: int, codes: Sequence[str]) -> Paths:  # numpydoc ignore=PR01
        """Return n joint paths, shape (n, S, H); series s draws by its own code."""
        ...

    def rows(self, rows: Rows) -> "Law":  # numpydoc ignore=PR01
        """Return the law of some series."""
        ...

    def merge(self, steps: NDArray[np.intp], codes: Sequence[str]) -> "Law":  # numpydoc ignore=PR01
        """Return the law of longer periods; ``steps[h]`` is the one that step h goes to."""
        ...

    def moments(
        self, codes: Sequence[str]
    ) -> tuple[Floats, Floats, Floats]:  # numpydoc ignore=PR01
        """Return mean (S, H), dispersion (S, H) and level variance (S,) (see GammaPoisson)."""
        ...

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the arrays that make the law, by the names of its arguments."""
        ...


def generator(seed: int, code: str) -> np.random.Generator:
    """Return the counter-based generator of one series.

    The key is a hash of the seed and the series' code, so that a series draws the same numbers
    whatever other series are drawn, in whatever blocks, order or thread.

    Parameters
    ----------
    seed : int
        Seed of the whole draw.
    code : str
        Name of the series.

    Returns
    -------
    numpy.random.Generator
        On Philox (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2,
        3").
    """
    try:
        seed = operator.index(seed)
    except TypeError:
        raise ArgumentError(f"Expected a whole number as seed, got {seed!r}.") from None
    digest = hashlib.blake2b(f"{seed}\x1f{code}".encode(), digest_size=16).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def generators(seed: int, codes: Sequence[str]) -> Iterator[tuple[int, np.random.Generator]]:
    """Yield the position and the generator of each series.

    Parameters
    ----------
    seed : int
        Seed of the whole draw.
    codes : sequence of str
        Names of the series.

    Yields
    ------
    int, numpy.random.Generator
        See `generator`.
    """
    for position, code in enumerate(codes):
        yield position, generator(seed, code)


def read_count(value: object, argument: str) -> int:
    """Return an argument that counts something.

    Parameters
    ----------
    value : object
        What a caller passed.
    argument : str
        What it counts, as in ``"n >= 1 paths"``.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ArgumentError
        If it is no whole number of at least 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ArgumentError(f"Expected {argument}, got {value!r}.")
    return int(value)


def read_levels(levels: ArrayLike) -> Floats:
    """Return quantile levels as an array.

    Parameters
    ----------
    levels : array_like
        One level or several, each above 0 and below 1.

    Returns
    -------
    ndarray, shape (n_levels,)
        The levels.

    Raises
    ------
    ArgumentError
        If there is none, or one is not between 0 and 1.

    Examples
    --------
    >>> read_levels([0.5, 95])
    Traceback (most recent call last):
        ...
    c2m.errors.ArgumentError: Expected levels between 0 and 1, got [0.5, 95.0].
    """
    try:
        array = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    except (TypeError, ValueError):
        raise ArgumentError(f"Expected levels between 0 and 1, got {levels!r}.") from None
    if array.ndim != 1 or not array.size or not np.all((array > 0) & (array < 1)):
        raise ArgumentError(f"Expected levels between 0 and 1, got {array.tolist()}.")
    return array


def freeze(array: ArrayLike, dtype: type[np.floating[Any]] = np.float64) -> NDArray[Any]:
    """Return a read-only array that nobody else writes to.

    Parameters
    ----------
    array : array_like
        Numbers.
    dtype : type
        Of the result.

    Returns
    -------
    ndarray
        A copy, unless the memory behind it was read-only already.
    """
    result = np.ascontiguousarray(array, dtype=dtype)
    if not is_frozen(result):
        result = result.copy() if np.may_share_memory(result, np.asarray(array)) else result
        result.flags.writeable = False
    return result


def is_frozen(array: NDArray[Any]) -> bool:
    """Say whether nobody can write to an array, not through what it is a view of either.

    Parameters
    ----------
    array : ndarray
        Any array.

    Returns
    -------
    bool
        True when it and all that it is a view of are read-only.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    return owner is None
