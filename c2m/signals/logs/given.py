"""What a caller passes as a log, as the source that reads it."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from c2m.errors import DataError, warn
from c2m.frames import name_list
from c2m.signals.logs.csvfiles import CsvSource
from c2m.signals.logs.files import file_kind, find_files, warn_of_partitions
from c2m.signals.logs.flatjson import FlatSource
from c2m.signals.logs.jsonfiles import JsonFile
from c2m.signals.logs.parquetfiles import ParquetSource
from c2m.signals.logs.records import ConvertedSource, JsonLog, ListLog, RecordLog, TableLog
from c2m.signals.logs.sources import FrameSource, Source
from c2m.signals.reading.layouts import check_fields
from c2m.signals.schemas.layout import Format, Layout

_ALL: tuple[Format, ...] = ("parquet", "csv", "json")


def open_source(
    source: object,
    layout: Layout | None,
    *,
    delimiter: str | None,
    encoding: str,
    remember: bool,
    wanted: Collection[str] = (),
) -> Source:
    """Open a log; nothing but its schema is read.

    Parameters
    ----------
    source : object
        See `c2m.read_events`.
    layout : Layout, optional
        Its layout, unless it is canonical.
    delimiter, encoding
        Of CSV files.
    remember : bool
        Whether bad rows come with what may be shown of them.
    wanted : collection of str
        Columns that matter, also where only late records of a JSON file have them.

    Returns
    -------
    Source
        A source of canonical events where the layout converts records, else of its own columns.

    Raises
    ------
    DataError
        If it is no log, cannot be read, or is of another layout.
    """
    log = _open(source, layout, delimiter=delimiter, encoding=encoding)
    if isinstance(log, JsonLog | ListLog) and not log.fields:
        fix = "pass a log with at least one object, whose fields are its columns"
        raise DataError("events", [f"{log.name!r} holds no object of JSON"], fix)
    fields = log.types if isinstance(log, CsvSource | ParquetSource | FrameSource) else log.fields
    check_fields(layout, list(fields))
    if layout is not None and not layout.flat:
        records = TableLog(log) if not isinstance(log, JsonLog | ListLog) else log
        return ConvertedSource.of(records, layout, remember=remember)
    return FlatSource.of(log, wanted) if isinstance(log, JsonLog | ListLog) else log


_Log = CsvSource | ParquetSource | FrameSource | JsonLog | ListLog


def _open(source: object, layout: Layout | None, *, delimiter: str | None, encoding: str) -> _Log:
    paths = source if isinstance(source, (list, tuple)) else [source]
    names = [os.fspath(path) for path in paths if isinstance(path, (str, os.PathLike))]
    if names and len(names) == len(paths):
        return _open_files(names, layout, delimiter=delimiter, encoding=encoding)
    if isinstance(source, pd.DataFrame) or hasattr(source, "__arrow_c_stream__"):
        return _open_frame(source, layout)
    if isinstance(source, Mapping):
        return ListLog.of([source])
    if isinstance(source, (list, tuple)) and (
        not source or any(isinstance(one, Mapping) for one in source)
    ):
        return ListLog.of(source)
    problem = f"a {type(source).__name__} is neither a table nor a path"
    raise DataError(
        "events", [problem], "pass a pandas, polars or pyarrow frame, a path, or a list of dicts"
    )


def _open_frame(frame: object, layout: Layout | None) -> _Log:
    """Take a frame; one whose columns mix types is read row by row where a layout allows it."""
    try:
        return FrameSource.of(frame)
    except DataError:
        if layout is None or layout.flat or not isinstance(frame, pd.DataFrame):
            raise
        return ListLog.of(frame.to_dict("records"))


def _open_files(
    paths: Sequence[str], layout: Layout | None, *, delimiter: str | None, encoding: str
) -> _Log:
    """Find the files that paths or patterns mean; all of one format."""
    formats = _ALL if layout is None else layout.formats
    name = name_list(paths) if len(paths) > 1 else paths[0]
    found = [file for path in paths for file in find_files(path, formats)]
    files = list({file.resolve(): file for file in found}.values())
    if layout is not None and layout.superseded is not None:
        files = _leave_superseded(files, layout.superseded)
    kinds = {file_kind(file) for file in files}
    if len(kinds) > 1:
        listed = " and ".join(_written(kind) for kind in _ALL if kind in kinds)
        problem = f"{name!r} holds {listed} files"
        raise DataError("events", [problem], "pass a pattern that matches one of them")
    kind = kinds.pop()
    if layout is not None and kind not in formats:
        allowed = " or ".join(_written(one) for one in formats)
        problem = f"{name!r} is {_written(kind)}, and {layout.name!r} logs are {allowed}"
        raise DataError("events", [problem], "pass the export itself, or another schema=")
    if kind == "json":
        return JsonLog.of(name, [JsonFile.of(file) for file in files])
    if kind == "parquet":
        leaves = None if layout is None or layout.flat else layout.fields
        source: CsvSource | ParquetSource = ParquetSource.of(name, files, leaves=leaves)
    else:
        source = CsvSource.of(
            name,
            files,
            delimiter=delimiter,
            encoding=encoding,
            header=() if layout is None else layout.header,
            quotes=layout is None or layout.quotes,
        )
    if layout is None:
        warn_of_partitions(files, source.types)
    return source


def _leave_superseded(
    files: list[Path], superseded: Callable[[Sequence[str]], Sequence[int]]
) -> list[Path]:
    gone = set(superseded([str(file) for file in files]))
    if gone:
        first = files[min(gone)].name
        warn(
            f"{len(gone):,} of {len(files):,} files are not read, because others of this log "
            f"replace them (first {first!r})."
        )
    return [file for place, file in enumerate(files) if place not in gone]


def _written(kind: Format) -> str:
    return kind if kind == "parquet" else kind.upper()


__all__ = ["RecordLog", "open_source"]
