"""Rows of the tables that say what is made: products, lines, routings and their limits."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from c2m.production.factory.columns import CODE, DAY, choice, number, whole

ALL_LINES: Final = "*"
"""Stands for every line, each by itself."""

TOGETHER: Final = "+"
"""Stands for all lines taken together, in `Limit` and `GroupCapacity`."""

PIECES_IN_A_DOZEN: Final = 12

_INFINITE: Final = float("inf")


@dataclass(frozen=True)
class Product:
    """One article that can be sold.

    Parameters
    ----------
    sku : str
        Code of the article.
    price : float
        Money that one unit sold brings in.
    unit_cost : float
        Money that making one unit costs, without set-up, overtime, bought materials and
        transport.
    end_value : float
        Worth of one unit left at the end of the plan: its salvage value for a season, its unit
        cost for a running article. Negative where disposal costs money.
    holding_cost : float
        Cost of keeping one unit in stock for one period.
    lost_sale_penalty : float
        Harm of one unit of demand not met, beyond the margin that is lost anyway.
    department : str
        Whose budget pays for it; empty where budgets do not tell departments apart.
    """

    key: ClassVar = ("sku",)

    sku: str = field(metadata=CODE)
    price: float = field(metadata=number("money per unit"))
    unit_cost: float = field(metadata=number("money per unit"))
    end_value: float = field(metadata=number("money per unit", at_least=None))
    holding_cost: float = field(default=0.0, metadata=number("money per unit and period"))
    lost_sale_penalty: float = field(default=0.0, metadata=number("money per unit"))
    department: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True)
class Line:
    """One production line, or one supplier whose capacity is booked.

    Parameters
    ----------
    line : str
        Code of the line.
    capacity : float
        What the line can do in one full period at the normal cost.
    unit : str
        What the capacity counts: minutes, pieces or dozens.
    overtime_limit : float
        Capacity that can be added in one full period.
    overtime_cost : float
        Extra cost of one unit of capacity in overtime.
    plant : str
        Code of the plant it stands in. Where there are lanes, one must go from it; empty only
        where there are none or one goes from every plant.
    """

    key: ClassVar = ("line",)

    line: str = field(metadata=CODE)
    capacity: float = field(metadata=number("minutes, pieces or dozens"))
    unit: str = field(metadata=choice("minutes", "pieces", "dozens"))
    overtime_limit: float = field(default=0.0, metadata=number("minutes, pieces or dozens"))
    overtime_cost: float = field(default=0.0, metadata=number("money per minute, piece or dozen"))
    plant: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True)
class Routing:
    """One way to make a SKU: on which line, how fast, in which lots.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    line : str
        Code of the line, as in the lines.
    unit_time : float
        Capacity that one unit takes: minutes, or pieces on a line that counts pieces or dozens.
    setup_time : float
        Capacity that starting a run takes, in the line's unit.
    setup_cost : float
        Cost of starting a run.
    moq : int
        Smallest run; a run of nothing is always allowed.
    lot_multiple : int
        A run is a whole multiple of this.
    max_lot : float
        Largest run; inf means no limit.
    lead_time_periods : int
        Periods from the run to the first period in which its units can be sold; half of the runs
        are there by then where the lead time is not certain.
    yield_share : float
        Share of the units made that are good; all of them are paid for and take capacity.
    lead_time_high : int
        Periods by which nine of ten runs are there; 0 where the lead time is certain.
    currency : str
        Currency of its set-up cost (at the rate of the plan's first day) and of its price breaks;
        empty means the factory's.
    """

    key: ClassVar = ("sku", "line")

    sku: str = field(metadata=CODE)
    line: str = field(metadata=CODE)
    unit_time: float = field(
        default=1.0, metadata=number("minutes or pieces", at_least=None, above=0.0)
    )
    setup_time: float = field(default=0.0, metadata=number("minutes, pieces or dozens"))
    setup_cost: float = field(default=0.0, metadata=number("money per run"))
    moq: int = field(default=0, metadata=whole("pieces", at_least=0))
    lot_multiple: int = field(default=1, metadata=whole("pieces", at_least=1))
    max_lot: float = field(default=_INFINITE, metadata=whole("pieces", at_least=1, infinite=True))
    lead_time_periods: int = field(default=0, metadata=whole("periods", at_least=0))
    yield_share: float = field(
        default=1.0, metadata=number("share", at_least=None, above=0.0, at_most=1.0)
    )
    lead_time_high: int = field(default=0, metadata=whole("periods", at_least=0))
    currency: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True)
class Shutdown:
    """Days on which a line, or the whole factory, stands still.

    Parameters
    ----------
    line : str
        Code of the line; * means every line.
    first_day : date
        First day without work.
    last_day : date
        Last day without work, included.
    """

    key: ClassVar = ("line", "first_day", "last_day")

    line: str = field(metadata=CODE)
    first_day: date = field(metadata=DAY)
    last_day: date = field(metadata=DAY)


@dataclass(frozen=True)
class Limit:
    """One limit on the runs of a SKU, a group of SKUs or a pre-pack, in one period.

    Parameters
    ----------
    scope : str
        What is limited: a group (sum of its SKUs' pieces), a prepack (counted in packs) or a sku
        (on top of its routing; the tighter limit wins, set-ups add).
    name : str
        Code of the group, pre-pack or SKU.
    line : str
        Code of the line; * means each line by itself, + all lines together.
    moq : int
        Smallest quantity in a period; nothing at all is always allowed.
    lot_multiple : int
        The quantity is a whole multiple of this.
    max_lot : float
        Largest quantity in a period; inf means no limit.
    setup_time : float
        Capacity taken once in a period in which anything of it runs, in the line's unit.
    setup_cost : float
        Cost paid once in a period in which anything of it runs.
    """

    key: ClassVar = ("scope", "name", "line")

    scope: str = field(metadata=choice("group", "prepack", "sku"))
    name: str = field(metadata=CODE)
    line: str = field(default=ALL_LINES, metadata=CODE)
    moq: int = field(default=0, metadata=whole("pieces or packs", at_least=0))
    lot_multiple: int = field(default=1, metadata=whole("pieces or packs", at_least=1))
    max_lot: float = field(
        default=_INFINITE, metadata=whole("pieces or packs", at_least=1, infinite=True)
    )
    setup_time: float = field(default=0.0, metadata=number("minutes, pieces or dozens"))
    setup_cost: float = field(default=0.0, metadata=number("money"))


@dataclass(frozen=True)
class Group:
    """A SKU's place in a group; it can be in several: its style, its style and colour.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    group : str
        Code of a group it belongs to.
    """

    key: ClassVar = ("sku", "group")

    sku: str = field(metadata=CODE)
    group: str = field(metadata=CODE)


@dataclass(frozen=True)
class Prepack:
    """How many units of a SKU one pack holds; such a SKU is made in whole packs only.

    Parameters
    ----------
    prepack : str
        Code of the pack.
    sku : str
        Code of the article, as in the products.
    units : int
        Units of the article in one pack.
    """

    key: ClassVar = ("prepack", "sku")

    prepack: str = field(metadata=CODE)
    sku: str = field(metadata=CODE)
    units: int = field(metadata=whole("pieces", at_least=1))


@dataclass(frozen=True)
class SetupFamily:
    """A set-up that SKUs share: made once in a period in which any of them runs on a line.

    Parameters
    ----------
    family : str
        Code of a group; its SKUs share the set-up, which adds to their own.
    line : str
        Code of the line; * means each line by itself.
    setup_time : float
        Capacity that the shared set-up takes, in the line's unit.
    setup_cost : float
        Cost of the shared set-up.
    """

    key: ClassVar = ("family", "line")

    family: str = field(metadata=CODE)
    line: str = field(default=ALL_LINES, metadata=CODE)
    setup_time: float = field(default=0.0, metadata=number("minutes, pieces or dozens"))
    setup_cost: float = field(default=0.0, metadata=number("money"))


@dataclass(frozen=True)
class GroupCapacity:
    """How much of a group can be made in one full period, within the capacity of the lines.

    Parameters
    ----------
    group : str
        Code of the group: a style, say, for which there are moulds or trained hands.
    capacity : float
        What can be made of the group in one full period; shutdowns take their share of it.
    unit : str
        What it counts: pieces, dozens, or minutes (the unit_time of its routings, set-ups not).
    line : str
        Code of the line; * means each line by itself, + all lines together.
    """

    key: ClassVar = ("group", "line")

    group: str = field(metadata=CODE)
    capacity: float = field(metadata=number("minutes, pieces or dozens"))
    unit: str = field(metadata=choice("minutes", "pieces", "dozens"))
    line: str = field(default=ALL_LINES, metadata=CODE)
