"""What was bought, order by order, while a file is read.

So a refund or cancellation that names no products, and the same order written twice, become the
right number of units.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from c2m.signals.schemas.layout import Bad, Found, Outcome, Unread

FIX_APART: Final = "put the order and what happened to it later into one file"


@dataclass(frozen=True)
class Line:
    """A line of an order.

    Parameters
    ----------
    key : str
        What tells it from the other lines of its order, the same each time it is written.
    event : mapping of str to object
        Its canonical columns: sku, product_id, unit_price, currency, ...
    quantity : float, optional
        Units, above 0; None where the source does not say.
    """

    key: str
    event: Mapping[str, Any] = field(repr=False)
    quantity: float | None = None

    @property
    def units(self) -> float:
        """Units; one where the source does not say, as everywhere in c2m."""
        return 1.0 if self.quantity is None else self.quantity


@dataclass(frozen=True)
class Written:
    """What was written of an order: by which message, and what all its events share.

    Parameters
    ----------
    row : int
        Number of the record.
    name : str
        What it is, in the words of the source.
    order : str, optional
        The order; None where the source names none.
    message : str
        What tells it from other messages of the order; repeats of a message share it.
    event : mapping of str to object
        Canonical columns of every event that comes of it; ``event_time`` is among them.
    """

    row: int
    name: str
    order: str | None
    message: str
    event: Mapping[str, Any] = field(repr=False)

    def found(self, kind: str, line: Line, units: float | None, suffix: str = "") -> Found:
        """Return an event of one line.

        Parameters
        ----------
        kind : str
            Its canonical kind.
        line : Line
            The line.
        units : float, optional
            Units; None where the source does not say.
        suffix : str
            What its id ends in, where an order has several events of a line and kind.

        Returns
        -------
        Found
            The event.
        """
        name = self.order or self.message
        own = {"event_type": kind, "event_id": f"{name}:{line.key}:{kind}{suffix}"}
        return Found(self.row, {**self.event, **line.event, **own, "quantity": units})


@dataclass
class _Held:
    """A line as it stands: units ordered, and those neither cancelled nor returned."""

    line: Line
    ordered: float
    left: float


@dataclass
class _Order:
    time: int
    lines: dict[str, _Held]
    messages: set[str] = field(default_factory=set)


class OrderBook:
    """The orders of one file. It grows with the number of orders, not of events.

    Purchases, cancellations and returns are all kept: units bought less units cancelled are
    always those of the last write, and no unit comes back twice.
    """

    def __init__(self) -> None:
        self._orders: dict[str, _Order] = {}

    def complete(self, written: Written, lines: Sequence[Line]) -> Iterator[Outcome]:
        """Yield the purchases of an order that was completed; of a known one, what changed.

        Parameters
        ----------
        written : Written
            The message.
        lines : sequence of Line
            The whole order.

        Yields
        ------
        Outcome
            Purchases.
        """
        if written.order is None:
            yield from (written.found("purchase", line, line.quantity) for line in lines)
        elif written.order in self._orders:
            yield from self.update(written, lines)
        else:
            held = {line.key: _Held(line, line.units, line.units) for line in lines}
            self._orders[written.order] = _Order(written.event["event_time"], held)
            yield from (written.found("purchase", line, line.quantity) for line in lines)

    def update(self, written: Written, lines: Sequence[Line]) -> Iterator[Outcome]:
        """Yield what a write of the whole order changes; the write of the latest time wins.

        Parameters
        ----------
        written : Written
            The message.
        lines : sequence of Line
            The whole order.

        Yields
        ------
        Outcome
            More units as purchases, fewer as cancellations.
        """
        order = self._orders.get(written.order or "")
        if order is None:
            reason = f"{written.name!r} of an order that is not completed before it in this file"
            yield Bad(written.row, reason, FIX_APART)
            return
        if written.event["event_time"] < order.time:
            yield Unread(written.row, f"{written.name} (older than what is known of the order)")
            return
        order.time = written.event["event_time"]
        found: list[Outcome] = [
            *self._grown(order, written, lines),
            *self._shrunk(order, written, lines),
        ]
        yield from found or [Unread(written.row, f"{written.name} (changes nothing)")]

    def _grown(self, order: _Order, written: Written, lines: Sequence[Line]) -> Iterator[Found]:
        for line in lines:
            held = order.lines.setdefault(line.key, _Held(line, 0.0, 0.0))
            more = line.units - held.ordered
            if more > 0:
                held.ordered, held.left = line.units, held.left + more
                yield written.found("purchase", line, more, f":{written.message}")

    def _shrunk(self, order: _Order, written: Written, lines: Sequence[Line]) -> Iterator[Found]:
        now = {line.key: line.units for line in lines}
        for key, held in order.lines.items():
            gone = held.ordered - now.get(key, 0.0)
            if gone > 0:
                held.ordered -= gone
                cancelled, held.left = min(gone, held.left), max(held.left - gone, 0.0)
                if cancelled > 0:
                    yield written.found("cancel", held.line, cancelled, f":{written.message}")

    def take_back(
        self, written: Written, kind: str, lines: Sequence[Line] | None
    ) -> Iterator[Outcome]:
        """Yield the units that are cancelled or returned.

        Parameters
        ----------
        written : Written
            The message.
        kind : {"cancel", "return"}
            What becomes of the units.
        lines : sequence of Line, optional
            Which units; None: all that are left of the order.

        Yields
        ------
        Outcome
            The events; units that were taken back before are left out and counted.
        """
        order = self._orders.get(written.order or "")
        if order is None and lines is None:
            reason = f"{written.name!r} of a whole order that is not completed in this file"
            yield Bad(written.row, reason, FIX_APART)
            return
        if order is None:
            suffix = f":{written.message}"
            yield from (written.found(kind, line, line.quantity, suffix) for line in lines or ())
            return
        if written.message in order.messages:
            yield Unread(written.row, f"{written.name} (repeated)")
            return
        order.messages.add(written.message)
        if kind == "cancel":  # what was written of the order before does not undo it
            order.time = max(order.time, written.event["event_time"])
        whole = [held.line for held in order.lines.values()]
        yield from _taken(order, written, kind, whole if lines is None else lines, lines is None)


def _taken(
    order: _Order, written: Written, kind: str, lines: Sequence[Line], whole: bool
) -> Iterator[Outcome]:
    before = False
    for line in lines:
        held = order.lines.get(line.key)
        if held is None:  # named otherwise than in the order: nothing says how many are left
            yield written.found(kind, line, line.quantity, f":{written.message}")
            continue
        asked = held.left if whole else line.units
        units = min(asked, held.left)
        before = before or units < asked or not units
        if units > 0:
            held.left -= units
            held.ordered -= units if kind == "cancel" else 0.0
            yield written.found(kind, held.line, units, f":{written.message}")
    if before:
        yield Unread(written.row, f"{written.name} (units that were taken back before)")


def numbered(lines: Sequence[tuple[str, Mapping[str, Any], float | None]]) -> list[Line]:
    """Return lines with keys: the product, and its number where an order has it twice.

    Parameters
    ----------
    lines : sequence of (str, mapping, float or None)
        Product, canonical columns, units.

    Returns
    -------
    list of Line
        In the same order.

    Examples
    --------
    >>> [line.key for line in numbered([("A", {}, 1.0), ("B", {}, 1.0), ("A", {}, 2.0)])]
    ['A', 'B', 'A#2']
    """
    times: dict[str, int] = {}
    found = []
    for product, event, quantity in lines:
        times[product] = times.get(product, 0) + 1
        key = product if times[product] == 1 else f"{product}#{times[product]}"
        found.append(Line(key, event, quantity))
    return found
