"""Fields of a record that hold a document of their own, as text or as it is."""

import json
from typing import Any, Final

_LONGEST: Final = 10_000_000
"""Characters of an embedded document beyond which it is not read."""


def decoded(value: Any) -> Any:
    """Return what a text of JSON holds.

    Parameters
    ----------
    value : object
        Text of an object or list, or the value itself.

    Returns
    -------
    object
        None for text that is broken; other values as they are.

    Examples
    --------
    >>> decoded('{"sku": "A"}'), decoded('{"sku": '), decoded({"sku": "A"})
    ({'sku': 'A'}, None, {'sku': 'A'})
    """
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST or value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None
