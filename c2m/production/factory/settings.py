"""What holds for a whole factory: its settings, its policy, its own periods."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from c2m.errors import ArgumentError
from c2m.production.factory.columns import CODE, DAY, columns, number, whole

_LEAST_LEVEL: Final = 0.5


@dataclass(frozen=True)
class Policy:
    """How careful plans of a factory are.

    Parameters
    ----------
    fill_rate : float, optional
        Share of each SKU's demand, in units, that plans must meet; None leaves it to the money.
    cycle_service_level : float, optional
        Chance with which a SKU must not run out, period by period; None leaves it to the money.
    frozen_periods : int
        The first periods of a plan in which nothing new is started.
    lead_time_level : float
        Chance with which a run must be there in time where its lead time is not certain. The
        periods planned with are those of a normal law through the two that a routing or a lane
        states, lead_time_periods at 0.5 and lead_time_high at 0.9, rounded up.

    Examples
    --------
    >>> Policy(fill_rate=0.97).lead_time_level
    0.9
    """

    fill_rate: float | None = None
    cycle_service_level: float | None = None
    frozen_periods: int = 0
    lead_time_level: float = 0.9

    def __post_init__(self) -> None:
        """Refuse levels that are no shares, and two levels at once."""
        for name in ("fill_rate", "cycle_service_level"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ArgumentError(f"Expected 0 < {name} < 1, got {value!r}.")
        if self.fill_rate is not None and self.cycle_service_level is not None:
            raise ArgumentError("Expected a fill_rate or a cycle_service_level, got both.")
        if not isinstance(self.frozen_periods, int) or self.frozen_periods < 0:
            raise ArgumentError(
                f"Expected a whole number frozen_periods >= 0, got {self.frozen_periods!r}."
            )
        if not _LEAST_LEVEL <= self.lead_time_level < 1:
            raise ArgumentError(
                f"Expected {_LEAST_LEVEL} <= lead_time_level < 1, got {self.lead_time_level!r}."
            )


@dataclass(frozen=True)
class Settings:
    """What holds for the whole factory.

    Parameters
    ----------
    name : str
        Name of the factory.
    freq : str
        Length of a period: D, W (Monday to Sunday), W-SUN and its like (weeks that start on that
        day), MS (months), or table (the periods are listed one by one).
    currency : str
        Currency of every amount of money; empty where it does not matter.
    fill_rate : float
        Share of each SKU's demand, in units, that plans must meet; empty leaves it to the money.
    cycle_service_level : float
        Chance with which a SKU must not run out in a period; empty leaves it to the money.
    frozen_periods : int
        The first periods of a plan in which nothing new is started.
    lead_time_level : float
        Chance with which a run must be there in time where its lead time is not certain.
    """

    key: ClassVar = ("name",)

    name: str = field(default="factory", metadata=CODE)
    freq: str = field(default="W", metadata=CODE)
    currency: str | None = field(default=None, metadata=CODE)
    fill_rate: float | None = field(
        default=None, metadata=number("share", at_least=None, above=0.0, at_most=0.9999)
    )
    cycle_service_level: float | None = field(
        default=None, metadata=number("share", at_least=None, above=0.0, at_most=0.9999)
    )
    frozen_periods: int = field(default=0, metadata=whole("periods", at_least=0))
    lead_time_level: float = field(
        default=0.9, metadata=number("share", at_least=_LEAST_LEVEL, at_most=0.9999)
    )

    @property
    def policy(self) -> Policy:
        """The part of the settings that is a policy."""
        return Policy(
            self.fill_rate,
            self.cycle_service_level,
            int(self.frozen_periods),
            self.lead_time_level,
        )


@dataclass(frozen=True)
class Period:
    """One row of a period table, for factories whose freq is "table".

    Parameters
    ----------
    start : date
        First day of the period.
    end : date
        Last day of the period, included.
    """

    key: ClassVar = ("start",)

    start: date = field(metadata=DAY)
    end: date = field(metadata=DAY)


SETTING_NAMES: Final = tuple(column.name for column in columns(Settings))
"""The keys of a factory's settings."""
