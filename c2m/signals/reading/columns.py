"""Columns of a log as canonical columns: codes as text, numbers as float64."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from c2m.frames import did_you_mean, name_list
from c2m.signals.schema import COLUMNS, REQUIRED

if TYPE_CHECKING:
    from c2m.checks import BoolArray


def is_text(kind: Any) -> bool:
    """Say whether an Arrow type is text."""
    return str(kind) in {"string", "large_string", "string_view"}  # the last since Arrow 16


def plain_type(kind: Any) -> Any:
    """Return the type of a dictionary's values, or the type itself."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def match_columns(
    named: Mapping[str, str | None], types: Mapping[str, Any], *, one_type: bool
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Find the column of the log behind every canonical column.

    Parameters
    ----------
    named : mapping of str to str
        Canonical column -> column, as the caller passed it; None: the log has none.
    types : mapping of str to pyarrow.DataType
        The log's columns.
    one_type : bool
        Whether all rows are of one type, so that none is needed in the log.

    Returns
    -------
    dict of str to str
        Canonical column -> column of the log.
    list of (str, str)
        Problems, and what to do about each.
    """
    problems = [
        (f"there is no canonical column {name!r}{did_you_mean(name, COLUMNS)}", "see read_events")
        for name in named
        if name not in COLUMNS
    ]
    matched = {name: name for name in COLUMNS if name in types and name not in named}
    taken = {own for own in named.values() if own is not None}
    matched = {name: own for name, own in matched.items() if own not in taken}
    if one_type:
        matched.pop("event_type", None)
    for name, own in named.items():
        if own is None:
            continue
        if own in types:
            matched[name] = own
        else:
            hint = did_you_mean(own, types)
            problems.append(
                (f"no column {own!r}{hint}; the columns are {name_list(types)}", "correct columns=")
            )
    needed = [name for name in REQUIRED if not (one_type and name == "event_type")]
    if {"product_id", "variant_id"} & matched.keys() and named.get("sku") is None:
        needed.remove("sku")  # a catalogue may say what they are
    for name in needed:
        if name not in matched and named.get(name) is None:
            hint = did_you_mean(name, [own for own in types if own not in taken | {name}])
            problems.append(
                (
                    f"no column {name!r}{hint}; the columns are {name_list(types)}",
                    f"say which column it is: columns={{{name!r}: '...'}}",
                )
            )
    return {name: matched[name] for name in COLUMNS if name in matched}, problems


def type_problems(matched: Mapping[str, str], types: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong with the types of the columns, and what to do about each.

    Parameters
    ----------
    matched : mapping of str to str
        Canonical column -> column of the log.
    types : mapping of str to pyarrow.DataType
        The log's columns.

    Returns
    -------
    list of (str, str)
        Problems and remedies.
    """
    problems = []
    for name, own in matched.items():
        kind, role = plain_type(types[own]), COLUMNS[name]
        code = is_text(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)
        number = code or (
            pa.types.is_floating(kind) or pa.types.is_boolean(kind) or pa.types.is_decimal(kind)
        )
        if role in {"code", "type"} and not code:
            fix = f"convert {own!r} to text, or pass columns={{{name!r}: None}} to go without it"
            if pa.types.is_floating(kind):
                fix = f"read {own!r} as text, so that 00123 does not become 123.0"
            problems.append((f"{own!r} ({name}) holds {kind} values, which are no codes", fix))
        if role == "number" and not number:
            fix = f"convert {own!r} to numbers"
            problems.append((f"{own!r} ({name}) holds {kind} values, which are no numbers", fix))
    return problems


def read_code(values: Any, kind: Any, *, encode: bool) -> Any:
    """Return a column of codes.

    Parameters
    ----------
    values : pyarrow.Array
        Text, whole numbers or a dictionary of one of them.
    kind : pyarrow.DataType
        The column's type over the whole log; text if some of its files hold text.
    encode : bool
        Whether text becomes a dictionary.

    Returns
    -------
    pyarrow.Array
        int64 where the whole log holds whole numbers that fit, else text: a dictionary of strings
        with int32 indices, or plain strings. Empty text is null.
    """
    if pa.types.is_integer(plain_type(kind)) and not pa.types.is_uint64(plain_type(kind)):
        return _whole(values)
    if pa.types.is_dictionary(values.type):
        texts = _without_empty(values.dictionary.cast(pa.string()))
        if encode and not texts.null_count:
            return pa.DictionaryArray.from_arrays(values.indices.cast(pa.int32()), texts)
        text = texts.take(values.indices)
    else:
        text = _without_empty(values.cast(pa.string()))
    return text.dictionary_encode() if encode else text


def _without_empty(texts: Any) -> Any:
    empty = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def _whole(values: Any) -> Any:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary.take(values.indices)
    return values.cast(pa.int64())


def read_number(values: Any) -> Any:
    """Return a column of numbers as float64: NaN where there is none, inf where none can be read.

    Parameters
    ----------
    values : pyarrow.Array
        Numbers, truth values or text.

    Returns
    -------
    pyarrow.DoubleArray
        Without nulls.
    """
    if pa.types.is_dictionary(values.type):
        values = values.dictionary.take(values.indices)
    if is_text(values.type):
        return _text_numbers(values.cast(pa.string()))
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    numbers = values.cast(pa.float64(), safe=False)
    return numbers.fill_null(np.nan) if numbers.null_count else numbers


def _text_numbers(values: Any) -> Any:
    try:
        return pc.utf8_trim_whitespace(values).cast(pa.float64()).fill_null(np.nan)
    except pa.ArrowInvalid:
        text = values.to_pandas()
        numbers = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
        unread: BoolArray = np.isnan(numbers) & text.notna().to_numpy(dtype=bool)
        return pa.array(np.where(unread, np.inf, numbers))
