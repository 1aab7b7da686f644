"""Rows of the tables that say what is bought, moved and paid: materials, lanes, prices, budgets."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from c2m.production.factory.columns import CODE, DAY, number, whole

ALL: Final = "*"
"""Stands for every plant in `Lane` and for all products together in `Budget`."""


@dataclass(frozen=True)
class PriceBreak:
    """What a unit costs in runs from a quantity on; the whole run has the price.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    line : str
        Code of the line; * means each line that has no price break of its own for the SKU.
    from_quantity : int
        Smallest run that has the price, by all modes together; the product's unit_cost holds for
        smaller ones.
    unit_cost : float
        Money that one unit costs in such a run, in the currency of the routing.
    """

    key: ClassVar = ("sku", "line", "from_quantity")

    sku: str = field(metadata=CODE)
    line: str = field(metadata=CODE)
    from_quantity: int = field(metadata=whole("pieces", at_least=0))
    unit_cost: float = field(metadata=number("money per unit"))


@dataclass(frozen=True)
class Material:
    """Something that products are made of and that is bought: fabric, yarn, a moulded part.

    Parameters
    ----------
    material : str
        Code of the material.
    unit : str
        What it is counted in: m, kg, pieces.
    on_hand : float
        How much is there at the end of the last period before the plan.
    unit_cost : float
        Money that one unit used costs, from stock or bought: what it costs to replace it, or
        what it would bring elsewhere where it cannot be replaced; 0 where it is paid for anyway.
    moq : float
        Smallest order.
    lot_multiple : float
        An order is a whole multiple of this; 0 means any quantity.
    lead_time_periods : int
        Periods from an order to the first period whose runs can use it.
    commit_by : date
        Last day on which it can be ordered; empty where there is none. After that day runs have
        only what is on hand and on order.
    currency : str
        Currency of the unit cost; empty means the factory's.
    """

    key: ClassVar = ("material",)

    material: str = field(metadata=CODE)
    unit: str = field(metadata=CODE)
    on_hand: float = field(default=0.0, metadata=number("the material's unit"))
    unit_cost: float = field(default=0.0, metadata=number("money per unit of material"))
    moq: float = field(default=0.0, metadata=number("the material's unit"))
    lot_multiple: float = field(default=0.0, metadata=number("the material's unit"))
    lead_time_periods: int = field(default=0, metadata=whole("periods", at_least=0))
    commit_by: date | None = field(default=None, metadata=DAY)
    currency: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True)
class MaterialOrder:
    """Material that is ordered and on its way.

    Parameters
    ----------
    material : str
        Code of the material, as in the materials.
    due : date
        Day on which it comes; runs of a period that starts on that day or later can use it.
    quantity : float
        How much of the order is still to come.
    """

    key: ClassVar = ("material", "due")

    material: str = field(metadata=CODE)
    due: date = field(metadata=DAY)
    quantity: float = field(metadata=number("the material's unit"))


@dataclass(frozen=True)
class MaterialUse:
    """How much of a material one unit of a SKU takes: a row of the bill of materials.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    material : str
        Code of the material, as in the materials.
    quantity : float
        How much each unit that is made takes, waste included.
    """

    key: ClassVar = ("sku", "material")

    sku: str = field(metadata=CODE)
    material: str = field(metadata=CODE)
    quantity: float = field(
        metadata=number("the material's unit per unit", at_least=None, above=0.0)
    )


@dataclass(frozen=True)
class Lane:
    """One way for goods from a plant to the warehouse; a run may be split over the ways.

    The parts of a split run share its MOQ, largest lot, set-up and price break; each part is by
    itself a whole multiple of the run's lot_multiple, as whole cartons or rolls go one way.

    Parameters
    ----------
    plant : str
        Code of the plant, as in the lines; * means every plant without a lane of its own.
    mode : str
        Code of the way: sea, air, road. What one run sends by it is a whole lot_multiple.
    transport_cost : float
        Money for one good unit.
    lead_time_periods : int
        Periods on the way, on top of the routing's; half of the runs are there by then where the
        time is not certain.
    co2e_per_unit : float
        Greenhouse gas that one good unit causes on the way, as carbon dioxide.
    lead_time_high : int
        Periods by which nine of ten runs are there; 0 where the time is certain.
    currency : str
        Currency of the transport cost; empty means the factory's.
    """

    key: ClassVar = ("plant", "mode")

    plant: str = field(metadata=CODE)
    mode: str = field(metadata=CODE)
    transport_cost: float = field(default=0.0, metadata=number("money per unit"))
    lead_time_periods: int = field(default=0, metadata=whole("periods", at_least=0))
    co2e_per_unit: float = field(default=0.0, metadata=number("kg per unit"))
    lead_time_high: int = field(default=0, metadata=whole("periods", at_least=0))
    currency: str | None = field(default=None, metadata=CODE)


@dataclass(frozen=True)
class Markdown:
    """One step of the markdowns on what is left at the end; the rest brings the end value.

    Parameters
    ----------
    sku : str
        Code of the article, as in the products.
    price : float
        Money that one unit brings at this step.
    share : float
        Share of the units left that go at this step.
    """

    key: ClassVar = ("sku", "price")

    sku: str = field(metadata=CODE)
    price: float = field(metadata=number("money per unit", at_least=None))
    share: float = field(metadata=number("share", at_least=0.0, at_most=1.0))


@dataclass(frozen=True)
class Budget:
    """Open to buy: the most that runs of some days may cost, less set-ups that runs share.

    Parameters
    ----------
    department : str
        Code of the department, as in the products; * means all products together.
    first_day : date
        First day of the budget; it pays for runs of the periods that start in its days.
    last_day : date
        Last day of the budget, included.
    amount : float
        The most that unit costs, bought materials, transport and set-ups of single runs may
        come to; what is left of it, once its days have begun.
    """

    key: ClassVar = ("department", "first_day", "last_day")

    department: str = field(metadata=CODE)
    first_day: date = field(metadata=DAY)
    last_day: date = field(metadata=DAY)
    amount: float = field(metadata=number("money"))


@dataclass(frozen=True)
class Rate:
    """What a unit of another currency is worth in the factory's, from a day on.

    Parameters
    ----------
    currency : str
        Code of the currency.
    from_day : date
        First day of the rate; it holds until the next one of the currency.
    rate : float
        Units of the factory's currency for one unit of this one.
    """

    key: ClassVar = ("currency", "from_day")

    currency: str = field(metadata=CODE)
    from_day: date = field(metadata=DAY)
    rate: float = field(metadata=number("money per unit of currency", at_least=None, above=0.0))
