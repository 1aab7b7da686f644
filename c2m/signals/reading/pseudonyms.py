"""Keyed pseudonyms: what stands in an event table in the place of a person's ids.

An id becomes a 64-bit number by BLAKE2b [1]_, keyed by the caller. Who has the key can tell that
two logs speak of the same person; who has not cannot find the person by trying all ids. When the
key is destroyed, nobody can.

The number is int64 and not text, because the engine counts distinct users by 64-bit numbers: text
would be hashed a second time, and weighs twice as much.

References
----------
.. [1] M.-J. Saarinen, J.-P. Aumasson, "The BLAKE2 Cryptographic Hash and MAC", RFC 7693 (2015).
"""

import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final, NoReturn

import numpy as np
import pyarrow as pa

from c2m.errors import ArgumentError
from c2m.signals.reading.columns import is_text

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "user_key": "user",
        "referrer_key": "user",  # a person who told another one
        "session_key": "session",
        "order_id": "order",
        "event_id": "event",
    }
)
"""Columns that hold pseudonyms -> what they name: the same id is another number in another role."""

_SHORTEST, _LONGEST = 16, 64
_HOW: Final = (
    "make one with secrets.token_bytes(32), keep it outside the data, and pass the same one for "
    "all logs of a tenant and year"
)


class Pseudonyms:
    """Turns ids into keyed 64-bit numbers. The key itself is not kept, and cannot be shown.

    Parameters
    ----------
    key : bytes
        16 to 64 random bytes.

    Raises
    ------
    ArgumentError
        If the key is no bytes, or too short or long; it is not shown.

    Examples
    --------
    >>> import pyarrow as pa
    >>> ids = Pseudonyms(bytes(range(32))).of("user_key", pa.array([" Ann@example.org", None, "7"]))
    >>> ids.type, ids.null_count
    (DataType(int64), 1)
    """

    __slots__ = ("_states",)

    def __init__(self, key: bytes) -> None:
        if not isinstance(key, bytes) or not _SHORTEST <= len(key) <= _LONGEST:
            came = f"{len(key)} bytes" if isinstance(key, bytes) else f"a {type(key).__name__}"
            raise ArgumentError(f"Expected key to be 16 to 64 random bytes, got {came}; {_HOW}.")
        self._states = {
            role: blake2b(key=key, digest_size=8, person=role.encode()) for role in ROLES.values()
        }

    def of(self, column: str, ids: Any) -> Any:
        """Return the pseudonyms of a column.

        Parameters
        ----------
        column : str
            A canonical column of `ROLES`.
        ids : pyarrow.Array
            Text or whole numbers, or a dictionary of text, whose values are hashed once each.

        Returns
        -------
        pyarrow.Int64Array
            The same length; null where there is no id.
        """
        if column == "event_id" and not pa.types.is_dictionary(ids.type):
            known = ids.is_valid().to_numpy(zero_copy_only=False)  # unique by nature
            numbers = np.zeros(len(ids), dtype=np.int64)
            numbers[known] = self.numbers(column, ids.drop_null())
            return pa.array(numbers, mask=None if known.all() else ~known)
        if not pa.types.is_dictionary(ids.type):
            ids = ids.dictionary_encode()
        hashed = pa.array(self.numbers(column, ids.dictionary), pa.int64())
        return hashed.take(ids.indices)

    def numbers(self, column: str, values: Any) -> Any:
        """Return the pseudonym of each value.

        Parameters
        ----------
        column : str
            A canonical column of `ROLES`.
        values : pyarrow.Array
            Text or whole numbers without nulls.

        Returns
        -------
        ndarray of int64, shape (n_values,)
            The pseudonyms.
        """
        texts = values if is_text(values.type) else values.cast(pa.string())
        state = self._states[ROLES[column]]
        digests = bytearray()
        for normal in _normalised(texts.to_pylist()):
            one = state.copy()
            one.update(normal)
            digests += one.digest()
        return np.frombuffer(bytes(digests), dtype="<i8")

    def __repr__(self) -> str:
        """Say nothing of the key."""
        return "Pseudonyms(key not shown)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be written anywhere."""
        raise TypeError("Events that were opened with key= cannot be pickled: open the log again.")


def _normalised(texts: Iterable[str]) -> Iterable[bytes]:
    """Write ids in one way: no blanks around them, composed letters, e-mails in lower case."""
    for text in texts:
        plain = text.strip()
        if "@" in plain:
            plain = plain.lower()
        if not plain.isascii():
            plain = unicodedata.normalize("NFC", plain)
        yield plain.encode("utf-8", "surrogatepass")


def need_key(schema: str) -> ArgumentError:
    """Return the error for a log with people in it and no key.

    Parameters
    ----------
    schema : str
        Name of the layout.

    Returns
    -------
    ArgumentError
        It says how to make a key.
    """
    return ArgumentError(
        f"Expected key=, because a {schema!r} log holds ids of people or orders, which are "
        f"replaced by keyed pseudonyms: {_HOW}."
    )
