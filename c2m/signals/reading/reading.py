"""From a shop's rows to canonical events, batch by batch; rows that cannot be used are counted."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from c2m.checks import BoolArray
from c2m.errors import DataError
from c2m.frames import did_you_mean
from c2m.signals.logs.sources import Part
from c2m.signals.reading.columns import is_text, read_code, read_number
from c2m.signals.reading.pseudonyms import ROLES, Pseudonyms
from c2m.signals.reading.setaside import redact_fields
from c2m.signals.reading.tally import Tally
from c2m.signals.reading.times import UNKNOWN, to_utc
from c2m.signals.schema import COLUMNS, EVENT_TYPES, KINDS
from c2m.signals.schemas.layout import ROW, Aside

CHECKED: Final = (
    *("event_time", "event_type", "sku", "event_id", "quantity", "unit_price"),
    *("in_stock", "ingest_time", "product_id", "variant_id"),
)
"""Columns that every pass reads where there are such, so that it refuses the same rows."""

EARLIEST: Final = -70 * 365 * 86_400_000_000
LATEST: Final = 230 * 366 * 86_400_000_000
"""Times outside are refused: 1900 to 2200, in microseconds since 1970."""

_MOST: Final = 1e15
"""A larger quantity or price is none, and its sum would run over."""

_PERSONAL: Final = (
    r"[^@\s]@[^@\s]+\.[^@\s]"  # an e-mail address
    r"|^\s*\+[\s(]*\d([\s().\-/]*\d){6,14}\s*$"  # a phone number with its country
    r"|^Mozilla/"  # a user agent
)
"""What no code of a shop looks like."""

_IP: Final = r"|^\s*(\d{1,3}\.){3}\d{1,3}\s*$"
"""An IP address; a SKU may be written like one."""

_PRODUCTS: Final = ("sku", "product_id", "variant_id")

_KIND: Final = re.compile(r"[^\W\d][\w .:/-]{0,39}")
_LONG_NUMBER: Final = re.compile(r"(\d[\s().-]*){5}")
_MOST_KINDS: Final = 20
"""Unknown kinds that are shown: a shop has few, and a column with more holds something else."""

_MISSING, _UNNAMED, _IGNORED, _OTHER = -1, -2, -3, -4

_HAS_UNITS: Final = np.array([EVENT_TYPES[kind].units is not None for kind in KINDS])
_NEEDS_SKU: Final = np.array([EVENT_TYPES[kind].needs_sku for kind in KINDS])
_PURCHASE: Final = KINDS.index("purchase")


@dataclass(frozen=True)
class Reading:
    """How the rows of a log are read.

    Parameters
    ----------
    columns : mapping of str to str
        Canonical column -> column of the log.
    types : mapping of str to pyarrow.DataType
        Canonical column -> type in the log.
    event_types : mapping of str to (str or None), or str
        Kind in the log -> canonical kind, None to leave it out; or the kind of every row.
    time_zone : str, optional
        Where times that carry no zone were written down.
    time_format : str, optional
        See `c2m.read_events`.
    pseudonyms : Pseudonyms, optional
        What ids of people and orders are replaced by; they stay as they are unless given.
    consent : int, optional
        Bits of `Consent` that an event must have; all events are read unless given.
    only_listed : bool
        Whether kinds that `event_types` does not list are left out and counted, not bad rows.
    keep_bad : bool
        Whether bad rows are kept, redacted, in the tally.
    """

    columns: Mapping[str, str]
    types: Mapping[str, Any]
    event_types: Mapping[str, str | None] | str
    time_zone: str | None
    time_format: str | None
    pseudonyms: Pseudonyms | None = None
    consent: int | None = None
    only_listed: bool = False
    keep_bad: bool = False

    @property
    def checked(self) -> tuple[str, ...]:
        """Columns that every pass reads where there are such."""
        return (*CHECKED, "consent") if self.consent else CHECKED

    def read(
        self,
        batch: Any,
        wanted: Sequence[str],
        needed: Sequence[str],
        part: Part,
        first_row: int,
        tally: Tally,
    ) -> Any:
        """Return the canonical events of a batch.

        Parameters
        ----------
        batch : pyarrow.RecordBatch
            Rows of the log.
        wanted : sequence of str
            Canonical columns to return; those of `CHECKED` are among them.
        needed : sequence of str
            Columns, besides the required ones, without which a row is refused.
        part : Part
            Where the batch comes from.
        first_row : int
            Number of its first row there.
        tally : Tally
            Counts rows and what is wrong with them.

        Returns
        -------
        pyarrow.Table
            ``event_time`` in UTC microseconds; ``event_type`` as a dictionary over `KINDS`;
            codes as dictionaries of text or int64; numbers as float64 with NaN for unknown.
        """
        if isinstance(batch, Aside):
            self._set_aside(batch, part, tally)
            return None
        try:
            return self._read_rows(batch, wanted, needed, part, first_row, tally)
        except (pa.ArrowException, UnicodeError) as error:
            problem = f"text{part.place} is no Unicode, or is broken"
            raise DataError("events", [problem], "write the file again, in UTF-8") from error

    def _read_rows(
        self,
        batch: Any,
        wanted: Sequence[str],
        needed: Sequence[str],
        part: Part,
        first_row: int,
        tally: Tally,
    ) -> Any:
        rows = _Rows(batch, self, part.place, first_row, tally)
        tally.rows += batch.num_rows
        arrays = {"event_time": rows.times("event_time", required=True)}
        kinds = rows.kinds()
        arrays["event_type"] = pa.DictionaryArray.from_arrays(
            pa.array(np.maximum(kinds, 0).astype(np.int8)), pa.array(KINDS)
        )
        for name in wanted:
            if name not in arrays:
                arrays[name] = rows.column(name)
        rows.check_codes(arrays, kinds, needed)
        rows.check_numbers(arrays, kinds)
        table = pa.table({name: arrays[name] for name in wanted})
        keep = ~rows.bad & (kinds != _IGNORED) & (kinds != _OTHER)
        tally.add("ignored", int(np.count_nonzero(~rows.bad & (kinds == _IGNORED))))
        if other := int(np.count_nonzero(~rows.bad & (kinds == _OTHER))):
            tally.leave({"other": other})
        if self.consent:
            keep &= rows.agreed(arrays["consent"], keep)
        return table if keep.all() else table.filter(pa.array(keep))

    def _set_aside(self, aside: Aside, part: Part, tally: Tally) -> None:
        """Count records that the source itself could not turn into rows."""
        tally.rows += len(aside.bad) + sum(aside.more.values()) + sum(aside.unread.values())
        tally.leave(aside.unread)
        for bad, shown in aside.bad:
            tally.refuse(bad.reason, bad.fix, f"row {bad.row:,}{part.place}")
            if self.keep_bad:
                tally.keep(bad.reason, part.place, bad.row, shown)
        for bad, count in aside.more.items():
            tally.refuse(bad.reason, bad.fix, f"row {bad.row:,}{part.place}", count)

    def shown(self) -> dict[str, Collection[str]]:
        """Return the columns of the log whose values bad rows may show, with the known kinds."""
        roles = {own: COLUMNS[name] for name, own in self.columns.items()}
        listed = () if isinstance(self.event_types, str) else tuple(self.event_types)
        return {
            own: (*KINDS, *listed) if role == "type" else ()
            for own, role in roles.items()
            if role != "code"
        }


class _Rows:
    """The rows of one batch, and which of them are bad."""

    def __init__(
        self, batch: Any, reading: Reading, place: str, first_row: int, tally: Tally
    ) -> None:
        self.batch, self.reading, self.tally = batch, reading, tally
        self.place, self.first_row = place, first_row
        self.bad: BoolArray = np.zeros(batch.num_rows, dtype=bool)

    def mark(self, bad: BoolArray, reason: str, fix: str) -> None:
        """Refuse rows that no earlier reason refused."""
        fresh = bad & ~self.bad
        count = int(np.count_nonzero(fresh))
        if not count:
            return
        first = self.number(int(np.argmax(fresh)))
        self.tally.refuse(reason, fix, f"row {first:,}{self.place}", count)
        self.bad |= fresh
        if self.reading.keep_bad:
            self.keep(np.flatnonzero(fresh)[: self.tally.room(reason)], reason)

    def number(self, position: int) -> int:
        """Return the number of a row in its file."""
        if ROW in self.batch.schema.names:
            return int(self.batch.column(ROW)[position].as_py())
        return self.first_row + position

    def keep(self, positions: NDArray[np.intp], reason: str) -> None:
        """Keep rows, redacted, for the file of bad rows."""
        kinds = self.reading.shown()
        listed = [kind for known in kinds.values() for kind in known]
        for position in positions.tolist():
            row = self.batch.slice(position, 1).to_pylist()[0]
            row.pop(ROW, None)
            shown = redact_fields(row, kinds, listed)
            self.tally.keep(reason, self.place, self.number(position), shown)

    def agreed(self, consent: Any, kept: BoolArray) -> BoolArray:
        """Say which rows have the consent that is needed, and count those that have not."""
        needed = int(self.reading.consent or 0)
        bits = consent.to_numpy(zero_copy_only=False)
        known = np.isfinite(bits) & (bits >= 0) & (bits < 2**31)
        agreed: BoolArray = (np.where(known, bits, 0).astype(np.int64) & needed) == needed
        self.tally.add("no consent", int(np.count_nonzero(kept & ~agreed)))
        return agreed

    def source(self, name: str) -> Any:
        """Return a column as it is in the log; nulls where this file lacks it."""
        own = self.reading.columns[name]
        if own not in self.batch.schema.names:
            return pa.nulls(self.batch.num_rows, self.reading.types[name])
        return self.batch.column(own)

    def column(self, name: str) -> Any:
        """Return a canonical column other than the event's time and type."""
        if COLUMNS[name] == "time":
            return self.times(name, required=False)
        if COLUMNS[name] == "number":
            return read_number(self.source(name))
        encode = name != "event_id"  # unique by nature: a dictionary would only cost
        codes = read_code(self.source(name), self.reading.types[name], encode=encode)
        if name in ROLES:
            if self.reading.pseudonyms is not None:
                return self.reading.pseudonyms.of(name, codes)
            self.refuse_addresses(name, codes)
        return self.impersonal(name, codes) if self.reading.only_listed else codes

    def refuse_addresses(self, name: str, codes: Any) -> None:
        """Stop where an id is an address or phone number, and no key was passed to replace it."""
        texts = codes.dictionary if pa.types.is_dictionary(codes.type) else codes
        if not is_text(texts.type):
            return
        likely = texts.filter(pc.or_(pc.match_substring(texts, "@"), pc.starts_with(texts, "+")))
        if pc.any(pc.match_substring_regex(likely, _PERSONAL)).as_py():
            own = self.reading.columns[name]
            problem = f"{own!r} ({name}) holds e-mail addresses or phone numbers: they are not kept"
            fix = "pass key=, 16 to 64 random bytes: ids become pseudonyms then"
            raise DataError("events", [problem], fix)

    def impersonal(self, name: str, codes: Any) -> Any:
        """Leave out what no code of a shop looks like: an export may hold anything in its place."""
        if not pa.types.is_dictionary(codes.type):
            return codes
        texts = codes.dictionary
        if name == "currency":
            fits = pc.match_substring_regex(texts, "^[A-Za-z]{3}$")
        else:
            personal = _PERSONAL if name in _PRODUCTS else _PERSONAL + _IP
            fits = pc.invert(pc.match_substring_regex(texts, personal))
        if pc.all(fits).as_py() is not False:
            return codes
        kept = pc.if_else(fits, texts, None).take(codes.indices)
        own = self.reading.columns[name]
        self.tally.add(f"no code {own}", kept.null_count - codes.null_count)
        return kept.dictionary_encode()

    def times(self, name: str, *, required: bool) -> Any:
        """Return times in UTC; refuse rows without."""
        own = self.reading.columns[name]
        values = self.source(name)
        micros, shifted = to_utc(values, own, self.reading.time_zone, self.reading.time_format)
        self.tally.add("clock", shifted)
        unread = micros == UNKNOWN
        if not required and unread.any():
            unread = unread & values.is_valid().to_numpy(zero_copy_only=False)
        self.mark(
            unread,
            f"no time that can be read in {own!r}",
            f"correct {own!r}, or pass time_format= like '%d/%m/%Y %H:%M'",
        )
        absurd = ((micros < EARLIEST) | (micros > LATEST)) & (micros != UNKNOWN)
        self.mark(absurd, f"a time before 1900 or after 2200 in {own!r}", f"correct {own!r}")
        unknown = micros == UNKNOWN
        return pa.array(micros, pa.int64(), mask=unknown if unknown.any() else None).cast(
            pa.timestamp("us", tz="UTC")
        )

    def kinds(self) -> NDArray[np.int64]:
        """Return the number of each event's kind in `KINDS`, negative where it has none."""
        mapping = self.reading.event_types
        if isinstance(mapping, str):
            return np.full(self.batch.num_rows, KINDS.index(mapping))
        own = self.reading.columns["event_type"]
        codes = read_code(self.source("event_type"), pa.string(), encode=True)
        texts = codes.dictionary.to_pylist()
        only = self.reading.only_listed
        named = [_kind_number(text, mapping, only_listed=only) for text in texts]
        numbers = np.array([*named, _MISSING])
        indices = codes.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        kinds: NDArray[np.int64] = numbers[indices]
        self.mark(
            kinds == _MISSING, f"no event type in {own!r}", f"fill or drop the rows without {own!r}"
        )
        if (kinds == _UNNAMED).any():
            self._mark_unnamed(texts, named, indices)
        return kinds

    def _mark_unnamed(
        self, texts: list[str], named: list[int], indices: NDArray[np.integer[Any]]
    ) -> None:
        for position in np.flatnonzero(np.array(named) == _UNNAMED):
            self.mark(
                indices == position,
                self.unnamed(texts[position]),
                "map it with event_types={'...': 'view'}, or to None to leave it out "
                "(c2m.EVENT_TYPES lists the types)",
            )

    def unnamed(self, text: str) -> str:
        """Return the reason for an unknown kind; it is shown only if it may be a word for one."""
        hint = did_you_mean(text, KINDS)
        reason = f"unknown event type {text!r}{hint}"
        shown = [known for known in self.tally.rejected if known.startswith("unknown event type ")]
        if not _KIND.fullmatch(text) or _LONG_NUMBER.search(text):
            return "an event type that is no short word, and is not shown"
        return reason if reason in shown or len(shown) < _MOST_KINDS else "other event types"

    def check_codes(
        self, arrays: Mapping[str, Any], kinds: NDArray[np.int64], needed: Sequence[str]
    ) -> None:
        """Refuse events without the codes that they need."""
        for name in ("sku", *needed):
            if not arrays[name].null_count:
                continue
            empty = arrays[name].is_null().to_numpy(zero_copy_only=False)
            if name == "sku":
                empty = empty & _NEEDS_SKU[np.maximum(kinds, 0)] & (kinds >= 0)
                for coarser in {"product_id", "variant_id"} & set(arrays):
                    empty &= arrays[coarser].is_null().to_numpy(zero_copy_only=False)
            own = self.reading.columns[name]
            what = "time" if COLUMNS[name] == "time" else "code"
            self.mark(empty, f"no {what} in {own!r}", f"fill or drop the rows without {own!r}")

    def check_numbers(self, arrays: Mapping[str, Any], kinds: NDArray[np.int64]) -> None:
        """Refuse impossible quantities, prices and shares where they count."""
        kind = np.maximum(kinds, 0)
        for name, counts in (("quantity", _HAS_UNITS[kind]), ("unit_price", kind == _PURCHASE)):
            if name not in arrays or not counts.any():
                continue
            own = self.reading.columns[name]
            values = arrays[name].to_numpy(zero_copy_only=False)
            endless = counts & (np.abs(values) > _MOST)
            self.mark(endless, f"no finite number in {own!r}", f"correct {own!r}")
            self.mark(counts & (values < 0), f"{own!r} below 0", _FIX_NEGATIVE[name])
        for name in [name for name in ("in_stock", "trust") if name in arrays]:
            share = arrays[name].to_numpy(zero_copy_only=False)
            own = self.reading.columns[name]
            outside = ((share < 0) | (share > 1)) & (kinds >= 0)
            self.mark(outside, f"{own!r} outside 0 to 1", f"correct {own!r}")


_FIX_NEGATIVE: Final = {
    "quantity": "give returned units the event type 'return' (or 'cancel') and a positive quantity",
    "unit_price": "drop bookings that sell nothing, such as bad debt, or correct the price",
}


def _kind_number(text: str, mapping: Mapping[str, str | None], *, only_listed: bool) -> int:
    if text in mapping:
        kind = mapping[text]
        return _IGNORED if kind is None else KINDS.index(kind)
    if only_listed:
        return _OTHER
    return KINDS.index(text) if text in EVENT_TYPES else _UNNAMED
