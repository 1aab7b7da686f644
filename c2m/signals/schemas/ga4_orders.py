"""What a pass over GA4 files remembers of orders: which were counted, and what was in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_ORDERS: Final = 1 << 20
"""Orders that are remembered; beyond, the oldest are forgotten."""

Line = tuple[str | None, str | None, float | None, float | None, str | None]
"""Item id, variant, price, quantity and store of an item."""


@dataclass
class Order:
    """An order, as it was bought.

    Parameters
    ----------
    event : str
        What tells the event that bought it from others.
    currency : str, optional
        Currency of its prices.
    lines : list of Line
        Its items, less those that were refunded.
    refunds : dict of str to list of Line
        Refunds without items -> what came back by them.
    parts : set of str
        Refunds with items that were taken off, so that one which is written twice counts once.
    """

    event: str
    currency: str | None
    lines: list[Line] = field(repr=False)
    refunds: dict[str, list[Line]] = field(default_factory=dict, repr=False)
    parts: set[str] = field(default_factory=set, repr=False)


@dataclass
class Orders:
    """Orders in the order in which they were read."""

    known: dict[str, Order] = field(default_factory=dict, repr=False)

    def buy(self, name: str, order: Order) -> bool:
        """Note a purchase; say whether it is the first event of this order."""
        first = self.known.get(name)
        if first is not None:
            return first.event == order.event
        self.known[name] = order
        if len(self.known) > MOST_ORDERS:
            del self.known[next(iter(self.known))]
        return True

    def refund(self, name: str, event: str, items: Sequence[Line]) -> None:
        """Take refunded items from an order, so that the rest of it can be refunded later."""
        order = self.known.get(name)
        if order is None or event in order.parts:
            return
        order.parts.add(event)
        for item_id, variant, _, quantity, _ in items:
            back = 1.0 if quantity is None else quantity
            for place, (own, kind, price, bought, store) in enumerate(order.lines):
                if (own, kind) == (item_id, variant) and back > 0:
                    left = (1.0 if bought is None else bought) - back
                    back = -left
                    order.lines[place] = (own, kind, price, max(left, 0.0), store)

    def refund_rest(self, name: str, event: str) -> tuple[str | None, list[Line]] | None:
        """Return currency and lines that are left of an order; None where it is not known.

        The same event gets the same answer again, so that it stays one event.
        """
        order = self.known.get(name)
        if order is None:
            return None
        if event not in order.refunds:
            rest = [line for line in order.lines if line[3] is None or line[3] > 0]
            order.lines, order.refunds[event] = [], rest
        return order.currency, order.refunds[event]
