"""Small flat tables, from memory or from files, each read at once."""

import os
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from c2m.errors import DataError
from c2m.frames import name_list, read_frame
from c2m.signals.logs.files import PARQUET, find_files


def read_tables(
    source: object, table: str, *, delimiter: str | None, encoding: str
) -> Iterator[tuple[pd.DataFrame, Path | None]]:
    """Yield the tables that a source means.

    Parameters
    ----------
    source : path, list of paths, DataFrame or other Arrow table
        A folder, a pattern, files, or one table.
    table : str
        Its name in messages.
    delimiter : str, optional
        Between the fields of a CSV file; a comma, or a tab for ``.tsv``, unless given.
    encoding : str
        Of CSV files.

    Yields
    ------
    frame : DataFrame
        The rows. What a CSV file holds is text, so that codes keep their zeros.
    file : Path or None
        Where they come from; None for a table in memory.

    Raises
    ------
    DataError
        If there is no such file, or one cannot be read.
    """
    files = find_tables(source)
    if files is None:
        frame = read_frame(source, table)
        _refuse_broken_text(frame, table)
        yield frame, None
        return
    for file in files:
        yield read_table(file, table, delimiter=delimiter, encoding=encoding), file


def find_tables(source: object) -> list[Path] | None:
    """Return the files that a source means; None where it is a table in memory.

    Parameters
    ----------
    source : object
        See `read_tables`.

    Returns
    -------
    list of Path or None
        Each file once, in the order of the paths.
    """
    paths = source if isinstance(source, list | tuple) else [source]
    names = [os.fspath(path) for path in paths if isinstance(path, str | os.PathLike)]
    if len(names) < len(paths) or not names:
        return None
    return list({file.resolve(): file for name in names for file in find_files(name)}.values())


def read_table(file: Path, table: str, *, delimiter: str | None, encoding: str) -> pd.DataFrame:
    """Return a file as it is; see `read_tables`.

    Parameters
    ----------
    file : Path
        A parquet or CSV file.
    table : str
        Name of the table in messages.
    delimiter : str, optional
        Between the fields of a CSV file.
    encoding : str
        Of a CSV file.

    Returns
    -------
    DataFrame
        Its rows.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    mark = delimiter or ("\t" if ".tsv" in file.suffixes else ",")
    own = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
    try:
        if file.name.lower().endswith(PARQUET):
            frame = read_frame(pd.read_parquet(file), table)
            _refuse_broken_text(frame, table)
            return frame
        return pd.read_csv(
            file, dtype=str, sep=mark, encoding=own, keep_default_na=False, na_values=[""]
        )
    except (OSError, EOFError, ValueError, LookupError) as error:
        raise DataError(
            table,
            [f"{file.name!r} cannot be read: {error}"],
            "pass parquet or CSV files, with their delimiter= and encoding=",
        ) from error


def _refuse_broken_text(frame: pd.DataFrame, table: str) -> None:
    """Refuse bytes, and text that no encoding can write; pandas would stop at them without a word.

    Raises
    ------
    DataError
        If a column holds some.
    """
    columns = [name for name in frame.columns if frame[name].dtype == "object"]
    broken = [name for name in columns if any(_is_broken(value) for value in frame[name])]
    if broken:
        problem = f"columns hold bytes or broken text: {name_list(broken)}"
        raise DataError(table, [problem], "read them as text in their encoding")


def _is_broken(value: object) -> bool:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return True
    return isinstance(value, bytes)
